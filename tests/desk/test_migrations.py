"""An installation that has been running is brought up to date with its rows in place, on both engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from desk.conversations.models import Conversation
from desk.conversations.selectors import message_as_json
from desk.handoffs.models import Handoff
from desk.handoffs.services import message_send_from_staff
from tests.desk.databases import ENGINES, Databases, command, rows, sql, using

FIRST = (("staff", "0001"), ("conversations", "0001"), ("handoffs", "0001"))
T = "2026-01-05 10:00:00+00:00"
# What the first release stored. Tables named before those that refer to them.
OLD_ROWS: dict[str, list[dict[str, object]]] = {
    "staff_user": [
        {
            "id": 7,
            "password": "x",
            "is_superuser": False,
            "username": "huda",
            "first_name": "",
            "last_name": "",
            "email": "",
            "is_staff": True,
            "is_active": True,
            "date_joined": T,
        }
    ],
    "conversations_person": [{"id": "p_1", "created_at": T}],
    "conversations_channelidentity": [{"id": 1, "person_id": "p_1", "channel": "web", "external_id": "v_1"}],
    "conversations_conversation": [
        {
            "id": "c_1",
            "person_id": "p_1",
            "channel": "web",
            "status": "staff",
            "language": "ar",
            "language_fixed": "",
            "assistant_state": json.dumps({"slots": {"language": "ar"}}),
            "last_sequence": 3,
            "created_at": T,
            "last_activity_at": T,
        }
    ],
    "conversations_message": [
        {
            "id": f"m_{number}",
            "conversation_id": "c_1",
            "sequence": number,
            "direction": "in" if author == "patient" else "out",
            "author": author,
            "text": text,
            "choice": "",
            "buttons": "[]",
            "language": "ar",
            "answer_name": "",
            "answer_version": "",
            "channel": "web",
            "channel_message_id": f"c_1:{number}" if author == "patient" else None,
            "state": "with_staff" if author == "patient" else "",
            "staff_id": 7 if author == "staff" else None,
            "created_at": T,
        }
        for number, (author, text) in enumerate(
            [("patient", "أنا حامل 😀"), ("bot", "نحوّلك"), ("staff", "مرحبا")], start=1
        )
    ],
    "handoffs_handoff": [
        {
            "id": "h_1",
            "conversation_id": "c_1",
            "status": "claimed",
            "reason": "personal_risk",
            "urgency": "routine",
            "categories": json.dumps(["pregnancy_breastfeeding"]),
            "summary": "s",
            "opened_at": T,
            "claimed_at": T,
            "claimed_by_id": 7,
        }
    ],
    "handoffs_handoffevent": [
        {"id": 1001, "handoff_id": "h_1", "at": T, "kind": "opened", "details": "{}", "message_id": "m_1"}
    ],
}


def insert(url: str, table: str, row: dict[str, object]) -> None:
    mark = "?" if url.startswith("sqlite") else "%s"
    places = ", ".join([mark] * len(row))
    with sql(url) as connection:
        connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", tuple(row.values()))


@pytest.mark.parametrize("engine", ENGINES)
def test_rows_of_the_first_release_are_all_there(engine: str, tmp_path: Path, django_db_blocker: Any) -> None:
    with django_db_blocker.unblock():
        databases = Databases(engine, tmp_path)
        try:
            _migrate_with_rows(databases.empty())
        finally:
            databases.drop_all()


def _migrate_with_rows(url: str) -> None:
    for app, number in FIRST:
        command(url, "migrate", app, number, verbosity=0)
    for table, old in OLD_ROWS.items():
        for row in old:
            insert(url, table, row)
    counts = {table: len(rows(url, table)) for table in OLD_ROWS}
    command(url, "migrate", verbosity=0)
    assert {table: len(rows(url, table)) for table in OLD_ROWS} == counts
    with using(url):
        conversation, handoff = Conversation.objects.get(), Handoff.objects.get()
        messages = list(conversation.messages.order_by("sequence"))
        assert [message.text for message in messages] == ["أنا حامل 😀", "نحوّلك", "مرحبا"]
        assert [message.delivery for message in messages] == ["", "sent", "sent"]
        assert {message.kind for message in messages} == {"text"}
        assert [message_as_json(message)["author"] for message in messages] == ["patient", "bot", "staff"]
        assert conversation.assistant_state == {"slots": {"language": "ar"}}
        assert handoff.claimed_by is not None
        assert handoff.claimed_by.username == "huda"
        assert handoff.categories == ["pregnancy_breastfeeding"]
        assert handoff.alarm_at is None
        assert [event.kind for event in handoff.events.all()] == ["opened"]
        # and it goes on from there
        reply = message_send_from_staff(handoff_id=handoff.pk, staff=handoff.claimed_by, text="أهلاً")
        assert (reply.sequence, reply.text) == (4, "أهلاً")
