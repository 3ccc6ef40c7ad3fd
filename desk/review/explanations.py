"""Ask the assistant why it understands a message as it does, through its second private door."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import httpx
from django.conf import settings

PATH = "/webhooks/explain/messages"
TIMEOUT = 6.0
MOST_TEXTS = 16


class CannotExplain(Exception):
    """The assistant is away, or answered something else than explanations."""


def explain(texts: Sequence[str], *, transport: httpx.BaseTransport | None = None) -> list[dict[str, Any]]:
    """One explanation per text, in order, as `assistant.explanation` describes it; raises CannotExplain.

    At most `MOST_TEXTS` texts. The first assistant that answers is good enough: all hold the same model.
    """
    failure: Exception | None = None
    for url in settings.ASSISTANT_URLS:
        try:
            with httpx.Client(base_url=url, timeout=TIMEOUT, transport=transport, trust_env=False) as client:
                headers = {"Authorization": f"Bearer {settings.ASSISTANT_TOKEN}"}
                response = client.post(PATH, json={"texts": list(texts[:MOST_TEXTS])}, headers=headers)
                response.raise_for_status()
                return _explanations(response.json(), len(texts))
        except (httpx.HTTPError, ValueError) as error:
            failure = error
    raise CannotExplain(str(failure))


def _explanations(body: Any, count: int) -> list[dict[str, Any]]:
    explanations = body.get("explanations") if isinstance(body, dict) else None
    if not isinstance(explanations, list) or len(explanations) != min(count, MOST_TEXTS):
        raise ValueError("the assistant sent no explanations")
    if not all(isinstance(each, dict) for each in explanations):
        raise ValueError("an explanation is not an object")
    return explanations
