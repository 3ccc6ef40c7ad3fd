"""What the Cloud API accepts of a request to send; everything else is refused as Meta refuses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulator.graph_errors import GraphError

MAX_TEXT, MAX_BODY, MAX_HEADER_OR_FOOTER = 4096, 1024, 60
MAX_BUTTONS, MAX_BUTTON_TITLE, MAX_ID = 3, 20, 256
MAX_ROWS, MAX_SECTIONS, MAX_ROW_ID, MAX_ROW_TITLE, MAX_ROW_DESCRIPTION, MAX_LIST_BUTTON = 10, 10, 200, 24, 72, 20
MAX_CALLBACK_DATA = 512
SEND_FIELDS = {"messaging_product", "recipient_type", "to", "recipient", "type", "context", "biz_opaque_callback_data"}
READ_FIELDS = {"messaging_product", "status", "message_id", "typing_indicator"}
TYPES = ("text", "interactive", "template")
_PHONE = re.compile(r"\+?\d{8,15}")
_USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9]{1,128}")

Json = dict[str, Any]


@dataclass(frozen=True)
class Template:
    name: str
    language: str
    body: str

    @property
    def parameters(self) -> int:
        return len(set(re.findall(r"\{\{(\d+)\}\}", self.body)))

    def text(self, values: list[str]) -> str:
        return re.sub(r"\{\{(\d+)\}\}", lambda found: values[int(found[1]) - 1], self.body)


def check_send(body: Json, templates: dict[tuple[str, str], Template]) -> None:
    """Refuse a message that the Cloud API would refuse; raises GraphError."""
    kind = body.get("type")
    if kind not in TYPES:
        raise GraphError(100 if kind is None else 131051, f"Unsupported message type {kind!r}")
    _only(body, SEND_FIELDS | {kind}, "")
    _check_product(body)
    if body.get("recipient_type", "individual") != "individual":
        raise GraphError(131009, "Recipient type must be individual")
    _check_recipient(body)
    _string(body.get("biz_opaque_callback_data", ""), "biz_opaque_callback_data", MAX_CALLBACK_DATA, empty=True)
    if "context" in body:
        _only(_object(body["context"], "context"), {"message_id"}, "context")
    content = _object(body.get(kind), kind)
    if kind == "template":
        _check_template(content, templates)
    else:
        CHECKS[kind](content)


def check_read(body: Json) -> None:
    """Refuse a wrong request to mark as read; raises GraphError."""
    _only(body, READ_FIELDS, "")
    _check_product(body)
    if body.get("status") != "read":
        raise GraphError(100, "status must be read")
    _string(body.get("message_id"), "message_id", 1000)
    if "typing_indicator" in body and body["typing_indicator"] != {"type": "text"}:
        raise GraphError(131009, "typing_indicator must be of type text")


def _check_product(body: Json) -> None:
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, "The parameter messaging_product is required.")


def _check_recipient(body: Json) -> None:
    to, recipient = body.get("to"), body.get("recipient")
    if to is None and recipient is None:
        raise GraphError(131008, "The parameter to is required.")
    if to is not None and not (isinstance(to, str) and _PHONE.fullmatch(to)):
        raise GraphError(131009, "Parameter to is not a phone number")
    if recipient is not None and not (isinstance(recipient, str) and _USER_ID.fullmatch(recipient)):
        raise GraphError(131009, "Parameter recipient is not a user id")


def _check_text(text: Json) -> None:
    _only(text, {"body", "preview_url"}, "text")
    _string(text.get("body"), "text.body", MAX_TEXT)
    if not isinstance(text.get("preview_url", False), bool):
        raise GraphError(100, "Param text['preview_url'] must be a boolean.")


def _check_interactive(interactive: Json) -> None:
    kind = interactive.get("type")
    if kind not in ("button", "list"):
        raise GraphError(131009, f"Interactive type {kind!r} is not supported here")
    _only(interactive, {"type", "header", "body", "footer", "action"}, "interactive")
    _text_part(interactive, "body", MAX_BODY)
    if "footer" in interactive:
        _text_part(interactive, "footer", MAX_HEADER_OR_FOOTER)
    if "header" in interactive:
        header = _object(interactive["header"], "header")
        _only(header, {"type", "text"}, "header")
        _string(header.get("text"), "header.text", MAX_HEADER_OR_FOOTER)
    action = _object(interactive.get("action"), "action")
    (_check_buttons if kind == "button" else _check_list)(action)


def _check_buttons(action: Json) -> None:
    _only(action, {"buttons"}, "action")
    replies = []
    for button in _array(action.get("buttons"), "buttons", MAX_BUTTONS):
        _only(button, {"type", "reply"}, "button")
        if button.get("type") != "reply":
            raise GraphError(131009, "Button type must be reply")
        reply = _object(button.get("reply"), "reply")
        _only(reply, {"id", "title"}, "reply")
        _string(reply.get("id"), "reply.id", MAX_ID)
        _string(reply.get("title"), "reply.title", MAX_BUTTON_TITLE)
        replies.append(reply)
    _unique([reply["id"] for reply in replies], "button ids")
    _unique([reply["title"] for reply in replies], "button titles")


def _check_list(action: Json) -> None:
    _only(action, {"button", "sections"}, "action")
    _string(action.get("button"), "action.button", MAX_LIST_BUTTON)
    ids: list[str] = []
    sections = _array(action.get("sections"), "sections", MAX_SECTIONS)
    for section in sections:
        _only(section, {"title", "rows"}, "section")
        if len(sections) > 1 or "title" in section:
            _string(section.get("title"), "section.title", MAX_ROW_TITLE)
        for row in _array(section.get("rows"), "rows", MAX_ROWS):
            _only(row, {"id", "title", "description"}, "row")
            ids.append(_string(row.get("id"), "row.id", MAX_ROW_ID))
            _string(row.get("title"), "row.title", MAX_ROW_TITLE)
            _string(row.get("description", ""), "row.description", MAX_ROW_DESCRIPTION, empty=True)
    if len(ids) > MAX_ROWS:
        raise GraphError(131009, f"Total row count exceeds {MAX_ROWS}")
    _unique(ids, "row ids")


def _check_template(template: Json, templates: dict[tuple[str, str], Template]) -> None:
    _only(template, {"name", "language", "components"}, "template")
    language = _object(template.get("language"), "language")
    _only(language, {"code"}, "language")
    known = templates.get((str(template.get("name")), str(language.get("code"))))
    if known is None:
        raise GraphError(132001, f"template name ({template.get('name')}) does not exist in {language.get('code')}")
    given = len(template_values(template))
    if given != known.parameters:
        raise GraphError(132000, f"body: number of params ({given}) does not match the expected ({known.parameters})")


def template_values(template: Json) -> list[str]:
    """The body's parameters, in order; raises GraphError."""
    values: list[str] = []
    for component in template.get("components", []):
        _only(_object(component, "component"), {"type", "parameters"}, "component")
        if component.get("type") != "body":
            raise GraphError(100, "Only body components are known here")
        for parameter in component.get("parameters", []):
            _only(_object(parameter, "parameter"), {"type", "text"}, "parameter")
            text = _string(parameter.get("text"), "parameter.text", MAX_BODY)
            if re.search(r"[\n\t]| {5,}", text):
                raise GraphError(131009, "Param text cannot have new-line/tab characters or more than 4 spaces")
            values.append(text)
    return values


