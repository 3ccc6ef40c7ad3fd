"""The staff pages: who may see them, what they show, what their buttons do."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from desk.conversations import services
from desk.conversations.models import Channel, Conversation, Message
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff, HandoffEvent
from desk.staff.models import User
from tests.desk.conftest import receive
from tests.desk.fake_assistant import FakeAssistant

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = "<script>alert('x')</script>"


def handoff_for(text: str, worker: Worker) -> Handoff:
    conversation = services.conversation_open(channel=Channel.WEB)
    receive(conversation, text)
    asyncio.run(worker.drain())
    return Handoff.objects.get(conversation=conversation)


def pages(handoff: Handoff) -> list[str]:
    return ["/staff/", f"/staff/handoffs/{handoff.pk}/"]


def posts(handoff: Handoff) -> list[str]:
    return [f"/staff/handoffs/{handoff.pk}/reply/", f"/staff/handoffs/{handoff.pk}/close/"]


class TestWhoMay:
    def test_anonymous_logs_in_first(self, worker: Worker, client: Client) -> None:
        handoff = handoff_for("I am pregnant", worker)
        for path in pages(handoff):
            response = client.get(path)
            assert response.status_code == 302
            assert response["Location"] == f"/staff/login/?next={path}"
        for path in posts(handoff):
            assert client.post(path, {"text": "hi"})["Location"].startswith("/staff/login/")
        handoff.refresh_from_db()
        assert handoff.status == "open"

    def test_a_user_who_is_not_staff_is_refused(self, worker: Worker, client: Client) -> None:
        handoff = handoff_for("I am pregnant", worker)
        client.force_login(User.objects.create_user("visitor", password="a good long password"))
        assert all(client.get(path).status_code == 403 for path in pages(handoff))
        assert all(client.post(path, {"text": "hi"}).status_code == 403 for path in posts(handoff))
        handoff.refresh_from_db()
        assert handoff.status == "open"

    def test_logging_in_and_out(self, staff: User, client: Client) -> None:
        wrong = client.post("/staff/login/?lang=en", {"username": "huda", "password": "guess"})
        assert wrong.status_code == 200
        assert "is not right" in wrong.content.decode()
        right = client.post("/staff/login/", {"username": "huda", "password": "a good long password"})
        assert right.status_code == 302
        assert right["Location"] == "/staff/"
        assert client.get("/staff/").status_code == 200
        assert client.post("/staff/logout/")["Location"] == "/staff/login/"
        assert client.get("/staff/").status_code == 302

    def test_others_cannot_log_in_here(self, client: Client, transactional_db: None) -> None:
        User.objects.create_user("visitor", password="a good long password")
        response = client.post("/staff/login/", {"username": "visitor", "password": "a good long password"})
        assert response.status_code == 200
        assert "_auth_user_id" not in client.session

    def test_login_does_not_send_elsewhere(self, staff: User, client: Client) -> None:
        login = {"username": "huda", "password": "a good long password", "next": "https://evil.example/"}
        assert client.post("/staff/login/", login)["Location"] == "/staff/"

    def test_every_post_is_checked_for_csrf(self, staff: User, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        client = Client(enforce_csrf_checks=True)
        client.force_login(staff)
        for path in [*posts(handoff), "/staff/login/", "/staff/logout/"]:
            assert client.post(path, {"text": "hi"}).status_code == 403, path

    def test_reading_changes_nothing(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        assert all(staff_client.get(path).status_code == 405 for path in posts(handoff))

    def test_unknown_handoffs(self, staff_client: Client) -> None:
        assert staff_client.get("/staff/handoffs/h_nothing/").status_code == 404
        assert staff_client.post("/staff/handoffs/h_nothing/close/").status_code == 404


class TestQueue:
    def test_by_urgency_then_age(self, staff_client: Client, worker: Worker) -> None:
        older = handoff_for("I am pregnant", worker)
        newer = handoff_for("I am diabetic", worker)
        worst = handoff_for("I can't breathe", worker)
        Handoff.objects.filter(pk=older.pk).update(opened_at=timezone.now() - timedelta(minutes=90))
        page = staff_client.get("/staff/").content.decode()
        assert page.index(worst.pk) < page.index(older.pk) < page.index(newer.pk)
        assert "Emergency" in page
        assert "Pregnancy or breastfeeding" in page
        assert "1 h" in page

    def test_empty(self, staff_client: Client) -> None:
        assert "Nobody is waiting" in staff_client.get("/staff/").content.decode()

    def test_both_languages(self, staff_client: Client, worker: Worker) -> None:
        handoff_for("انا حامل", worker)
        english = staff_client.get("/staff/").content.decode()
        assert '<html lang="en" dir="ltr">' in english
        assert "Personal health" in english
        arabic = staff_client.get("/staff/?lang=ar").content.decode()
        assert '<html lang="ar" dir="rtl">' in arabic
        assert "حالة صحية شخصية" in arabic
        assert 'dir="rtl"' in staff_client.get("/staff/").content.decode()  # remembered
        assert 'dir="rtl"' in staff_client.get("/staff/?lang=xx").content.decode()


class TestConversation:
    def test_shows_the_risk_in_the_patients_words(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("hello, I am pregnant ok", worker)
        page = staff_client.get(f"/staff/handoffs/{handoff.pk}/").content.decode()
        assert 'hello, I am <mark title="Pregnancy or breastfeeding">pregnant</mark> ok' in page
        assert "<details>" in page
        assert "nlu_fallback" in page
        assert 'dir="auto"' in page

    def test_findings_that_do_not_fit_are_left_out(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        bad = [
            {"category": "herpes", "start": -1, "end": 5},
            {"category": "herpes", "start": 3, "end": 999},
            {"category": "herpes", "start": "0", "end": None},
            {"category": "herpes", "start": 0, "end": 4, "text": "else"},
            "not a finding",
        ]
        Message.objects.filter(direction="in").update(understanding={"risk": {"findings": bad}})
        page = staff_client.get(f"/staff/handoffs/{handoff.pk}/").content.decode()
        assert page.count("<mark") == 1

    def test_stored_script_is_inert(
        self, staff_client: Client, worker: Worker, fake: FakeAssistant, staff: User
    ) -> None:
        User.objects.filter(pk=staff.pk).update(first_name=SCRIPT)
        button = {"title": SCRIPT, "choice": SCRIPT}
        text = {"answer": SCRIPT, "text": SCRIPT, "buttons": [button]}
        finding = {"category": SCRIPT, "text": SCRIPT, "start": 0, "end": 5, "who": "self", "negated": False}
        risk = {"level": "personal", "findings": [finding]}
        fake.reply = {
            "messages": [text],
            "understanding": {"intent": SCRIPT, "language": "en", "risk": risk},
            "handoff": {"reason": SCRIPT, "urgency": "routine", "summary": SCRIPT, "categories": [SCRIPT]},
        }
        handoff = handoff_for(f"{SCRIPT} I am pregnant", worker)
        staff_client.post(f"/staff/handoffs/{handoff.pk}/reply/", {"text": SCRIPT})
        for path in pages(handoff):
            page = staff_client.get(path).content.decode()
            assert "<script" not in page
            assert "&lt;script&gt;" in page

    def test_replying_takes_the_conversation(self, staff_client: Client, worker: Worker, staff: User) -> None:
        handoff = handoff_for("I am pregnant", worker)
        response = staff_client.post(f"/staff/handoffs/{handoff.pk}/reply/", {"text": " أهلاً بك \r\n معك هدى "})
        assert response["Location"].endswith(f"{handoff.pk}/?notice=sent")
        message = Message.objects.get(author="staff")
        handoff.refresh_from_db()
        assert (message.text, message.language, message.staff) == ("أهلاً بك \n معك هدى", "ar", staff)
        assert (handoff.status, handoff.claimed_by) == ("claimed", staff)
        assert Conversation.objects.get().status == "staff"
        assert [event.kind for event in handoff.events.all()] == ["opened", "claimed", "replied"]

    @pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001])
    def test_a_reply_that_cannot_be_sent(self, text: str, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        response = staff_client.post(f"/staff/handoffs/{handoff.pk}/reply/", {"text": text})
        assert response.status_code == 400
        assert 'role="alert"' in response.content.decode()
        assert not Message.objects.filter(author="staff").exists()

    def test_closing_returns_it_to_the_assistant(self, staff_client: Client, worker: Worker, staff: User) -> None:
        handoff = handoff_for("I am pregnant", worker)
        Conversation.objects.update(assistant_state={"turns": 3})
        assert staff_client.post(f"/staff/handoffs/{handoff.pk}/close/")["Location"] == "/staff/?notice=closed"
        handoff.refresh_from_db()
        conversation = Conversation.objects.get()
        assert (handoff.status, handoff.closed_by) == ("closed", staff)
        assert handoff.closed_at
        assert (conversation.status, conversation.assistant_state) == ("bot", None)
        assert Message.objects.order_by("sequence").last().answer_name == "desk_closed"  # type: ignore[union-attr]
        page = staff_client.get(f"/staff/handoffs/{handoff.pk}/").content.decode()
        assert "<textarea" not in page
        assert "Close request" not in page

    def test_closing_twice_tells_so(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        staff_client.post(f"/staff/handoffs/{handoff.pk}/close/")
        again = staff_client.post(f"/staff/handoffs/{handoff.pk}/close/", follow=True)
        late = staff_client.post(f"/staff/handoffs/{handoff.pk}/reply/", {"text": "hi"}, follow=True)
        assert "closed already" in again.content.decode()
        assert "closed already" in late.content.decode()
        assert Message.objects.filter(answer_name="desk_closed").count() == 1
        assert not Message.objects.filter(author="staff").exists()

    def test_a_new_need_opens_a_new_handoff(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        staff_client.post(f"/staff/handoffs/{handoff.pk}/close/")
        receive(handoff.conversation, "still pregnant")
        asyncio.run(worker.drain())
        assert Handoff.objects.count() == 2
        assert Handoff.objects.exclude(status="closed").count() == 1


def test_the_audit_trail_is_only_added_to(worker: Worker, transactional_db: None) -> None:
    handoff_for("I am pregnant", worker)
    event = HandoffEvent.objects.get()
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
