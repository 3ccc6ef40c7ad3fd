"""Webhook bodies of every type become events; what nobody has seen yet is kept, never an error."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from desk.conversations.models import Kind
from desk.whatsapp.events import Events, Identity
from desk.whatsapp.payload import NotJson, read_body
from tests.whatsapp import payloads
from tests.whatsapp.payloads import CONTENTS, PHONE_NUMBER_ID, USER_ID, WA_ID, body, message, text


def read(*values: dict[str, Any]) -> Events:
    return read_body(json.dumps(body(*values)).encode(), phone_number_id=PHONE_NUMBER_ID)


def only_message(name: str) -> Any:
    events = read(message(CONTENTS[name]))
    assert len(events.received) == 1
    return events.received[0]


def test_a_text_with_its_sender_and_time() -> None:
    event = only_message("text")
    assert (event.kind, event.text, event.wamid) == (Kind.TEXT, "كم جلسة أحتاج؟", "wamid.A1")
    assert event.sender.identity == Identity(WA_ID, USER_ID)
    assert event.sender.name == "Nora"
    assert event.sent_at == datetime(2026, 9, 21, 14, 13, 20, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("name", "choice", "title"),
    [("button_reply", "ask_pain", "هل يؤلم؟"), ("list_reply", "ask_price", "السعر"), ("template_button", "yes", "نعم")],
)
def test_replies_name_their_choice(name: str, choice: str, title: str) -> None:
    event = only_message(name)
    assert (event.choice, event.text) == (choice, title)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("image", Kind.IMAGE),
        ("video", Kind.VIDEO),
        ("voice", Kind.AUDIO),
        ("document", Kind.DOCUMENT),
        ("sticker", Kind.STICKER),
    ],
)
def test_media_come_as_ids(name: str, kind: Kind) -> None:
    event = only_message(name)
    assert event.kind == kind
    assert event.attachment["media_id"] == payloads.MEDIA["id"]
    assert event.attachment["mime_type"]


def test_a_caption_is_the_text() -> None:
    event = only_message("image")
    assert event.text == event.attachment["caption"] == "هذا مكان الجلسة"


def test_a_voice_message_says_so() -> None:
    assert only_message("voice").attachment["voice"] is True


def test_location_contacts_and_reaction() -> None:
    assert only_message("location").attachment["location"]["latitude"] == 21.54
    assert only_message("contacts").attachment["contacts"] == [{"name": "Reem", "phones": ["+966500000009"]}]
    assert only_message("reaction").text == "👍🏽"
    assert only_message("reaction_removed").text == ""
    assert only_message("reaction_removed").attachment == {"reaction_to": "wamid.OUT1"}


@pytest.mark.parametrize("name", ["unsupported", "hologram", "flow"])
def test_what_nobody_knows_is_kept_whole(name: str) -> None:
    event = only_message(name)
    assert event.kind == Kind.UNSUPPORTED
    assert event.attachment["original"].items() >= CONTENTS[name].items()


def test_edits_and_deletions_name_the_original() -> None:
    events = read(message(CONTENTS["edit"], wamid="wamid.E"), message(CONTENTS["revoke"], wamid="wamid.R"))
    assert [(event.original, event.text) for event in events.amended] == [("wamid.A0", "كم السعر؟"), ("wamid.A0", None)]
    assert not events.received


def test_a_patient_with_a_username_has_no_number() -> None:
    event = read(message(CONTENTS["text"], wa_id="")).received[0]
    assert event.sender.identity == Identity("", USER_ID)


def test_a_changed_number_and_a_changed_user_id() -> None:
    changed = read(payloads.number_changed(), payloads.user_id_changed()).identities
    assert changed[0].old == Identity(WA_ID, USER_ID)
    assert changed[0].new == Identity("966500000002", "SA.2")
    assert (changed[1].old, changed[1].new) == (Identity("", USER_ID), Identity("", "SA.3"))


def test_statuses_with_our_id_and_their_error() -> None:
    events = read(payloads.status("read", our_id="m_1"), payloads.status("failed", code=131026))
    assert [(status.status, status.our_id, status.code) for status in events.statuses] == [
        ("read", "m_1", None),
        ("failed", "", 131026),
    ]
    assert events.statuses[1].error == "Refused in detail"


def test_a_batch_of_entries_changes_messages_and_statuses() -> None:
    two = body(text("one", wamid="wamid.1"), payloads.status("sent"))
    two["entry"] += body(text("two", wamid="wamid.2"))["entry"]
    two["entry"][0]["changes"][0]["value"]["messages"] *= 2
    events = read_body(json.dumps(two).encode(), phone_number_id=PHONE_NUMBER_ID)
    assert [event.wamid for event in events.received] == ["wamid.1", "wamid.1", "wamid.2"]
    assert len(events.statuses) == 1


def test_another_number_of_the_account_is_not_ours() -> None:
    other = text("hello")
    other["metadata"]["phone_number_id"] = "999"
    assert read(other).received == []


def test_a_message_without_an_id_is_known_by_what_it_holds() -> None:
    nameless = text("hello", wamid="")
    first, again = read(nameless).received[0], read(nameless).received[0]
    assert first.wamid == again.wamid
    assert first.wamid.startswith("content:")
    assert first.wamid != read(text("other", wamid="")).received[0].wamid


def test_a_message_without_a_sender_is_a_problem() -> None:
    events = read(message(CONTENTS["text"], wa_id="", user_id=""))
    assert not events.received
    assert len(events.problems) == 1


def test_errors_of_the_account() -> None:
    assert read(payloads.ACCOUNT_ERROR).problems[0].code == 130429


@pytest.mark.parametrize(
    "raw", [b"", b"nonsense", b"[]", b"1", b"\xff\xfe", b"[" * 100_000, b'{"entry": ' + b"[" * 900 + b"]" * 900 + b"}"]
)
def test_what_is_no_object_is_refused_or_empty(raw: bytes) -> None:
    try:
        events = read_body(raw, phone_number_id=PHONE_NUMBER_ID)
    except NotJson:
        return
    assert events == Events()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_numbers_that_no_database_stores_are_left_out(number: str) -> None:
    raw = json.dumps(body(message(CONTENTS["location"]))).replace("21.54", number).encode()
    event = read_body(raw, phone_number_id=PHONE_NUMBER_ID).received[0]
    assert "latitude" not in (event.attachment or {})["location"]
