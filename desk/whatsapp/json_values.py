"""Reading JSON whose shape is promised but not trusted: whatever is not as promised reads as empty."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from desk.safe_text import storable_text

MAX_ID = 200
MAX_NUMBER_DIGITS = 12


def as_object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_text(value: Any) -> str:
    """A string, or a number as Meta sometimes writes one; anything else is empty."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def as_id(value: Any) -> str:
    """An id that our columns can hold, else empty."""
    text = as_text(value)
    return text if len(text) <= MAX_ID and text == storable_text(text) else ""


def as_number(value: Any) -> int | None:
    text = as_text(value)
    if not (text.isascii() and text.isdigit()) or len(text) > MAX_NUMBER_DIGITS:
        return None
    return int(text)


def as_time(value: Any) -> datetime | None:
    """Seconds since 1970, as a moment."""
    seconds = as_number(value)
    try:
        return None if seconds is None else datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
