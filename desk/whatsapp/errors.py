"""Meta's error codes: what each means for a send, and in words for staff."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from desk.channels.senders import SendLater, SendRefused

ERRORS_FILE = Path(__file__).with_name("errors.yml")
UNKNOWN, WINDOW = "unknown", "window"
LATER = "later"
WINDOW_CODE = 131047
_CODE = re.compile(r"^(\d{1,7}): ")


@dataclass(frozen=True)
class GraphError:
    """One meaning of one or several codes."""

    name: str
    is_temporary: bool
    retry_after: float | None
    words: dict[str, str]


def error_of(code: int | None) -> GraphError:
    by_code, unknown = _load()
    return by_code.get(code, unknown) if code is not None else unknown


def refusal_for(code: int | None, details: str = "") -> SendLater | SendRefused:
    """What a sender raises for an error that Meta answered with."""
    error = error_of(code)
    text = stored_error(code, details)
    return SendLater(text, retry_after=error.retry_after) if error.is_temporary else SendRefused(text)


def stored_error(code: int | None, details: str = "") -> str:
    """An error as it is stored: its code, what it means, and what Meta said."""
    words = error_of(code).words["en"]
    said = f" ({details})" if details else ""
    return f"{code}: {words}{said}" if code is not None else f"{words}{said}"


def error_in(language: str, stored: str) -> str:
    """A stored error in the reader's language; what has no code stays as it is."""
    found = _CODE.match(stored)
    return error_of(int(found.group(1))).words[language] if found else stored


@cache
def _load() -> tuple[dict[int, GraphError], GraphError]:
    named = yaml.safe_load(ERRORS_FILE.read_text(encoding="utf-8"))
    errors = {
        name: GraphError(name, item["then"] == LATER, item.get("after"), {"ar": item["ar"], "en": item["en"]})
        for name, item in named.items()
    }
    by_code = {code: errors[name] for name, item in named.items() for code in item.get("codes", ())}
    return by_code, errors[UNKNOWN]
