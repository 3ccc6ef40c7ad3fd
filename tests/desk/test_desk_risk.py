"""A risk always reaches staff, and the assistant never reassures about it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import ClassVar

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from assistant.seam import MAX_TEXT
from desk import screening
from desk.conversations.models import Conversation, Message
from desk.conversations.own_risks import LOOKED_AT
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff, HandoffEvent
from desk.handoffs.services import handoff_close, message_send_from_staff
from desk.staff.models import User
from tests.desk.conftest import model_risk, outgoing, receive, run, said
from tests.desk.fake_assistant import FakeAssistant

pytestmark = pytest.mark.django_db(transaction=True)


class TestEmergency:
    def test_is_answered_at_once_and_recorded(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        message = receive(conversation, "I can't breathe")
        run(worker)
        message.refresh_from_db()
        conversation.refresh_from_db()
        handoff = Handoff.objects.get()
        assert said(conversation) == ["desk_emergency"]
        assert "997" in outgoing(conversation)[0].text
        assert (handoff.urgency, handoff.reason, handoff.categories) == (
            "emergency",
            "emergency",
            ["emergency"],
        )
        assert [call["mode"] for call in fake.calls] == ["understand"]
        assert message.state == "with_staff"
        assert (message.understanding or {})["intent"] == "nlu_fallback"
        assert conversation.status == "waiting"

    def test_the_text_comes_in_arabic_and_for_self_harm(self, conversation: Conversation, worker: Worker) -> None:
        receive(conversation, "ما اقدر اتنفس")
        receive(conversation, "I want to kill myself")
        run(worker)
        assert said(conversation) == ["desk_emergency", "desk_self_harm"]
        assert [message.language for message in outgoing(conversation)] == ["ar", "en"]

    def test_not_again_within_ten_minutes_but_the_alarm_sounds(
        self, conversation: Conversation, worker: Worker
    ) -> None:
        receive(conversation, "can't breathe")
        receive(conversation, "can't breathe!!")
        run(worker)
        assert said(conversation) == ["desk_emergency"]
        assert [event.kind for event in HandoffEvent.objects.all()] == ["opened", "alarm", "raised", "alarm"]
        Message.objects.filter(direction="out").update(created_at=timezone.now() - timedelta(minutes=11))
        receive(conversation, "still can't breathe")
        run(worker)
        assert said(conversation) == ["desk_emergency", "desk_emergency"]

    def test_is_heard_with_the_assistant_down(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.status = 500
        message = receive(conversation, "can't breathe")
        run(worker)
        message.refresh_from_db()
        assert said(conversation) == ["desk_emergency"]
        assert message.state == "with_staff"

    def test_does_not_wait_behind_a_slow_answer(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        async def work() -> list[str]:
            fake.hold = asyncio.Event()
            task = asyncio.create_task(worker.run())
            await sync_to_async(receive)(conversation, "does it hurt?")
            while not fake.busy:
                await asyncio.sleep(0.01)
            await sync_to_async(receive)(conversation, "I can't breathe")
            await asyncio.sleep(0.3)
            heard = await sync_to_async(said)(conversation)
            fake.hold.set()
            await asyncio.sleep(0.3)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            return heard

        assert asyncio.run(work()) == ["desk_emergency"]
        # and what was being answered is not reassured any more
        assert said(conversation) == ["desk_emergency", "desk_staff_will_answer"]

    def test_while_staff_have_the_conversation(self, conversation: Conversation, worker: Worker, staff: User) -> None:
        receive(conversation, "I am pregnant")
        run(worker)
        handoff = Handoff.objects.get()
        message_send_from_staff(handoff_id=handoff.pk, staff=staff, text="Hello")
        receive(conversation, "can't breathe")
        run(worker)
        handoff.refresh_from_db()
        conversation.refresh_from_db()
        assert said(conversation)[-1] == "desk_emergency"
        assert handoff.urgency == "emergency"
        assert conversation.status == "staff"
        assert handoff.status == "claimed"

    def test_heard_by_the_model_alone(self, conversation: Conversation, worker: Worker, fake: FakeAssistant) -> None:
        fake.reply = model_risk("emergency")
        receive(conversation, "does it hurt?")
        run(worker)
        assert said(conversation) == ["desk_emergency", "desk_staff_will_answer"]
        assert Handoff.objects.get().urgency == "emergency"


class TestRisk:
    def test_our_own_finding_is_enough(self, conversation: Conversation, worker: Worker) -> None:
        message = receive(conversation, "I am pregnant, does it hurt?")
        run(worker)
        message.refresh_from_db()
        handoff = Handoff.objects.get()
        assert said(conversation) == ["desk_staff_will_answer"]
        assert handoff.categories == ["pregnancy_breastfeeding"]
        assert handoff.reason == "personal_risk"
        assert handoff.summary == message.text
        assert message.state == "with_staff"

    def test_a_harmless_question_beside_it_is_answered(self, conversation: Conversation, worker: Worker) -> None:
        receive(conversation, "انا حامل كم السعر")
        run(worker)
        assert said(conversation) == ["utter_ask_price", "desk_staff_will_answer"]

    def test_the_assistants_own_hand_off_text_is_enough(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        text = {"answer": "utter_hand_off_condition", "language": "en", "text": "Staff must judge this."}
        fake.reply = {"messages": [text], "handoff": {"reason": "report_condition", "urgency": "routine"}}
        receive(conversation, "I am pregnant")
        run(worker)
        assert said(conversation) == ["utter_hand_off_condition"]

    def test_the_guard_stays_up_while_the_handoff_is_open(
        self, conversation: Conversation, worker: Worker, staff: User
    ) -> None:
        receive(conversation, "I am pregnant, does it hurt?")
        receive(conversation, "does it hurt?")
        receive(conversation, "how many sessions?")
        receive(conversation, "hmm")
        run(worker)
        assert said(conversation)[1:] == [
            "desk_staff_will_answer",
            "utter_ask_session_count",
            "utter_clarify",
        ]
        assert [button["choice"] for button in outgoing(conversation)[-1].buttons] == ["ask_price"]
        handoff_close(handoff_id=Handoff.objects.get().pk, staff=staff)
        receive(conversation, "does it hurt?")
        run(worker)
        assert said(conversation)[-2:] == ["desk_closed", "utter_ask_pain"]

    def test_several_answers_are_replaced_once(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        texts = [{"answer": name, "text": "reassuring"} for name in ("utter_ask_pain", "utter_ask_sun", "")]
        fake.reply = {"messages": texts}
        receive(conversation, "I am diabetic")
        run(worker)
        assert said(conversation) == ["desk_staff_will_answer"]

    def test_the_understanding_alone_opens_a_handoff(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.reply = model_risk("personal")
        receive(conversation, "price?")
        run(worker)
        assert Handoff.objects.get().categories == ["herpes"]
        assert said(conversation) == ["utter_ask_price", "desk_staff_will_answer"]

    def test_without_harmless_topics_nothing_passes(
        self, conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desk.conversations.topics._load", lambda: 1 / 0)
        receive(conversation, "pregnant, price?")
        run(worker)
        assert said(conversation) == ["desk_staff_will_answer"]

    def test_a_failing_screen_is_a_risk(
        self, conversation: Conversation, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(screening, "load_screen", lambda: 1 / 0)
        receive(conversation, "does it hurt?")
        run(worker)
        assert said(conversation) == ["desk_staff_will_answer"]
        assert Handoff.objects.get().categories == ["screen_error"]

    def test_a_request_without_risk_is_passed_on(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.reply = {"handoff": {"reason": "ask_human", "urgency": "routine", "summary": "wants a call"}}
        message = receive(conversation, "price?")
        run(worker)
        message.refresh_from_db()
        assert said(conversation) == ["utter_ask_price", "desk_hand_off"]
        assert message.state == "with_staff"
        assert Handoff.objects.get().summary == "wants a call"

    def test_risks_append_and_urgency_rises(self, conversation: Conversation, worker: Worker) -> None:
        receive(conversation, "I am pregnant")
        receive(conversation, "and diabetic")
        receive(conversation, "and I can't breathe")
        run(worker)
        handoff = Handoff.objects.get()
        assert handoff.categories == ["pregnancy_breastfeeding", "immune_diabetes_chronic", "emergency"]
        assert (handoff.urgency, handoff.reason) == ("emergency", "emergency")


class TestDoubtful:
    """A finding that words near it make doubtful waits for the assistant's look; without one it counts."""

    LOOKED: ClassVar = {"risk": {"level": "none", "urgency": None, "findings": []}, "intent": "ask_price"}

    def test_the_assistant_may_clear_it(self, conversation: Conversation, worker: Worker, fake: FakeAssistant) -> None:
        fake.reply = {"understanding": self.LOOKED}
        message = receive(conversation, "my aunt is pregnant haha, price?")
        run(worker)
        message.refresh_from_db()
        assert said(conversation) == ["utter_ask_price"]
        assert message.state == "answered"
        assert not Handoff.objects.exists()
        assert message.risk["doubtful"] is True

    def test_the_assistant_may_confirm_it(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.reply = model_risk("personal")
        receive(conversation, "pregnant haha")
        run(worker)
        assert Handoff.objects.get().reason == "personal_risk"

    def test_it_counts_with_the_assistant_down(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.status = 500
        receive(conversation, "pregnant haha, price?")
        run(worker)
        assert Handoff.objects.get().categories == ["pregnancy_breastfeeding"]

    def test_it_counts_where_the_assistant_did_not_judge(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.reply = {"understanding": None}
        receive(conversation, "pregnant haha, price?")
        run(worker)
        assert Handoff.objects.get().categories == ["pregnancy_breastfeeding"]
        assert said(conversation)[-1] == "desk_staff_will_answer"

    def test_it_counts_where_the_assistant_reads_only_a_part(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.reply = {"understanding": self.LOOKED}
        receive(conversation, "price? " + "word " * 400 + "pregnant haha")
        run(worker)
        assert Handoff.objects.get().categories == ["pregnancy_breastfeeding"]

    def test_a_laughing_emergency_waits_and_counts_when_nobody_looks(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant
    ) -> None:
        fake.reply = {"understanding": self.LOOKED}
        receive(conversation, "can't breathe haha")
        run(worker)
        assert not Handoff.objects.exists()
        fake.status = 500
        receive(conversation, "can't breathe haha")
        run(worker)
        assert "desk_emergency" in said(conversation)
        assert Handoff.objects.get().urgency == "emergency"

    def test_while_staff_have_the_conversation(
        self, conversation: Conversation, worker: Worker, fake: FakeAssistant, staff: User
    ) -> None:
        receive(conversation, "I am diabetic")
        run(worker)
        message_send_from_staff(handoff_id=Handoff.objects.get().pk, staff=staff, text="Hello")
        fake.status = 500
        receive(conversation, "and pregnant haha")
        run(worker)
        assert Handoff.objects.get().categories == ["immune_diabetes_chronic", "pregnancy_breastfeeding"]


class TestSettled:
    """What staff and reviewers are shown of a finding."""

    OWN: ClassVar = {"level": "personal", "doubtful": True}
    JUDGED: ClassVar = {"level": "general"}

    def test_a_doubtful_finding_gives_way_to_the_assistants_judgement(self) -> None:
        assert screening.settled(self.OWN, self.JUDGED) == self.JUDGED

    def test_without_a_judgement_it_stands(self) -> None:
        assert screening.settled(self.OWN, None) == self.OWN

    def test_a_certain_finding_stands(self) -> None:
        certain = {**self.OWN, "doubtful": False}
        assert screening.settled(certain, self.JUDGED) == certain


def test_the_desk_knows_how_much_the_assistant_reads() -> None:
    assert LOOKED_AT == MAX_TEXT
