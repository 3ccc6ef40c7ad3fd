"""Patients' phone numbers stay out of the logs, also inside WhatsApp's message ids, which hold them in base64."""

from __future__ import annotations

import logging
import re

# Phone numbers have 8 to 15 digits, perhaps in groups; a date is none.
_PHONE = re.compile(r"(?<![\w.])(?!\d{4}-\d\d-\d\d)\+?\d(?:[ -]?\d){7,14}(?!\w)")
_WAMID = re.compile(r"wamid\.[\w+/=-]+")
_USER_ID = re.compile(r"\b[A-Z]{2}\.(?:ENT\.)?[A-Za-z0-9]{6,128}\b")
VISIBLE = 2


def mask(text: str) -> str:
    """Return `text` with phone numbers, message ids and user ids unreadable, their ends left to compare."""
    text = _WAMID.sub(lambda found: "wamid.…" + found.group().rstrip("=")[-6:], text)
    text = _USER_ID.sub(lambda found: found.group()[:3] + "…" + found.group()[-VISIBLE:], text)
    return _PHONE.sub(lambda found: "…" + found.group()[-VISIBLE:], text)


class MaskingFormatter(logging.Formatter):
    """Mask the whole line but its time, with whatever an error's traceback quotes."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        time = getattr(record, "asctime", "")
        start = len(time) if line.startswith(time) else 0
        return line[:start] + mask(line[start:])
