"""One webhook body of every type, as Meta's reference shows them."""

from __future__ import annotations

from typing import Any

PHONE_NUMBER_ID = "106540352242922"
WA_ID = "966500000001"
USER_ID = "SA.1502576394655843"

Json = dict[str, Any]


def body(*values: Json) -> Json:
    changes = [{"value": value, "field": "messages"} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": changes}]}


def value(**content: Any) -> Json:
    metadata = {"display_phone_number": "966112000000", "phone_number_id": PHONE_NUMBER_ID}
    return {"messaging_product": "whatsapp", "metadata": metadata, **content}


def message(
    content: Json, *, wamid: str = "wamid.A1", wa_id: str = WA_ID, user_id: str = USER_ID, at: int = 1_790_000_000
) -> Json:
    """The value of a change that tells of one message."""
    contact: Json = {"profile": {"name": "Nora"}}
    told: Json = {"id": wamid, "timestamp": str(at), **content}
    if wa_id:
        contact["wa_id"], told["from"] = wa_id, wa_id
    if user_id:
        contact["user_id"], told["from_user_id"] = user_id, user_id
    return value(contacts=[contact], messages=[told])


def text(words: str, **options: Any) -> Json:
    return message({"type": "text", "text": {"body": words}}, **options)


def status(name: str, *, wamid: str = "wamid.OUT1", our_id: str = "", code: int = 0, at: int = 1_790_000_100) -> Json:
    told: Json = {"id": wamid, "status": name, "timestamp": str(at), "recipient_id": WA_ID}
    if our_id:
        told["biz_opaque_callback_data"] = our_id
    if code:
        told["errors"] = [{"code": code, "title": "Refused", "error_data": {"details": "Refused in detail"}}]
    return value(statuses=[told])


MEDIA = {"mime_type": "image/jpeg", "sha256": "c2hh", "id": "2754859441498128"}
CONTENTS: dict[str, Json] = {
    "text": {"type": "text", "text": {"body": "كم جلسة أحتاج؟"}},
    "button_reply": {
        "type": "interactive",
        "context": {"id": "wamid.OUT1"},
        "interactive": {"type": "button_reply", "button_reply": {"id": "ask_pain", "title": "هل يؤلم؟"}},
    },
    "list_reply": {
        "type": "interactive",
        "interactive": {"type": "list_reply", "list_reply": {"id": "ask_price", "title": "السعر", "description": "d"}},
    },
    "flow": {"type": "interactive", "interactive": {"type": "nfm_reply", "nfm_reply": {"response_json": "{}"}}},
    "template_button": {"type": "button", "button": {"payload": "yes", "text": "نعم"}},
    "image": {"type": "image", "image": {**MEDIA, "caption": "هذا مكان الجلسة"}},
    "video": {"type": "video", "video": {**MEDIA, "mime_type": "video/mp4"}},
    "voice": {"type": "audio", "audio": {**MEDIA, "mime_type": "audio/ogg; codecs=opus", "voice": True}},
    "document": {"type": "document", "document": {**MEDIA, "mime_type": "application/pdf", "filename": "تقرير.pdf"}},
    "sticker": {"type": "sticker", "sticker": {**MEDIA, "mime_type": "image/webp", "animated": False}},
    "location": {"type": "location", "location": {"latitude": 21.54, "longitude": 39.17, "name": "Home"}},
    "contacts": {
        "type": "contacts",
        "contacts": [{"name": {"formatted_name": "Reem"}, "phones": [{"phone": "+966500000009", "wa_id": "1"}]}],
    },
    "reaction": {"type": "reaction", "reaction": {"message_id": "wamid.OUT1", "emoji": "👍🏽"}},
    "reaction_removed": {"type": "reaction", "reaction": {"message_id": "wamid.OUT1"}},
    "order": {"type": "order", "order": {"catalog_id": "7", "text": "", "product_items": [{"quantity": 1}]}},
    "unsupported": {
        "type": "unsupported",
        "errors": [{"code": 131051, "title": "Message type unknown"}],
        "unsupported": {"type": "poll_creation"},
    },
    "edit": {
        "type": "edit",
        "edit": {"original_message_id": "wamid.A0", "message": {"type": "text", "text": {"body": "كم السعر؟"}}},
    },
    "revoke": {"type": "revoke", "revoke": {"original_message_id": "wamid.A0"}},
    "hologram": {"type": "hologram", "hologram": {"depth": 3}},
    "forwarded": {"type": "text", "text": {"body": "hello"}, "context": {"forwarded": True}, "referral": {"ad": 1}},
}


def number_changed() -> Json:
    system = {
        "body": "User Nora changed",
        "wa_id": "966500000002",
        "user_id": "SA.2",
        "previous_user_id": USER_ID,
        "type": "user_changed_number",
    }
    told = {"from": WA_ID, "id": "wamid.S1", "timestamp": "1790000000", "type": "system", "system": system}
    return value(messages=[told])


def user_id_changed() -> Json:
    system = {"body": "User changed", "user_id": "SA.3", "previous_user_id": USER_ID, "type": "user_changed_user_id"}
    return value(messages=[{"id": "wamid.S2", "timestamp": "1790000000", "type": "system", "system": system}])


ACCOUNT_ERROR = value(errors=[{"code": 130429, "title": "Rate limit hit", "error_data": {"details": "wait"}}])

ALL_BODIES: list[Json] = [
    *(body(message(content, wamid=f"wamid.{name}")) for name, content in CONTENTS.items()),
    body(number_changed()),
    body(user_id_changed()),
    *(body(status(name)) for name in ("sent", "delivered", "read", "played")),
    body(status("failed", code=131047)),
    body(ACCOUNT_ERROR),
    body(text("one", wamid="wamid.B1"), text("two", wamid="wamid.B2"), status("read")),
]
