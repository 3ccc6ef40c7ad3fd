"""What staff do in a conversation, that two of them do not do it at once, and the trail that it leaves."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from desk.conversations import services
from desk.conversations.models import Channel, Conversation, Message
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff, HandoffEvent
from desk.staff.models import AuditEntry, User
from desk.staff.roles import Role
from tests.desk.conftest import receive, staff_named
from tests.desk.staff_pages import handoff_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def handoff(worker: Worker, transactional_db: None) -> Handoff:
    return handoff_for("I am pregnant", worker)


@pytest.fixture
def sara(transactional_db: None) -> Client:
    return client_of(staff_named("sara", Role.AGENT))


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    client.cookies["desk_language"] = "en"
    return client


def act(client: Client, handoff: Handoff, name: str, *, htmx: bool = False, **body: str) -> Any:
    headers = {"HX-Request": "true"} if htmx else {}
    return client.post(f"/staff/handoffs/{handoff.pk}/{name}/", body, headers=headers)


def current(handoff: Handoff) -> tuple[str, str | None, str]:
    handoff.refresh_from_db()
    holder = handoff.claimed_by.username if handoff.claimed_by else None
    return handoff.status, holder, Conversation.objects.get(pk=handoff.conversation_id).status


def trail() -> list[tuple[str, str]]:
    return list(AuditEntry.objects.values_list("actor_name", "action"))


class TestTakingOver:
    def test_claim(self, staff_client: Client, handoff: Handoff) -> None:
        response = act(staff_client, handoff, "claim")
        assert response["Location"] == f"/staff/conversations/{handoff.conversation_id}/?notice=claimed"
        assert current(handoff) == ("claimed", "huda", "staff")
        assert trail() == [("huda", "handoff_claimed")]

    def test_the_second_is_told_who(self, staff_client: Client, sara: Client, handoff: Handoff) -> None:
        act(staff_client, handoff, "claim")
        for htmx in (False, True):
            late = act(sara, handoff, "claim", htmx=htmx)
            assert late.status_code == (200 if htmx else 409)
            assert "huda has this conversation" in late.content.decode()
        assert current(handoff) == ("claimed", "huda", "staff")
        assert trail() == [("huda", "handoff_claimed")]

    def test_two_at_once(self, handoff: Handoff) -> None:
        users = [staff_named(f"agent-{number}", Role.AGENT) for number in range(4)]
        clients = [client_of(user) for user in users]
        start = threading.Barrier(len(clients))
        statuses: list[int] = []

        def claim(client: Client) -> None:
            start.wait()
            statuses.append(act(client, handoff, "claim").status_code)
            connections.close_all()

        threads = [threading.Thread(target=claim, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [302, 409, 409, 409]
        assert [action for _, action in trail()] == ["handoff_claimed"]
        assert [event.kind for event in handoff.events.all()].count("claimed") == 1

    def test_a_manager_takes_over_from_the_assistant(self, transactional_db: None) -> None:
        conversation = services.conversation_open(channel=Channel.WEB)
        receive(conversation, "price please")
        manager = client_of(staff_named("maha", Role.MANAGER))
        response = manager.post(f"/staff/conversations/{conversation.pk}/take-over/")
        assert response.status_code == 302
        assert current(Handoff.objects.get()) == ("claimed", "maha", "staff")
        assert trail() == [("maha", "handoff_opened")]


class TestReplying:
    def test_takes_the_conversation(self, staff_client: Client, handoff: Handoff, staff: User) -> None:
        response = act(staff_client, handoff, "reply", text=" أهلاً بك \r\n معك هدى ")
        assert response["Location"].endswith("/?notice=sent")
        message = Message.objects.get(author="staff")
        assert (message.text, message.language, message.staff) == ("أهلاً بك \n معك هدى", "ar", staff)
        assert current(handoff) == ("claimed", "huda", "staff")
        assert trail() == [("huda", "replied")]
        assert AuditEntry.objects.get().details == {"handoff": handoff.pk, "message": message.pk}

    def test_htmx_gets_the_parts_that_changed(self, staff_client: Client, handoff: Handoff) -> None:
        response = act(staff_client, handoff, "reply", htmx=True, text="hello")
        assert response["HX-Trigger"] == "staff:sent"
        page = response.content.decode()
        for name in ("status", "thread", "composer", "facts", "told"):
            assert f'id="{name}"' in page, name
        assert "<html" not in page

    def test_not_while_a_colleague_answers(self, staff_client: Client, sara: Client, handoff: Handoff) -> None:
        act(staff_client, handoff, "claim")
        late = act(sara, handoff, "reply", text="hello")
        assert late.status_code == 409
        assert "huda has this conversation" in late.content.decode()
        assert not Message.objects.filter(author="staff").exists()

    @pytest.mark.parametrize(
        ("text", "words"), [("", "is empty"), ("  \n ", "is empty"), ("x" * 4001, "longer than 4000")]
    )
    def test_what_cannot_be_sent(self, text: str, words: str, staff_client: Client, handoff: Handoff) -> None:
        response = act(staff_client, handoff, "reply", text=text)
        assert response.status_code == 400
        assert words in response.content.decode()
        assert text.strip() in response.content.decode()  # the draft is kept
        assert not Message.objects.filter(author="staff").exists()
        assert trail() == []

    def test_nul_and_half_a_surrogate_are_stored_readable(self, staff_client: Client, handoff: Handoff) -> None:
        act(staff_client, handoff, "reply", text="a\x00b")
        assert Message.objects.get(author="staff").text == "a\ufffdb"


class TestTheRest:
    def test_notes_reach_no_patient(self, staff_client: Client, handoff: Handoff) -> None:
        before = handoff.conversation.messages.count()
        staff_client.post(f"/staff/conversations/{handoff.conversation_id}/note/", {"text": "asked the doctor"})
        assert [note.text for note in handoff.conversation.notes.all()] == ["asked the doctor"]
        assert handoff.conversation.messages.count() == before
        page = staff_client.get(f"/staff/conversations/{handoff.conversation_id}/").content.decode()
        assert "Internal note" in page
        assert "the patient does not see it" in page
        assert ("huda", "note_added") in trail()

    def test_transfer_and_take_back(self, staff_client: Client, sara: Client, handoff: Handoff, staff: User) -> None:
        act(staff_client, handoff, "transfer", to=str(User.objects.get(username="sara").pk))
        assert current(handoff) == ("claimed", "sara", "staff")
        act(staff_client, handoff, "transfer", to=str(staff.pk))
        assert current(handoff) == ("claimed", "huda", "staff")
        assert [entry.details["to"] for entry in AuditEntry.objects.all()] == ["sara", "huda"]

    def test_return_to_the_queue(self, staff_client: Client, sara: Client, handoff: Handoff) -> None:
        act(staff_client, handoff, "claim")
        assert act(sara, handoff, "return").status_code == 409
        act(staff_client, handoff, "return")
        assert current(handoff) == ("open", None, "waiting")
        assert trail()[-1] == ("huda", "handoff_returned")

    def test_logging_out_returns_what_one_holds(self, staff_client: Client, handoff: Handoff) -> None:
        act(staff_client, handoff, "claim")
        staff_client.post("/staff/logout/")
        assert current(handoff) == ("open", None, "waiting")

    def test_closing_returns_it_to_the_assistant(self, staff_client: Client, handoff: Handoff, staff: User) -> None:
        Conversation.objects.update(assistant_state={"turns": 3})
        assert act(staff_client, handoff, "close")["Location"] == "/staff/?notice=closed"
        handoff.refresh_from_db()
        assert (handoff.status, handoff.closed_by) == ("closed", staff)
        conversation = Conversation.objects.get()
        assert (conversation.status, conversation.assistant_state) == ("bot", None)
        assert Message.objects.order_by("sequence").last().answer_name == "desk_closed"  # type: ignore[union-attr]
        assert trail() == [("huda", "handoff_closed")]

    def test_what_a_colleague_holds_is_not_closed(self, staff_client: Client, sara: Client, handoff: Handoff) -> None:
        act(staff_client, handoff, "claim")
        assert act(sara, handoff, "close").status_code == 409
        assert current(handoff)[0] == "claimed"

    def test_closing_with_htmx_goes_to_the_queue(self, staff_client: Client, handoff: Handoff) -> None:
        response = act(staff_client, handoff, "close", htmx=True)
        assert (response.status_code, response["HX-Redirect"]) == (204, "/staff/?notice=closed")

    @pytest.mark.parametrize("name", ["claim", "reply", "transfer", "return", "close", "alarm"])
    def test_what_is_closed_is_closed(self, name: str, staff_client: Client, handoff: Handoff, staff: User) -> None:
        act(staff_client, handoff, "close")
        before = (trail(), handoff.conversation.messages.count())
        late = act(staff_client, handoff, name, text="hi", to=str(staff.pk))
        assert late.status_code == 409
        assert "closed already" in late.content.decode()
        assert (trail(), handoff.conversation.messages.count()) == before

    def test_a_new_need_opens_a_new_handoff(self, staff_client: Client, handoff: Handoff, worker: Worker) -> None:
        act(staff_client, handoff, "close")
        receive(handoff.conversation, "still pregnant")
        asyncio.run(worker.drain())
        assert Handoff.objects.count() == 2
        assert Handoff.objects.exclude(status="closed").count() == 1

    def test_an_alarm_is_acknowledged_once(self, staff_client: Client, sara: Client, worker: Worker) -> None:
        handoff = handoff_for("I can't breathe", worker)
        for client in (staff_client, sara):
            act(client, handoff, "alarm")
        handoff.refresh_from_db()
        assert handoff.alarm_at is None
        assert [event.kind for event in handoff.events.all()].count("alarm_seen") == 1


def test_the_events_of_a_handoff_are_only_added_to(worker: Worker) -> None:
    handoff_for("I am pregnant", worker)
    event = HandoffEvent.objects.get()
    with pytest.raises(TypeError):
        event.save()
    with pytest.raises(TypeError):
        event.delete()
