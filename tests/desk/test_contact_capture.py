"""A phone number in a message: kept while staff are needed, confirmed, and never sent to the assistant."""

from __future__ import annotations

import json

import pytest

from desk.conversations.models import Conversation
from desk.conversations.worker import Worker
from desk.handoffs import services
from desk.handoffs.models import Handoff
from desk.staff.models import User
from tests.desk.conftest import outgoing, receive, run, said
from tests.desk.fake_assistant import FakeAssistant


def texts(conversation: Conversation) -> list[str]:
    return [bubble.text for bubble in outgoing(conversation)]


class TestCapture:
    def test_with_the_message_that_opens_the_handoff(self, conversation: Conversation, worker: Worker) -> None:
        receive(conversation, "I am pregnant, call me on 0551234567")
        run(worker)
        assert Handoff.objects.get().contact_phone == "+966551234567"
        assert "We have noted your number: 055 123 4567." in texts(conversation)[-1]

    def test_with_a_handoff_that_the_assistant_asks_for(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.reply = {"handoff": {"reason": "asked_for_staff", "urgency": "routine"}}
        receive(conversation, "I want a person to call me 0551234567")
        run(worker)
        assert Handoff.objects.get().contact_phone == "+966551234567"
        assert "055 123 4567" in texts(conversation)[-1]

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("رقمي ٠٥٥ ١٢٣ ٤٥٦٧", "سجّلنا رقمك للتواصل: \u2066055 123 4567\u2069."),
            ("my number is +966 55 123 4567", "We have noted your number: 055 123 4567."),
        ],
    )
    def test_a_number_alone_is_answered_by_its_confirmation(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant, text: str, line: str
    ) -> None:
        receive(conversation, "I am pregnant")
        run(worker)
        asked = len(fake.calls)
        message = receive(conversation, text)
        run(worker)
        message.refresh_from_db()
        assert message.state == "answered"
        assert len(fake.calls) == asked
        assert said(conversation)[-1] == "desk_contact_saved"
        assert line in texts(conversation)[-1]
        assert outgoing(conversation)[-1].in_reply_to == message

    def test_beside_a_question_it_is_confirmed_with_the_answer(
        self, conversation: Conversation, worker: Worker
    ) -> None:
        receive(conversation, "I am pregnant")
        run(worker)
        before = len(outgoing(conversation))
        receive(conversation, "0551234567 and how much is it?")
        run(worker)
        new = texts(conversation)[before:]
        assert sum("055 123 4567" in text for text in new) == 1

    def test_a_second_number_replaces_it(self, conversation: Conversation, worker: Worker) -> None:
        for text in ("I am pregnant", "0551234567", "sorry, 0501112222"):
            receive(conversation, text)
            run(worker)
        handoff = Handoff.objects.get()
        assert handoff.contact_phone == "+966501112222"
        assert "050 111 2222" in texts(conversation)[-1]

    def test_staff_who_have_the_conversation_get_it_too(
        self, conversation: Conversation, worker: Worker, staff: User
    ) -> None:
        receive(conversation, "I am pregnant")
        run(worker)
        handoff = Handoff.objects.get()
        services.message_send_from_staff(handoff_id=handoff.pk, staff=staff, text="May we call you?")
        for text in ("Yes please, on 0551234567 after five", "0501112222"):
            message = receive(conversation, text)
            run(worker)
            message.refresh_from_db()
            assert message.state == "with_staff"
        handoff.refresh_from_db()
        assert handoff.contact_phone == "+966501112222"
        assert said(conversation)[-2:] == ["desk_contact_saved"] * 2

    def test_without_a_handoff_nothing_is_kept(self, conversation: Conversation, worker: Worker) -> None:
        receive(conversation, "0551234567")
        run(worker)
        assert not Handoff.objects.exists()
        assert "055" not in texts(conversation)[-1]

    def test_prices_are_no_number(self, conversation: Conversation, worker: Worker) -> None:
        for text in ("I am pregnant", "is it 1500 or 2500 on 05-05-2026?"):
            receive(conversation, text)
            run(worker)
        assert Handoff.objects.get().contact_phone == ""


class TestTheAssistantNeverSeesIt:
    @pytest.mark.parametrize("status", ["bot", "waiting", "staff"])
    def test_in_no_status(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant, staff: User, status: str
    ) -> None:
        if status != "bot":
            receive(conversation, "I am pregnant")
            run(worker)
        if status == "staff":
            services.message_send_from_staff(handoff_id=Handoff.objects.get().pk, staff=staff, text="Hello")
        fake.calls.clear()
        message = receive(conversation, "how much? my number ٠٥٥ ١٢٣ ٤٥٦٧, my id 1012345678")
        run(worker)
        conversation.refresh_from_db()
        assert conversation.status == status
        (request,) = fake.calls
        sent = json.dumps(request, ensure_ascii=False)
        assert "how much? my number 000 000 0000, my id 0000000000" in sent
        message.refresh_from_db()
        assert "٠٥٥ ١٢٣ ٤٥٦٧" in message.text
