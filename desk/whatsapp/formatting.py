"""A text as WhatsApp will show it: its markup kept out of our wording, and Arabic lines running from the right."""

from __future__ import annotations

import re
import unicodedata

RIGHT_TO_LEFT_MARK = "\u200f"
LEFT_TO_RIGHT_MARK = "\u200e"
# Signs that WhatsApp takes for bold, italic, struck and fixed-width text, and others that look the same.
LOOK_ALIKES = {"*": "∗", "_": "ˍ", "~": "∼", "`": "ˋ"}
_PAIR = re.compile(r"(?<!\w)([*_~`])(?=\S)([^\n]+?)(?<=\S)\1(?!\w)")
_FENCE = re.compile(r"```")
_QUOTE = re.compile(r"^>(?=\s)", re.MULTILINE)
_ARABIC = re.compile(r"[\u0620-\u064a]")
# A phone number in groups: in a line from the right, its groups would stand in reverse.
_GROUPED_NUMBER = re.compile(r"(?<![\w+:./-])\+?\d{1,4}(?:[ -]\d{2,7}){1,5}(?![\w:/])")
_PHONE_DIGITS = 8


def for_whatsapp(text: str) -> str:
    """Return `text` so that it looks as written, in either direction."""
    return "\n".join(_directed(line) for line in _unmarked(text).split("\n"))


def _unmarked(text: str) -> str:
    """Replace only what would be taken for markup: `5*4` and `snake_case` stay."""
    text = _QUOTE.sub("›", _FENCE.sub(LOOK_ALIKES["`"] * 3, text))
    return _PAIR.sub(lambda pair: LOOK_ALIKES[pair[1]] + pair[2] + LOOK_ALIKES[pair[1]], text)


def _directed(line: str) -> str:
    """WhatsApp lays a line out by its first letter: an Arabic line that starts with a Latin word needs a mark."""
    if not _ARABIC.search(line):
        return line
    line = _GROUPED_NUMBER.sub(_kept_together, line)
    return RIGHT_TO_LEFT_MARK + line if _first_strong(line) == "L" else line


def _kept_together(number: re.Match[str]) -> str:
    digits = sum(char.isdigit() for char in number.group())
    return LEFT_TO_RIGHT_MARK + number.group() if digits >= _PHONE_DIGITS else number.group()


def _first_strong(line: str) -> str:
    for char in line:
        kind = unicodedata.bidirectional(char)
        if kind in ("L", "R", "AL"):
            return kind
    return ""
