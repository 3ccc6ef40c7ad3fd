"""Script that somebody stored, wherever, is shown as text."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from desk.conversations.worker import Worker
from desk.handoffs.services import note_add
from desk.staff.models import CannedReply, User
from tests.desk.fake_assistant import FakeAssistant
from tests.desk.staff_pages import handoff_for, shown

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = "<script>alert('x')</script>"


def test_stored_script_is_inert(staff_client: Client, worker: Worker, fake: FakeAssistant, staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(first_name=SCRIPT)
    CannedReply.objects.create(title_ar=SCRIPT, title_en=SCRIPT, text_ar=f'"{SCRIPT}', text_en=f'"{SCRIPT}')
    fake.reply = hostile_reply()
    handoff = handoff_for(f"{SCRIPT} I am pregnant", worker)
    handoff.conversation.person.display_name = SCRIPT
    handoff.conversation.person.save()
    staff_client.post(f"/staff/handoffs/{handoff.pk}/reply/", {"text": SCRIPT})
    note_add(conversation_id=handoff.conversation_id, staff=staff, text=SCRIPT)
    for path in ("/staff/", f"/staff/conversations/{handoff.conversation_id}/", "/staff/conversations/"):
        page = shown(staff_client, path)
        assert "<script>alert" not in page, path
        assert "&lt;script&gt;alert" in page, path


def hostile_reply() -> dict[str, Any]:
    finding = {"category": SCRIPT, "text": SCRIPT, "start": 0, "end": 5, "who": SCRIPT, "negated": False}
    risk = {"level": "personal", "findings": [{**finding, "source": SCRIPT}]}
    return {
        "messages": [{"answer": SCRIPT, "text": SCRIPT, "buttons": [{"title": SCRIPT, "choice": SCRIPT}]}],
        "understanding": {"intent": SCRIPT, "language": "en", "script": SCRIPT, "answers": [SCRIPT] * 2, "risk": risk},
        "handoff": {"reason": SCRIPT, "urgency": "routine", "summary": SCRIPT, "categories": [SCRIPT]},
    }
