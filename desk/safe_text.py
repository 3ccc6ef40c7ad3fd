"""What a database can hold: PostgreSQL stores no NUL, and no database a lone surrogate."""

from __future__ import annotations

import base64
import re
from typing import Any

_UNSTORABLE = re.compile(r"[\x00\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def storable_text(text: str) -> str:
    """Return `text` with each character that cannot be stored replaced by U+FFFD (so positions stay)."""
    return _UNSTORABLE.sub(REPLACEMENT, text)


def storable_json(value: Any) -> Any:
    """Return a JSON value with every string in it storable."""
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, dict):
        return {storable_text(str(key)): storable_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable_json(item) for item in value]
    return value


def original_kept(text: str) -> dict[str, str]:
    """Keep a text that had to be changed, byte for byte; see `original_text`."""
    return {"text_base64": base64.b64encode(text.encode("utf-8", "surrogatepass")).decode("ascii")}


def original_text(raw: dict[str, str]) -> str:
    return base64.b64decode(raw["text_base64"]).decode("utf-8", "surrogatepass")
