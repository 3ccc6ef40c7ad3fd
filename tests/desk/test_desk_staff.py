"""What the staff pages show: the queue, a conversation, what is wrong with the machine."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from desk import runtime
from desk.conversations import services
from desk.conversations.models import Channel, Conversation, Message
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff, HandoffEvent
from desk.handoffs.services import note_add
from desk.notifications.models import Notification
from desk.staff.models import AuditEntry, CannedReply, User
from desk.staff.presenters.times import clock
from desk.staff.roles import Role
from desk.staff.selectors import search_pattern
from desk.staff.words import Words
from tests.desk.conftest import receive, staff_named
from tests.desk.fake_assistant import FakeAssistant

pytestmark = pytest.mark.django_db(transaction=True)

SCRIPT = "<script>alert('x')</script>"


def handoff_for(text: str, worker: Worker, channel: Channel = Channel.WEB) -> Handoff:
    conversation = services.conversation_open(channel=channel)
    receive(conversation, text)
    asyncio.run(worker.drain())
    return Handoff.objects.get(conversation=conversation)


def shown(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def page_of(client: Client, handoff: Handoff) -> str:
    return shown(client, f"/staff/conversations/{handoff.conversation_id}/")


class TestQueue:
    def test_by_urgency_then_age(self, staff_client: Client, worker: Worker) -> None:
        older = handoff_for("I am pregnant", worker)
        newer = handoff_for("I am diabetic", worker)
        worst = handoff_for("I can't breathe", worker)
        Handoff.objects.filter(pk=older.pk).update(opened_at=timezone.now() - timedelta(minutes=90))
        page = shown(staff_client, "/staff/")
        assert page.index(f"row-{worst.pk}") < page.index(f"row-{older.pk}") < page.index(f"row-{newer.pk}")
        assert "Emergency" in page
        assert "Pregnancy or breastfeeding" in page
        assert ">1 h<" in page
        assert "<title>(3) " in page

    def test_empty(self, staff_client: Client) -> None:
        page = shown(staff_client, "/staff/")
        assert "Nobody is waiting" in page
        assert "<title>Queue" in page
        assert "No request matches" in shown(staff_client, "/staff/?urgency=urgent")

    def test_both_languages(self, staff_client: Client, worker: Worker) -> None:
        handoff_for("انا حامل", worker)
        english = shown(staff_client, "/staff/")
        assert '<html lang="en" dir="ltr">' in english
        assert "Personal health" in english
        arabic = shown(staff_client, "/staff/?lang=ar")
        assert '<html lang="ar" dir="rtl">' in arabic
        assert "حالة صحية شخصية" in arabic
        assert 'dir="rtl"' in shown(staff_client, "/staff/")  # remembered
        assert 'dir="rtl"' in shown(staff_client, "/staff/?lang=xx")
        staff_client.post("/staff/logout/")
        assert 'dir="rtl"' in shown(staff_client, "/staff/login/")  # also without a login

    def test_arabic_is_the_language_of_who_chose_none(self, client: Client) -> None:
        assert '<html lang="ar" dir="rtl">' in shown(client, "/staff/login/")

    def test_filters(self, staff_client: Client, worker: Worker, staff: User) -> None:
        mine = handoff_for("I am pregnant", worker)
        arabic = handoff_for("انا حامل", worker)
        whatsapp = handoff_for("I can't breathe", worker, Channel.WHATSAPP)
        staff_client.post(f"/staff/handoffs/{mine.pk}/claim/")
        everything = {mine.pk, arabic.pk, whatsapp.pk}
        for query, expected in {
            "show=mine": {mine.pk},
            "show=unclaimed": {arabic.pk, whatsapp.pk},
            "urgency=emergency": {whatsapp.pk},
            "channel=whatsapp": {whatsapp.pk},
            "channel=web&language=ar": {arabic.pk},
            "category=pregnancy_breastfeeding": {mine.pk, arabic.pk},
            "q=breathe": {whatsapp.pk},
            f"q={mine.pk}": {mine.pk},
            "show=nothing&urgency=odd&channel=x&language=y": everything,
            "category=%27%20OR%201=1": set(),
        }.items():
            page = shown(staff_client, f"/staff/?{query}")
            assert {pk for pk in everything if f"row-{pk}" in page} == expected, query

    def test_a_filter_is_kept_from_page_to_page(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        link = f"/staff/conversations/{handoff.conversation_id}/?show=unclaimed&amp;urgency=routine"
        assert link in shown(staff_client, "/staff/?urgency=routine&show=unclaimed")
        inside = shown(staff_client, link.replace("&amp;", "&"))
        assert link in inside
        assert 'aria-current="true"' in inside

    def test_the_live_part_is_empty_while_nothing_changes(self, staff_client: Client, worker: Worker) -> None:
        handoff_for("I am pregnant", worker)
        address = next(
            part for part in shown(staff_client, "/staff/").split('"') if part.startswith("/staff/queue/")
        ).replace("&amp;", "&")
        assert staff_client.get(address).status_code == 204
        handoff_for("I am diabetic", worker)
        assert staff_client.get(address).status_code == 200

    def test_who_wrote_something_new_is_marked(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        assert "new-mark" in shown(staff_client, "/staff/")
        page_of(staff_client, handoff)
        assert "new-mark" not in shown(staff_client, "/staff/")
        receive(handoff.conversation, "hello?")
        assert "new-mark" in shown(staff_client, "/staff/")

    def test_a_reviewer_reading_marks_nothing_read(self, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        reviewer = Client()
        reviewer.force_login(staff_named("reem", Role.REVIEWER))
        page_of(reviewer, handoff)
        assert Conversation.objects.get().staff_read_sequence == 0


class TestSearch:
    @pytest.mark.parametrize(
        ("typed", "text"),
        [
            ("احتاج", "كم جلسة أحتاج؟"),
            ("إبره", "عمق الإبرة"),
            ("شُكرا", "شكراً لكم"),
            ("على", "علي"),
            ("a.b", "a.b"),
        ],
    )
    def test_arabic_is_found_however_it_is_spelled(self, typed: str, text: str) -> None:
        conversation = services.conversation_open(channel=Channel.WEB)
        receive(conversation, text)
        assert Message.objects.filter(text__iregex=search_pattern(typed)).exists()

    def test_a_dot_is_a_dot(self) -> None:
        receive(services.conversation_open(channel=Channel.WEB), "aXb")
        assert not Message.objects.filter(text__iregex=search_pattern("a.b")).exists()

    def test_by_number_name_and_id(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        Handoff.objects.update(contact_phone="+966551234567")
        person = handoff.conversation.person
        person.display_name = "أُم ريان"
        person.save()
        for query in ("0551234567", "٠٥٥١٢٣٤", "+966 55 123", "ام ريان", handoff.conversation_id, person.pk):
            page = staff_client.get("/staff/conversations/", {"q": query}).content.decode()
            assert handoff.conversation_id in page, query
        for query in ("0559999999", "xylophone", "[", "\\", "(?:"):
            page = staff_client.get("/staff/conversations/", {"q": query}).content.decode()
            assert "No conversation" in page, query

    def test_searches_are_in_the_trail(self, staff_client: Client) -> None:
        staff_client.get("/staff/conversations/", {"q": "pregnant"})
        assert AuditEntry.objects.get().details == {"text": "pregnant"}


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


class TestAlarmsAndProblems:
    def test_an_alarm_stands_on_every_page(self, worker: Worker) -> None:
        handoff = handoff_for("I can't breathe", worker)
        manager = Client()
        manager.force_login(staff_named("maha", Role.MANAGER))
        for path in (
            "/staff/",
            "/staff/conversations/",
            f"/staff/conversations/{handoff.conversation_id}/",
            "/staff/people/",
            "/staff/replies/",
            "/staff/replies/new/",
            "/staff/audit/",
            "/staff/problems/",
            "/staff/password/",
            "/staff/live/",
        ):
            assert f'role="alert" data-alarm="{handoff.pk}"' in shown(manager, path), path
        manager.post(f"/staff/handoffs/{handoff.pk}/alarm/")
        assert "data-alarm" not in shown(manager, "/staff/")

    def test_nothing_wrong_nothing_said(self, staff_client: Client) -> None:
        assert 'class="problems"' not in shown(staff_client, "/staff/")
        assert "Everything has arrived" in shown(staff_client, "/staff/problems/")

    def test_an_assistant_that_does_not_answer_is_told(
        self, staff_client: Client, worker: Worker, fake: FakeAssistant
    ) -> None:
        words = "The assistant is not answering as it should"
        for actions, ready in (("ok", False), ("down", True)):
            fake.actions, fake.ready = actions, ready
            asyncio.run(runtime.assistant().probe())
            for path in ("/staff/", "/staff/live/", "/staff/problems/"):
                assert words in shown(staff_client, path), (path, actions, ready)
        fake.actions = "ok"
        handoff_for("I am pregnant", worker)  # the answer to a question ends the trial
        asyncio.run(runtime.assistant().probe())
        assert words not in shown(staff_client, "/staff/")

    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("uncertain", "Messages that may not have arrived: 1"),
            ("failed", "Messages that may not have arrived: 1"),
            ("dead letter", "Messages that the desk could not deal with: 1"),
            ("notification", "Notifications that were not sent: 1"),
        ],
    )
    def test_what_is_wrong_is_told(self, kind: str, words: str, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        last = handoff.conversation.messages.filter(direction="out").last()
        if kind in ("uncertain", "failed"):
            Message.objects.filter(pk=last.pk if last else None).update(delivery=kind)
        elif kind == "dead letter":
            Message.objects.filter(direction="in").update(state="dead")
        else:
            Notification.objects.create(means="email", subject="A request", payload={}, state="dead")
        assert words in shown(staff_client, "/staff/")
        assert ("A request" if kind == "notification" else handoff.conversation_id) in shown(
            staff_client, "/staff/problems/"
        )


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


def test_times_name_the_day_where_it_is_another() -> None:
    now = timezone.now().replace(month=11, day=20, hour=9, minute=0)
    english = Words("en")
    assert clock(now, now, english) == "12:00"  # the clinic's clock, not UTC
    assert clock(now - timedelta(days=1), now, english) == "19 Nov 12:00"
    assert clock(now - timedelta(days=1), now, Words("ar")) == "19 نوفمبر 12:00"
    assert clock(now - timedelta(days=400), now, english) == f"16 Oct {now.year - 1}"


def test_the_events_of_a_handoff_are_only_added_to(worker: Worker) -> None:
    handoff_for("I am pregnant", worker)
    event = HandoffEvent.objects.get()
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
