"""What the seam accepts: one request, checked field by field, its text made safe."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from assistant.text import clean

MAX_TEXT = 2_000
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
_CHOICE = re.compile(r"[a-z_]{1,64}")
_LANGUAGES = ("ar", "en", None)


class BadRequest(ValueError):
    """The request does not follow the contract; the message says how, in one line."""


@dataclass(frozen=True)
class TurnRequest:
    """One message and the conversation's state; exactly one of `text` and `choice` is set."""

    conversation: str
    message_id: str
    mode: str
    text: str | None
    choice: str | None
    language_hint: str | None
    language_fixed: str | None
    state: Any

    @classmethod
    def from_json(cls, data: Any) -> TurnRequest:
        if not isinstance(data, dict):
            raise BadRequest("body is not a JSON object")
        for name in ("conversation", "message_id"):
            value = data.get(name)
            if not isinstance(value, str) or not _ID.fullmatch(value):
                raise BadRequest(f"{name} must match [A-Za-z0-9_.:-]{{1,128}}")
        mode = data.get("mode")
        if mode not in ("answer", "understand"):
            raise BadRequest('mode must be "answer" or "understand"')
        text, choice = data.get("text"), data.get("choice")
        if (text is None) == (choice is None):
            raise BadRequest("exactly one of text and choice is needed")
        if text is not None and not isinstance(text, str):
            raise BadRequest("text must be a string")
        if choice is not None and (not isinstance(choice, str) or not _CHOICE.fullmatch(choice)):
            raise BadRequest("choice must be the name of an intent")
        for name in ("language_hint", "language_fixed"):
            value = data.get(name)
            if not (value is None or isinstance(value, str)) or value not in _LANGUAGES:
                raise BadRequest(f'{name} must be "ar", "en" or null')
        return cls(
            conversation=data["conversation"],
            message_id=data["message_id"],
            mode=mode,
            text=None if text is None else disarm(clean(text, limit=MAX_TEXT)),
            choice=choice,
            language_hint=data.get("language_hint"),
            language_fixed=data.get("language_fixed"),
            state=data.get("state"),
        )


def disarm(text: str) -> str:
    """Take Rasa's command sign off the front: typed "/restart" or "/intent{...}" is text like any other."""
    return re.sub(r"^[\s\u2060\ufeff\u200b-\u200f\u061c\u2028-\u202e\x1c-\x1f\u0085\u00a0\u3000/]+", "", text)
