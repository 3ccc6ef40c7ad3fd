"""The bodies that Meta posts: built as its reference shows them."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

Json = dict[str, Any]
ACCOUNT_ID = "102290129340398"


def signature(raw: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def encoded(body: Json) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()


def envelope(values: list[Json]) -> Json:
    """One post that holds these change values."""
    changes = [{"value": value, "field": "messages"} for value in values]
    return {"object": "whatsapp_business_account", "entry": [{"id": ACCOUNT_ID, "changes": changes}]}


def _value(phone_number_id: str, **content: Any) -> Json:
    metadata = {"display_phone_number": "966112000000", "phone_number_id": phone_number_id}
    return {"messaging_product": "whatsapp", "metadata": metadata, **content}


def message_value(
    *,
    phone_number_id: str,
    wamid: str,
    at: float,
    name: str,
    wa_id: str,
    user_id: str,
    content: Json,
) -> Json:
    """A message by a patient; a patient with a username shows no phone number (`wa_id` empty)."""
    contact: Json = {"profile": {"name": name}}
    message: Json = {"id": wamid, "timestamp": str(int(at)), **content}
    if wa_id:
        contact["wa_id"] = wa_id
        message["from"] = wa_id
    if user_id:
        contact["user_id"] = user_id
        message["from_user_id"] = user_id
    return _value(phone_number_id, contacts=[contact], messages=[message])


def number_change_value(*, phone_number_id: str, wamid: str, at: float, old: Json, new: Json) -> Json:
    """`user_changed_number`, or `user_changed_user_id` where the new number is not told; without `contacts`."""
    system: Json = {"body": f"User changed from {old.get('wa_id') or old['user_id']}", "user_id": new["user_id"]}
    system["previous_user_id"] = old["user_id"]
    system["type"] = "user_changed_number" if new.get("wa_id") else "user_changed_user_id"
    if new.get("wa_id"):
        system["wa_id"] = new["wa_id"]
    message = {"id": wamid, "timestamp": str(int(at)), "type": "system", "system": system}
    if old.get("wa_id"):
        message["from"] = old["wa_id"]
    return _value(phone_number_id, messages=[message])


def status_value(
    *,
    phone_number_id: str,
    wamid: str,
    status: str,
    at: float,
    recipient: Json,
    callback_data: str,
    errors: list[Json],
) -> Json:
    content: Json = {"id": wamid, "status": status, "timestamp": str(int(at)), **recipient}
    if callback_data:
        content["biz_opaque_callback_data"] = callback_data
    if errors:
        content["errors"] = errors
    else:
        content["pricing"] = {"billable": False, "pricing_model": "PMP", "category": "service", "type": "free"}
    return _value(phone_number_id, statuses=[content])