CHECKS: dict[str, Callable[[Json], None]] = {"text": _check_text, "interactive": _check_interactive}


def _only(value: Json, allowed: set[str], where: str) -> None:
    for key in value:
        if key not in allowed:
            raise GraphError(100, f'Unexpected key "{key}" on param "{where}".')


def _object(value: Any, name: str) -> Json:
    if not isinstance(value, dict):
        raise GraphError(100, f"The parameter {name} is required.")
    return value


def _array(value: Any, name: str, most: int) -> list[Json]:
    if not isinstance(value, list) or not 1 <= len(value) <= most:
        raise GraphError(131009, f"{name} must hold 1 to {most} items")
    return [_object(item, name) for item in value]


def _string(value: Any, name: str, longest: int, *, empty: bool = False) -> str:
    if not isinstance(value, str) or (not value.strip() and not empty):
        raise GraphError(131008 if value is None else 100, f"The parameter {name} is required.")
    # Meta does not say what it counts; UTF-16 units are the strictest reading.
    if len(value.encode("utf-16-le", "surrogatepass")) // 2 > longest:
        raise GraphError(131009, f"Param {name} must be at most {longest} characters long.")
    return value


def _text_part(interactive: Json, name: str, longest: int) -> None:
    part = _object(interactive.get(name), name)
    _only(part, {"text"}, name)
    _string(part.get("text"), f"{name}.text", longest)


def _unique(values: list[str], name: str) -> None:
    if len(set(values)) != len(values):
        raise GraphError(131009, f"Duplicated {name}")
