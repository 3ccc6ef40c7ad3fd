"""Webhook bodies into events: batches of entries, changes, messages and statuses, of known and unknown types.

Nothing here raises on valid JSON: what is not as Meta documents it is kept as `unsupported` or as a problem.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from typing import Any

from desk.request_ids import current_request_id
from desk.safe_text import storable_text
from desk.whatsapp.content import read_content
from desk.whatsapp.events import (
    Amended,
    Events,
    Identity,
    IdentityChanged,
    Problem,
    Received,
    Sender,
    StatusChanged,
)
from desk.whatsapp.json_values import as_id, as_number, as_object, as_objects, as_text, as_time

FIELD = "messages"
EDIT, REVOKE, SYSTEM = "edit", "revoke", "system"
MAX_NAME = 200


class NotJson(ValueError):
    """The body is not a JSON object."""


def read_body(raw: bytes, *, phone_number_id: str) -> Events:
    """Read a body that is addressed to our number; raises NotJson."""
    try:
        body = json.loads(raw, parse_constant=_no_number, parse_float=_finite)
        if not isinstance(body, dict):
            raise NotJson
        events = Events()
        for value in _values(body):
            if as_text(as_object(value.get("metadata")).get("phone_number_id")) in ("", phone_number_id):
                _read_value(value, events)
    except (ValueError, RecursionError):
        raise NotJson from None
    return events


def _no_number(name: str) -> None:
    """NaN and Infinity, which Python reads and no database stores."""


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _values(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for entry in as_objects(body.get("entry")):
        for change in as_objects(entry.get("changes")):
            if as_text(change.get("field")) in ("", FIELD):
                yield as_object(change.get("value"))


def _read_value(value: dict[str, Any], events: Events) -> None:
    contacts = as_objects(value.get("contacts"))
    for message in as_objects(value.get("messages")):
        _read_message(message, contacts, events)
    for status in as_objects(value.get("statuses")):
        _read_status(status, events)
    events.problems.extend(_problem(error) for error in as_objects(value.get("errors")))


def _read_message(message: dict[str, Any], contacts: list[dict[str, Any]], events: Events) -> None:
    wamid = as_id(message.get("id")) or _id_of_content(message)
    sent_at = as_time(message.get("timestamp"))
    kind = as_text(message.get("type"))
    if kind == SYSTEM:
        changed = _identity_change(wamid, message)
        if changed is not None:
            events.identities.append(changed)
        return
    sender = _sender(message, contacts)
    if not sender.identity.is_known:
        events.problems.append(Problem(None, f"a message of type {kind[:20]!r} names no sender"))
        return
    original = as_id(as_object(message.get(kind)).get("original_message_id"))
    if kind == REVOKE and original:
        events.amended.append(Amended(wamid, sender, sent_at, original, None))
    elif kind == EDIT and original:
        edited = read_content(as_object(as_object(message.get(kind)).get("message")))
        events.amended.append(Amended(wamid, sender, sent_at, original, edited.text))
    else:
        content = read_content(message)
        events.received.append(
            Received(
                wamid=wamid,
                sender=sender,
                sent_at=sent_at,
                kind=content.kind,
                text=content.text,
                choice=content.choice,
                attachment=content.attachment,
                request_id=current_request_id(),
            )
        )


def _sender(message: dict[str, Any], contacts: list[dict[str, Any]]) -> Sender:
    """Who wrote: named in the message itself, with the other id and the name in `contacts`."""
    wa_id, user_id = _phone(message.get("from")), as_id(message.get("from_user_id"))
    contact = _contact_of(wa_id, user_id, contacts)
    identity = Identity(
        wa_id=wa_id or _phone(contact.get("wa_id")),
        user_id=user_id or as_id(contact.get("user_id")),
    )
    name = as_text(as_object(contact.get("profile")).get("name"))
    return Sender(identity, storable_text(name)[:MAX_NAME])


def _contact_of(wa_id: str, user_id: str, contacts: list[dict[str, Any]]) -> dict[str, Any]:
    for contact in contacts:
        if (wa_id and _phone(contact.get("wa_id")) == wa_id) or (user_id and as_id(contact.get("user_id")) == user_id):
            return contact
    return contacts[0] if len(contacts) == 1 and not (wa_id and _phone(contacts[0].get("wa_id"))) else {}


def _phone(value: Any) -> str:
    digits = as_id(value).removeprefix("+")
    return digits if digits.isascii() and digits.isdigit() and len(digits) <= 20 else ""


def _identity_change(wamid: str, message: dict[str, Any]) -> IdentityChanged | None:
    system = as_object(message.get(SYSTEM))
    old = Identity(
        wa_id=_phone(message.get("from")) or _phone(system.get("customer")),
        user_id=as_id(system.get("previous_user_id")) or as_id(message.get("from_user_id")),
    )
    new = Identity(
        wa_id=_phone(system.get("wa_id")) or _phone(system.get("new_wa_id")),
        user_id=as_id(system.get("user_id")),
    )
    if not (old.is_known and new.is_known) or old == new:
        return None
    return IdentityChanged(wamid, as_time(message.get("timestamp")), old, new)


def _read_status(status: dict[str, Any], events: Events) -> None:
    wamid, name = as_id(status.get("id")), as_text(status.get("status"))
    if not wamid or not name:
        events.problems.append(Problem(None, "a status names no message"))
        return
    errors = as_objects(status.get("errors"))
    first = _problem(errors[0]) if errors else Problem(None, "")
    events.statuses.append(
        StatusChanged(
            wamid=wamid,
            status=name,
            at=as_time(status.get("timestamp")),
            our_id=as_id(status.get("biz_opaque_callback_data")),
            code=first.code,
            error=first.text,
        )
    )


def _problem(error: dict[str, Any]) -> Problem:
    details = as_text(as_object(error.get("error_data")).get("details"))
    text = details or as_text(error.get("title")) or as_text(error.get("message"))
    return Problem(as_number(error.get("code")), storable_text(text)[:200])


def _id_of_content(message: dict[str, Any]) -> str:
    """A message without a usable id is known by what it holds, so that it is still stored just once."""
    content = json.dumps(message, sort_keys=True)
    return "content:" + hashlib.sha256(content.encode()).hexdigest()
