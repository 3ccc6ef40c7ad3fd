"""A conversation as staff read it: risk, understanding, delivery, who answers, and what has changed since."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from desk.conversations.models import Channel, Conversation, Message
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff
from desk.staff.models import AuditEntry, User
from desk.staff.roles import Role
from tests.desk.conftest import receive, staff_named
from tests.desk.fake_assistant import FakeAssistant
from tests.desk.staff_pages import handoff_for, page_of, shown

pytestmark = pytest.mark.django_db(transaction=True)


class TestConversation:
    def test_shows_the_risk_in_the_patients_words(self, staff_client: Client, worker: Worker) -> None:
        page = page_of(staff_client, handoff_for("hello, I am pregnant ok", worker))
        assert 'hello, I am <mark title="Pregnancy or breastfeeding">pregnant</mark> ok' in page
        assert "Not understood" in page
        assert "0.90 (threshold 0.30)" in page
        assert 'dir="auto"' in page

    def test_what_was_understood(self, staff_client: Client, worker: Worker, fake: FakeAssistant) -> None:
        ranking = [{"intent": "ask_price", "confidence": 0.8}, {"intent": "ask_pain", "confidence": 0.1}]
        risk = {"level": "personal", "findings": [{"category": "herpes", "who": "other", "source": "model"}]}
        fake.reply = {
            "understanding": {
                "intent": "ask_price",
                "confidence": 0.8,
                "ranking": ranking,
                "answers": ["ask_price", "ask_pain"],
                "language": "ar",
                "script": "latin",
                "risk": risk,
            }
        }
        page = page_of(staff_client, handoff_for("kam el se3r", worker))
        for words in (
            "Price 0.80",
            "Does it hurt? 0.10",
            "Clauses",
            "Arabic · Latin letters",
            "Herpes (about somebody else, model)",
        ):
            assert words in page, words

    def test_findings_that_do_not_fit_are_left_out(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        bad = [
            {"category": "herpes", "start": -1, "end": 5},
            {"category": "herpes", "start": 3, "end": 999},
            {"category": "herpes", "start": "0", "end": None},
            {"category": "herpes", "start": 0, "end": 4, "text": "else"},
            "not a finding",
        ]
        Message.objects.filter(direction="in").update(understanding={"risk": {"findings": bad}, "ranking": "x"})
        assert page_of(staff_client, handoff).count("<mark") == 1

    @pytest.mark.parametrize(
        ("delivery", "words"),
        [
            ("pending", "Waiting to be sent"),
            ("sent", "Sent"),
            ("delivered", "Delivered"),
            ("read", "Read"),
            ("failed", "Not delivered: the channel refused it"),
            ("uncertain", "Not sure it arrived"),
            ("dead", "Not delivered after every try"),
        ],
    )
    def test_how_far_an_answer_came(self, delivery: str, words: str, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        Message.objects.filter(direction="out").update(delivery=delivery, delivery_error="(131047) too late")
        page = page_of(staff_client, handoff)
        assert f'<span class="delivery {delivery}">{words}' in page
        assert ("(131047) too late" in page) == (delivery not in ("sent", "delivered", "read"))

    def test_what_the_patient_did_to_a_message(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        Message.objects.filter(direction="in").update(
            withdrawn_at=timezone.now(), edits=[{"text": "I was pregnant", "until": "x"}], kind="image", attachment={}
        )
        page = page_of(staff_client, handoff)
        for words in ("Deleted by the patient", "I was pregnant", "Image"):
            assert words in page

    @pytest.mark.parametrize(("hours", "words"), [(2, "Open until"), (25, "Closed: 24 hours")])
    def test_the_whatsapp_window(self, hours: int, words: str, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker, Channel.WHATSAPP)
        Conversation.objects.update(patient_last_at=timezone.now() - timedelta(hours=hours))
        assert words in page_of(staff_client, handoff)

    def test_the_website_has_no_window(self, staff_client: Client, worker: Worker) -> None:
        assert "WhatsApp window" not in page_of(staff_client, handoff_for("I am pregnant", worker))

    def test_who_answers_now(self, staff_client: Client, worker: Worker, staff: User) -> None:
        handoff = handoff_for("I am pregnant", worker)
        assert "Nobody answers yet" in page_of(staff_client, handoff)
        staff_client.post(f"/staff/handoffs/{handoff.pk}/claim/")
        assert "You are answering" in page_of(staff_client, handoff)
        Handoff.objects.update(claimed_by=staff_named("sara", Role.AGENT))
        page = page_of(staff_client, handoff)
        assert "sara is answering" in page
        assert "Take it from sara" in page
        assert "reply-text" not in page

    def test_earlier_requests(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        assert "Earlier requests" not in page_of(staff_client, handoff)
        staff_client.post(f"/staff/handoffs/{handoff.pk}/close/")
        page = page_of(staff_client, handoff)
        assert "Earlier requests" in page
        assert "The assistant answers" in page

    def test_a_reviewer_reads_only(self, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        reviewer = Client()
        reviewer.force_login(staff_named("reem", Role.REVIEWER))
        page = shown(reviewer, f"/staff/conversations/{handoff.conversation_id}/?lang=en")
        assert "Read only" in page
        assert "<textarea" not in page
        assert "Take over" not in page

    def test_the_parts_that_changed(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        page = page_of(staff_client, handoff)
        versions = {
            name: page.split(f'class="version" name="{name}" value="')[1].split('"')[0]
            for name in ("status", "thread", "composer", "facts")
        }
        live = f"/staff/conversations/{handoff.conversation_id}/live/"
        assert staff_client.get(live, versions).status_code == 204
        receive(handoff.conversation, "hello?")
        changed = staff_client.get(live, versions).content.decode()
        assert 'id="thread"' in changed
        assert 'id="composer"' not in changed

    def test_reading_is_in_the_trail_once(self, staff_client: Client, worker: Worker, staff: User) -> None:
        handoff = handoff_for("I am pregnant", worker)
        page_of(staff_client, handoff)
        for _ in range(3):
            staff_client.get(f"/staff/conversations/{handoff.conversation_id}/live/")
            staff_client.get("/staff/queue/")
            staff_client.get("/staff/live/")
        entry = AuditEntry.objects.get()
        assert (entry.action, entry.conversation_id) == ("conversation_read", handoff.conversation_id)
        assert (entry.actor_id, entry.actor_name, entry.address) == (staff.pk, "huda", "127.0.0.1")

    def test_old_links_lead_to_the_conversation(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        response = staff_client.get(f"/staff/handoffs/{handoff.pk}/")
        assert response["Location"] == f"/staff/conversations/{handoff.conversation_id}/"
