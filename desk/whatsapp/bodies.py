"""What a message of ours becomes in WhatsApp's Cloud API: text, reply buttons, a list, numbered text, a template.

One bubble wherever the limits allow. Everything here is the part of the request that does not depend on whom it
goes to.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from desk.whatsapp.formatting import for_whatsapp
from desk.whatsapp.texts import whatsapp_text

MAX_TEXT = 4096
MAX_INTERACTIVE = 1024
MAX_BUTTONS, MAX_BUTTON_TITLE = 3, 20
MAX_ROWS, MAX_ROW_TITLE, MAX_ROW_DESCRIPTION = 10, 24, 72
MAX_ID = 256
_NUMBER = re.compile(r"[\s\u200e\u200f]*(\d{1,2})[.)\s\u200e\u200f]*")

Button = dict[str, str]
Body = dict[str, Any]


def message_bodies(text: str, buttons: Sequence[Button], language: str) -> list[Body]:
    """Return what to send, in order: nearly always one body."""
    shown = for_whatsapp(text)
    if buttons and length(shown) <= MAX_INTERACTIVE:
        if _fit_buttons(buttons):
            return [_with_buttons(shown, buttons)]
        if _fit_list(buttons):
            return [_with_list(shown, buttons, language)]
    if buttons:
        shown += "\n\n" + _numbered(buttons, language)
    return [_text(piece) for piece in split(shown, MAX_TEXT)]


def template_body(name: str, language: str, parameters: Sequence[str]) -> Body:
    """An approved template with its body's parameters, in order."""
    template: Body = {"name": name, "language": {"code": language}}
    if parameters:
        values = [{"type": "text", "text": value} for value in parameters]
        template["components"] = [{"type": "body", "parameters": values}]
    return {"type": "template", "template": template}


def number_chosen(text: str, buttons: Sequence[Button]) -> Button | None:
    """The button that a bare number (1 or ١) stands for."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    number = int("".join(str(unicodedata.digit(digit)) for digit in found.group(1)))
    return buttons[number - 1] if 1 <= number <= len(buttons) else None


def length(text: str) -> int:
    """Length in UTF-16 units: never less than Meta counts."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def split(text: str, limit: int) -> list[str]:
    """Cut a text into pieces of at most `limit`, at a paragraph, a line, a space, in this order of liking."""
    pieces = []
    while length(text) > limit:
        end = _longest_within(text, limit)
        for mark in ("\n\n", "\n", " "):
            at = text.rfind(mark, end // 2, end)
            if at > 0:
                end = at
                break
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*pieces, text] if text else pieces


def _longest_within(text: str, limit: int) -> int:
    end = min(len(text), limit)
    while length(text[:end]) > limit:
        end -= 1
    return end


def _fit_buttons(buttons: Sequence[Button]) -> bool:
    return len(buttons) <= MAX_BUTTONS and _are_apart(buttons, MAX_BUTTON_TITLE)


def _fit_list(buttons: Sequence[Button]) -> bool:
    return len(buttons) <= MAX_ROWS and _are_apart(buttons, MAX_ROW_DESCRIPTION)


def _are_apart(buttons: Sequence[Button], longest: int) -> bool:
    """WhatsApp refuses titles that are empty, too long or there twice."""
    titles = {button["title"].strip() for button in buttons}
    choices = {button["choice"] for button in buttons}
    return (
        len(titles) == len(choices) == len(buttons)
        and all(0 < length(title) <= longest for title in titles)
        and all(length(choice) <= MAX_ID for choice in choices)
    )


def _text(body: str) -> Body:
    return {"type": "text", "text": {"body": body, "preview_url": False}}


def _with_buttons(text: str, buttons: Sequence[Button]) -> Body:
    replies = [
        {"type": "reply", "reply": {"id": button["choice"], "title": button["title"].strip()}} for button in buttons
    ]
    return _interactive("button", text, {"buttons": replies})


def _with_list(text: str, buttons: Sequence[Button], language: str) -> Body:
    action = {
        "button": whatsapp_text("list_button", language),
        "sections": [{"rows": [_row(button) for button in buttons]}],
    }
    return _interactive("list", text, action)


def _row(button: Button) -> dict[str, str]:
    """A title that is too long for a row stands whole in its description."""
    title = button["title"].strip()
    if length(title) <= MAX_ROW_TITLE:
        return {"id": button["choice"], "title": title}
    return {"id": button["choice"], "title": split(title, MAX_ROW_TITLE - 1)[0] + "…", "description": title}


def _interactive(kind: str, text: str, action: Body) -> Body:
    return {"type": "interactive", "interactive": {"type": kind, "body": {"text": text}, "action": action}}


def _numbered(buttons: Sequence[Button], language: str) -> str:
    lines = [f"{number}. {button['title'].strip()}" for number, button in enumerate(buttons, start=1)]
    return "\n".join([for_whatsapp(line) for line in lines] + [whatsapp_text("number_hint", language)])
