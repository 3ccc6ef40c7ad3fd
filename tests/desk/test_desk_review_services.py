"""Verdicts, corrections and marks: what a reviewer's act leads to."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.utils import timezone

from desk.conversations.models import Conversation, Language, Message
from desk.handoffs.models import Handoff
from desk.review import selectors
from desk.review.log_filter import LogFilter
from desk.review.models import Correction, CorrectionRun, MessageFacts, MessageReview, Tag, Verdict
from desk.review.patches import Refusal
from desk.review.services import corrections, marks
from desk.review.services.facts import facts_catch_up
from desk.review.services.reviews import CannotReview, message_review, message_unreview
from desk.staff.models import User
from tests.desk.review_data import answered, asked, conversation_new, understanding

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now


@pytest.fixture
def message(transactional_db: None) -> Message:
    return asked(conversation_new(), "how sore will my thighs be", understanding("nlu_fallback", top="ask_pain"))


def review(message: Message, reviewer: User, verdict: Verdict, **more: Any) -> MessageReview:
    return message_review(message_id=message.pk, reviewer=reviewer, verdict=verdict, now=NOW(), **more)


def correction_of(message: Message, reviewer: User) -> Correction:
    review(message, reviewer, Verdict.WRONG, intent="ask_pain")
    return Correction.objects.get(message=message)


class TestVerdicts:
    def test_right_takes_the_message_off_the_queue_and_corrects_nothing(self, message: Message, staff: User) -> None:
        facts_catch_up()
        assert [row.message_id for row in selectors.queue()] == [message.pk]
        review(message, staff, Verdict.RIGHT)
        assert selectors.queue() == []
        assert Correction.objects.count() == 0
        facts_catch_up()
        assert selectors.queue() == []

    def test_wrong_proposes_a_phrase_of_the_right_intent(self, message: Message, staff: User) -> None:
        correction = correction_of(message, staff)
        assert (correction.kind, correction.intent, correction.status) == ("phrase", "ask_pain", "proposed")
        assert (correction.text, correction.language) == ("how sore will my thighs be", "en")

    def test_a_second_verdict_replaces_the_first_and_its_correction(self, message: Message, staff: User) -> None:
        correction_of(message, staff)
        review(message, staff, Verdict.NEW_TOPIC)
        (correction,) = Correction.objects.all()
        assert correction.kind == "new_topic"
        assert MessageReview.objects.get().verdict == "new_topic"

    def test_a_correction_that_is_decided_on_stays(self, message: Message, staff: User) -> None:
        correction = correction_of(message, staff)
        corrections.correction_refuse(correction_id=correction.pk, staff=staff, now=NOW())
        review(message, staff, Verdict.RIGHT)
        assert Correction.objects.get().status == "refused"

    def test_taken_back_it_is_queued_again(self, message: Message, staff: User) -> None:
        correction_of(message, staff)
        message_unreview(message_id=message.pk)
        facts_catch_up()
        assert [row.message_id for row in selectors.queue()] == [message.pk]
        assert not Correction.objects.exists()
        assert not MessageReview.objects.exists()

    def test_a_missed_risk_reaches_staff_at_once(self, message: Message, staff: User) -> None:
        review(message, staff, Verdict.RISK, category="post_treatment_warning")
        handoff = Handoff.objects.get()
        assert (handoff.reason, handoff.urgency, handoff.categories) == (
            "missed_risk",
            "urgent",
            ["post_treatment_warning"],
        )
        assert handoff.events.get().message_id == message.pk
        assert Correction.objects.get().category == "post_treatment_warning"

    def test_a_risk_of_long_ago_is_only_learnt_from(self, staff: User) -> None:
        old = asked(conversation_new(), "something", days_ago=8)
        review(old, staff, Verdict.RISK, category="herpes")
        assert not Handoff.objects.exists()
        assert Correction.objects.get().kind == "risk"

    def test_what_staff_have_seen_since_is_not_handed_over_again(self, message: Message, staff: User) -> None:
        Handoff.objects.create(conversation=message.conversation, reason="asked", status="closed", closed_at=NOW())
        review(message, staff, Verdict.RISK, category="herpes")
        assert Handoff.objects.count() == 1

    @pytest.mark.parametrize(
        ("verdict", "more", "refused"),
        [
            (Verdict.WRONG, {"intent": "ask_weather"}, "unknown_intent"),
            (Verdict.WRONG, {"intent": "report_condition"}, "unknown_intent"),
            (Verdict.WRONG, {}, "unknown_intent"),
            (Verdict.RISK, {"category": "boredom"}, "unknown_category"),
        ],
    )
    def test_what_makes_no_sense_is_refused(
        self, verdict: Verdict, more: dict[str, str], refused: str, message: Message, staff: User
    ) -> None:
        with pytest.raises(CannotReview, match=refused):
            review(message, staff, verdict, **more)
        assert not MessageReview.objects.exists()

    def test_the_assistants_own_words_are_not_reviewed(self, message: Message, staff: User) -> None:
        answer = answered(message.conversation, "It depends.", message)
        with pytest.raises(CannotReview, match="not_reviewable"):
            review(answer, staff, Verdict.RIGHT)


class TestCorrections:
    def test_personal_data_never_gets_into_a_correction(self, staff: User) -> None:
        talk = conversation_new()
        phone = asked(talk, "call 0551234567 and tell me how sore it gets")
        review(phone, staff, Verdict.WRONG, intent="ask_pain")
        assert (Correction.objects.get().text, Correction.objects.get().removed) == (
            "call and tell me how sore it gets",
            ["phone"],
        )
        named = asked(talk, "my name is Sara and I want to know how sore it gets")
        review(named, staff, Verdict.WRONG, intent="ask_pain")
        blocked = Correction.objects.get(message=named)
        assert (blocked.status, blocked.text) == ("blocked", "")
        assert blocked.problem.startswith("name: my name is")

    def test_accepted_as_somebody_words_it(self, message: Message, staff: User) -> None:
        correction = accept(correction_of(message, staff), staff, "how sore will somebody's thighs be")
        assert (correction.status, correction.text) == ("accepted", "how sore will somebody's thighs be")
        assert correction.decided_by == staff
        assert [item.pk for item in selectors.corrections_accepted()] == [correction.pk]
        with pytest.raises(corrections.AlreadyDecided):
            accept(correction, staff, "again")

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("my name is Sara and it hurts", "name"),
            ("how bad is the pain", "known"),
            ("how many sessions do you need", "near_other_intent"),
            ("👍", "nothing_left"),
        ],
    )
    def test_a_wording_that_would_spoil_the_data_is_not_accepted(
        self, text: str, code: str, message: Message, staff: User
    ) -> None:
        correction = correction_of(message, staff)
        with pytest.raises(corrections.CannotAccept) as refused:
            accept(correction, staff, text)
        assert refused.value.code == code
        correction.refresh_from_db()
        assert (correction.status, correction.text) == ("proposed", "how sore will my thighs be")

    def test_two_patients_with_the_same_words_teach_once(self, message: Message, staff: User) -> None:
        accept(correction_of(message, staff), staff, message.text)
        again = correction_of(asked(conversation_new(), message.text), staff)
        with pytest.raises(corrections.CannotAccept, match="twice"):
            accept(again, staff, again.text)

    def test_an_erased_patient_leaves_the_wording_without_a_trace_to_them(self, message: Message, staff: User) -> None:
        correction = accept(correction_of(message, staff), staff, message.text)
        Conversation.objects.filter(pk=message.conversation_id).delete()
        correction.refresh_from_db()
        assert (correction.message_id, correction.text) == (None, "how sore will my thighs be")

    @pytest.mark.parametrize(("promoted", "status"), [(True, "promoted"), (False, "accepted")])
    def test_a_run_is_recorded(self, promoted: bool, status: str, message: Message, staff: User) -> None:
        learnt = accept(correction_of(message, staff), staff, message.text)
        other = accept(
            correction_of(asked(conversation_new(), "sharp or dull ache"), staff), staff, "sharp or dull ache"
        )
        run = corrections.corrections_run_record(
            learnt=[corrections.item_of(learnt)],
            refused=[Refusal(corrections.item_of(other), "held_out", "development/questions.csv")],
            figures=[{"name": "risk recall", "before": 0.97, "after": 0.98}],
            falls=[] if promoted else ["risk recall"],
            is_promoted=promoted,
            started_at=NOW(),
        )
        learnt.refresh_from_db()
        other.refresh_from_db()
        assert (learnt.status, learnt.run) == (status, run)
        assert (other.status, other.problem) == ("blocked", "held_out: development/questions.csv")
        assert list(CorrectionRun.objects.all()) == [run]


def accept(correction: Correction, staff: User, text: str) -> Correction:
    return corrections.correction_accept(
        correction_id=correction.pk, staff=staff, text=text, language=Language.ENGLISH, now=NOW()
    )


class TestMarks:
    def test_tags_come_and_go_with_their_last_conversation(self) -> None:
        one, other = conversation_new(), conversation_new()
        tag = marks.conversation_tag(conversation_id=one.pk, name="  price   doubt ")
        assert tag.name == "price doubt"
        marks.conversation_tag(conversation_id=other.pk, name="price doubt")
        marks.conversation_untag(conversation_id=one.pk, tag_id=tag.pk)
        assert Tag.objects.filter(pk=tag.pk).exists()
        marks.conversation_untag(conversation_id=other.pk, tag_id=tag.pk)
        assert not Tag.objects.exists()

    @pytest.mark.parametrize("name", ["", "  ", "x" * 41])
    def test_bad_tags_are_refused(self, name: str) -> None:
        with pytest.raises(marks.BadName):
            marks.conversation_tag(conversation_id=conversation_new().pk, name=name)

    def test_saved_filters_are_ones_own(self, staff: User) -> None:
        saved = marks.filter_save(owner=staff, name="risks", query="risk=any")
        marks.filter_save(owner=staff, name="risks", query="risk=emergency")
        assert [each.query for each in selectors.saved_filters(staff)] == ["risk=emergency"]
        other = User.objects.create_user("other")
        marks.filter_delete(owner=other, filter_id=saved.pk)
        assert selectors.saved_filters(staff).count() == 1
        marks.filter_delete(owner=staff, filter_id=saved.pk)
        assert selectors.saved_filters(staff).count() == 0


class TestLog:
    @pytest.fixture
    def talks(self, transactional_db: None, staff: User) -> dict[str, Conversation]:
        talks = {name: conversation_new() for name in ("old", "price", "lost", "risky")}
        asked(talks["old"], "an old question", days_ago=40)
        asked(talks["price"], "كم السعر", understanding("ask_price"))
        asked(talks["lost"], "qwerty asdf", understanding("nlu_fallback"))
        asked(talks["risky"], "I am pregnant", understanding("report_condition", (0.5, 0.45)), screened=RISK)
        Handoff.objects.create(conversation=talks["risky"], reason="personal_risk")
        marks.conversation_tag(conversation_id=talks["price"].pk, name="money")
        marks.conversation_flag(conversation_id=talks["lost"].pk, flagged=True)
        now = {"reviewer": staff, "now": NOW()}
        marks.conversation_reviewed(conversation_id=talks["old"].pk, reviewed=True, **now)
        facts_catch_up()
        return talks

    @pytest.mark.parametrize(
        ("query", "names"),
        [
            ({}, ["risky", "lost", "price", "old"]),
            ({"tag": "money"}, ["price"]),
            ({"flagged": "1"}, ["lost"]),
            ({"handed_off": "1"}, ["risky"]),
            ({"unreviewed": "1"}, ["risky", "lost", "price"]),
            ({"channel": "whatsapp"}, []),
            ({"until": str((NOW() - timedelta(days=30)).date())}, ["old"]),
            ({"since": str((NOW() - timedelta(days=30)).date())}, ["risky", "lost", "price"]),
            ({"since": "nonsense"}, ["risky", "lost", "price", "old"]),
            ({"q": "السعر"}, ["price"]),
            ({"topic": "ask_price"}, ["price", "old"]),
            ({"risk": "any"}, ["risky"]),
            ({"risk": "emergency"}, []),
            ({"fallback": "1"}, ["lost"]),
            ({"low_margin": "1"}, ["risky"]),
            ({"thumbs_down": "1"}, []),
            ({"topic": "ask_price", "tag": "money"}, ["price"]),
            ({"risk": "any", "handed_off": "1", "language": "en"}, ["risky"]),
        ],
    )
    def test_filters(self, query: dict[str, str], names: list[str], talks: dict[str, Conversation]) -> None:
        wanted = LogFilter.read(query)
        if wanted.lists_messages:
            shown = [row.conversation_id for row in selectors.log_messages(wanted).rows]
        else:
            shown = [row.pk for row in selectors.log_conversations(wanted).rows]
        assert shown == [talks[name].pk for name in names]

    def test_pages_follow_each_other_without_gap_or_repetition(self, monkeypatch: pytest.MonkeyPatch) -> None:
        talks = [conversation_new() for _ in range(7)]
        for talk in talks:
            asked(talk, "the same words")
        Message.objects.update(created_at=NOW())  # equal times are told apart by the key
        Conversation.objects.update(last_activity_at=NOW())
        MessageFacts.objects.all().delete()
        facts_catch_up()
        monkeypatch.setattr(selectors, "PAGE", 3)
        for listed, wanted in ((selectors.log_conversations, {}), (selectors.log_messages, {"q": "same"})):
            seen, key = [], ""
            for _ in range(9):
                page = listed(LogFilter.read(wanted), after=key)
                seen += [getattr(row, "conversation_id", row.pk) for row in page.rows]
                key = page.next_key
                if not key:
                    break
            assert sorted(seen) == sorted(talk.pk for talk in talks)

    def test_a_filter_survives_its_query_string(self) -> None:
        wanted = LogFilter.read({"q": "كم & السعر", "risk": "any", "since": "2026-01-31"})
        assert LogFilter.read(QueryDict(wanted.query()).dict()) == wanted


RISK = {"level": "personal", "urgency": "routine", "findings": [{"category": "pregnancy_breastfeeding", "who": "self"}]}
