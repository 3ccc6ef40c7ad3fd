"""Facts of messages: made from what is stored, kept up to date by the database, searched in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from desk.conversations import services
from desk.conversations.models import Author, Conversation, Message
from desk.handoffs import services as handoffs
from desk.handoffs.models import Handoff
from desk.handoffs.needs import Need
from desk.review.facts import margin_of, screen_and_model_disagree
from desk.review.models import HandoffJudgement, MessageFacts, PendingMessage
from desk.review.search import search
from desk.review.services.facts import facts_catch_up
from desk.review.services.reviews import handoff_judge
from desk.review.triggers import ensure_triggers
from desk.staff.models import User
from tests.desk.review_data import answered, asked, conversation_new, risk_of, understanding

pytestmark = pytest.mark.django_db(transaction=True)


def facts_of(message: Message) -> MessageFacts:
    facts_catch_up()
    return MessageFacts.objects.get(message=message)


@transaction.atomic
def needs_staff(conversation: Conversation, message: Message) -> Handoff:
    locked = services.conversation_lock(conversation.pk)
    handoff, _ = handoffs.handoff_need(locked, Need("personal_risk"), message=message)
    return handoff


class TestReasons:
    @pytest.mark.parametrize(
        ("understood", "screened", "reasons", "priority"),
        [
            (understanding("ask_price"), risk_of("none"), [], 0),
            (understanding("nlu_fallback", top="ask_price"), risk_of("none"), ["fallback"], 3),
            (understanding("ask_price", (0.5, 0.4)), risk_of("none"), ["low_margin"], 2),
            (understanding("ask_price", (0.5, 0.3)), risk_of("none"), [], 0),
            (
                understanding("report_condition", risk=risk_of("personal", source="model")),
                risk_of("none"),
                ["at_odds"],
                4,
            ),
            (
                understanding("report_condition", top="ask_sun", risk=risk_of("personal")),
                risk_of("personal"),
                ["at_odds"],
                4,
            ),
            (understanding("report_condition", risk=risk_of("personal")), risk_of("personal"), [], 0),
        ],
    )
    def test_what_the_product_notices_itself(
        self, understood: dict[str, Any], screened: dict[str, Any], reasons: list[str], priority: int
    ) -> None:
        facts = facts_of(asked(conversation_new(), "what about it", understood, screened=screened))
        assert (facts.reasons, facts.priority) == (reasons, priority)

    def test_a_thumb_down_on_the_answer_counts_for_the_question(self) -> None:
        conversation = conversation_new()
        question = asked(conversation, "how much", understanding("nlu_fallback", top="ask_price"))
        answer = answered(conversation, "It depends.", question)
        assert facts_of(question).priority == 3
        Message.objects.filter(pk=answer.pk).update(feedback=-1)
        facts = facts_of(question)
        assert (facts.is_thumbs_down, facts.reasons, facts.priority) == (True, ["thumbs_down", "fallback"], 8)
        Message.objects.filter(pk=answer.pk).update(feedback=1)
        assert facts_of(question).priority == 3

    def test_a_handoff_that_staff_call_needless(self, staff: User) -> None:
        conversation = conversation_new()
        message = asked(conversation, "it is fine")
        handoff = needs_staff(conversation, message)
        assert facts_of(message).handoff_verdict == ""
        judge = {"handoff_id": handoff.pk, "staff": staff, "now": timezone.now()}
        handoff_judge(verdict=HandoffJudgement.Verdict.NEEDLESS, **judge)
        assert facts_of(message).reasons == ["handoff_needless"]
        handoff_judge(verdict=HandoffJudgement.Verdict.NEEDED, **judge)
        assert facts_of(message).reasons == []

    def test_staff_who_step_in_by_themselves_mean_a_missed_handoff(self, staff: User) -> None:
        conversation = conversation_new()
        earlier, last = asked(conversation, "one"), asked(conversation, "two")
        facts_catch_up()
        handoffs.handoff_open_by_staff(conversation_id=conversation.pk, staff=staff, now=timezone.now())
        assert facts_of(last).reasons == ["handoff_missed"]
        assert facts_of(earlier).reasons == []

    def test_what_a_button_or_a_person_of_the_clinic_says_is_never_queued(self) -> None:
        conversation = conversation_new()
        message = asked(conversation, "Price", understanding("nlu_fallback"))
        Message.objects.filter(pk=message.pk).update(kind="choice", choice="ask_price")
        reply = answered(conversation, "Hello", author=Author.STAFF)
        assert facts_of(message).priority == facts_of(reply).priority == 0

    def test_margin(self) -> None:
        assert margin_of(understanding("ask_price", (0.8, 0.2))) == pytest.approx(0.75)
        assert margin_of(understanding("ask_price", (0.8,))) is None
        assert margin_of({"ranking": "nonsense"}) is None

    def test_before_both_have_spoken_nobody_disagrees(self) -> None:
        assert not screen_and_model_disagree(None, understanding("ask_price"))
        assert not screen_and_model_disagree(risk_of("personal"), {})


class TestKeptUpToDate:
    def test_every_change_of_a_message_is_noticed_whoever_makes_it(self) -> None:
        message = asked(conversation_new(), "first words")
        assert facts_of(message).terms == "first words"
        Message.objects.filter(pk=message.pk).update(text="other words")
        assert PendingMessage.objects.count() == 1
        assert facts_of(message).terms == "other words"
        assert PendingMessage.objects.count() == 0

    def test_columns_that_facts_do_not_need_cost_nothing(self) -> None:
        message = asked(conversation_new(), "words")
        facts_catch_up()
        Message.objects.filter(pk=message.pk).update(delivery_error="x")
        assert PendingMessage.objects.count() == 0

    def test_a_message_withdrawn_by_the_patient_is_found_no_more(self) -> None:
        message = asked(conversation_new(), "secret words", understanding("nlu_fallback"))
        assert facts_of(message).priority == 3
        Message.objects.filter(pk=message.pk).update(withdrawn_at=timezone.now())
        assert (facts_of(message).terms, facts_of(message).priority) == ("", 0)
        assert found("secret") == []

    def test_an_erased_conversation_leaves_nothing_to_search(self) -> None:
        conversation = conversation_new()
        asked(conversation, "secret words")
        facts_catch_up()
        asked(conversation, "pending words")
        Conversation.objects.filter(pk=conversation.pk).delete()
        assert facts_catch_up() > 0
        assert found("words") == []
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM review_messagefacts")
            assert cursor.fetchone() == (0,)

    def test_a_transaction_that_is_rolled_back_leaves_nothing_pending(self) -> None:
        message = asked(conversation_new(), "words")
        facts_catch_up()
        with transaction.atomic():
            Message.objects.filter(pk=message.pk).update(text="never said")
            transaction.set_rollback(True)
        assert PendingMessage.objects.count() == 0

    def test_triggers_come_back_when_a_migration_rebuilds_the_table(self) -> None:
        name = "review_message_added"
        with connection.cursor() as cursor:
            table = " ON conversations_message" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TRIGGER {name}{table}")
        ensure_triggers("default")
        message = asked(conversation_new(), "words")
        assert PendingMessage.objects.filter(message_id=message.pk).exists()

    def test_more_than_one_batch_is_caught_up(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("desk.review.services.facts.BATCH", 3)
        conversation = conversation_new()
        for number in range(5):
            asked(conversation, f"words {number}")
        facts_catch_up()
        assert MessageFacts.objects.count() == 5
        assert PendingMessage.objects.count() == 0


def found(text: str) -> list[str]:
    facts_catch_up()
    rows = search(MessageFacts.objects.order_by("at"), text)
    return list(rows.values_list("message__text", flat=True))


class TestSearch:
    @pytest.fixture(autouse=True)
    def said(self, transactional_db: None) -> None:
        conversation = conversation_new()
        for text in (
            "كم سعر الجلســـة؟",
            "والجلسات تعوّر؟",
            "How much are the sessions, please?",
            "t3awer el jalsa",
            "don't",
        ):
            asked(conversation, text)

    @pytest.mark.parametrize(
        ("query", "texts"),
        [
            ("جلسه", ["كم سعر الجلســـة؟"]),
            ("الجلسة", ["كم سعر الجلســـة؟"]),
            ("جلس", ["كم سعر الجلســـة؟", "والجلسات تعوّر؟"]),
            ("تعور", ["والجلسات تعوّر؟"]),
            ("SESSION", ["How much are the sessions, please?"]),
            ("sessions much", ["How much are the sessions, please?"]),
            ("sessions cheap", []),
            ("jals", ["t3awer el jalsa"]),
            ("dont", ["don't"]),
            ("don't", ["don't"]),
            ("x' OR 1=1 --", []),
            ('") MATCH *', []),
            ("سعر & جلسة | !", ["كم سعر الجلســـة؟"]),
        ],
    )
    def test_finds(self, query: str, texts: list[str]) -> None:
        assert found(query) == texts

    def test_without_a_word_everything_is_shown(self) -> None:
        assert len(found("؟!")) == 5
