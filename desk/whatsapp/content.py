"""What each type of WhatsApp message holds: its kind, its text, the choice it makes, and what is attached."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from desk.conversations.models import Kind
from desk.safe_text import storable_json
from desk.whatsapp.json_values import as_id, as_object, as_objects, as_text

MEDIA_FIELDS = ("mime_type", "filename", "sha256", "voice", "animated")
LOCATION_FIELDS = ("latitude", "longitude", "name", "address", "url")
MAX_CHOICE = 128
MAX_ATTACHMENT_ITEMS = 20


@dataclass(frozen=True)
class Content:
    kind: Kind
    text: str = ""
    choice: str = ""
    attachment: dict[str, Any] | None = None


def read_content(message: dict[str, Any]) -> Content:
    """Read one message; a type that nobody has seen yet is `unsupported`, with all it held kept."""
    kind = as_text(message.get("type"))
    reader = READERS.get(kind)
    if reader is None:
        return _unsupported(message)
    content = reader(as_object(message.get(kind)) if kind != "contacts" else message)
    return content if content is not None else _unsupported(message)


def _text(body: dict[str, Any]) -> Content | None:
    text = body.get("body")
    return Content(Kind.TEXT, text) if isinstance(text, str) else None


def _interactive(body: dict[str, Any]) -> Content | None:
    kind = as_text(body.get("type"))
    if kind not in ("button_reply", "list_reply"):
        return None
    return _choice(as_object(body.get(kind)), "id", "title")


def _button(body: dict[str, Any]) -> Content | None:
    return _choice(body, "payload", "text")


def _choice(reply: dict[str, Any], choice: str, title: str) -> Content | None:
    text, chosen = as_text(reply.get(title)), as_id(reply.get(choice))
    if not text and not chosen:
        return None
    return Content(Kind.TEXT, text or chosen, chosen if len(chosen) <= MAX_CHOICE else "")


def _media(kind: Kind) -> Callable[[dict[str, Any]], Content]:
    def read(body: dict[str, Any]) -> Content:
        attachment = {name: body[name] for name in MEDIA_FIELDS if isinstance(body.get(name), (str, bool))}
        attachment["media_id"] = as_id(body.get("id"))
        caption = as_text(body.get("caption"))
        if caption:
            attachment["caption"] = caption
        return Content(kind, caption, attachment=storable_json(attachment))

    return read


def _location(body: dict[str, Any]) -> Content:
    kept = {name: body[name] for name in LOCATION_FIELDS if isinstance(body.get(name), (str, int, float))}
    return Content(Kind.LOCATION, attachment={"location": storable_json(kept)})


def _contacts(message: dict[str, Any]) -> Content:
    cards = [_card(card) for card in as_objects(message.get("contacts"))[:MAX_ATTACHMENT_ITEMS]]
    return Content(Kind.CONTACTS, attachment={"contacts": storable_json(cards)})


def _card(card: dict[str, Any]) -> dict[str, Any]:
    phones = [as_text(phone.get("phone")) for phone in as_objects(card.get("phones"))[:MAX_ATTACHMENT_ITEMS]]
    return {"name": as_text(as_object(card.get("name")).get("formatted_name")), "phones": phones}


def _reaction(body: dict[str, Any]) -> Content:
    """An empty emoji takes the reaction back."""
    emoji = as_text(body.get("emoji"))
    return Content(Kind.REACTION, emoji, attachment={"reaction_to": as_id(body.get("message_id"))})


def _order(body: dict[str, Any]) -> Content:
    return Content(Kind.ORDER, as_text(body.get("text")), attachment={"order": storable_json(body)})


def _unsupported(message: dict[str, Any]) -> Content:
    """Keep what came: only staff can make something of it."""
    return Content(Kind.UNSUPPORTED, attachment={"original": storable_json(message)})


READERS: dict[str, Callable[[dict[str, Any]], Content | None]] = {
    "text": _text,
    "interactive": _interactive,
    "button": _button,
    "image": _media(Kind.IMAGE),
    "video": _media(Kind.VIDEO),
    "audio": _media(Kind.AUDIO),
    "voice": _media(Kind.AUDIO),
    "document": _media(Kind.DOCUMENT),
    "sticker": _media(Kind.STICKER),
    "location": _location,
    "contacts": _contacts,
    "reaction": _reaction,
    "order": _order,
}
