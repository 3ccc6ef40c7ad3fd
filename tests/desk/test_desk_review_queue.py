"""The queue of what waits for review: why a message is there, the verdict on it, and what comes next."""

from __future__ import annotations

import pytest
from django.test import Client

from desk.conversations.models import Message
from desk.review.models import Correction, MessageReview
from desk.staff.models import AuditEntry, User
from tests.desk.review_data import asked, conversation_new, understanding
from tests.desk.staff_pages import HTMX, body_of

pytestmark = pytest.mark.django_db(transaction=True)


class TestQueue:
    def test_shows_why_a_message_is_there_and_what_was_answered(
        self, reviewer_client: Client, message_for_review: Message
    ) -> None:
        page = body_of(reviewer_client.get("/staff/review/"))
        for shown in (
            "how sore will I be",
            "Not understood (3)",
            "Score: 3",
            "hello there",
            "Did you mean one of these?",
        ):
            assert shown in page
        assert "Does it hurt?" in page  # to choose from, in both languages
        assert "هل يؤلم؟" in page

    def test_a_verdict_leads_to_the_next_message(self, reviewer_client: Client, message_for_review: Message) -> None:
        asked(conversation_new(), "what about my cat", understanding("nlu_fallback"), days_ago=1)
        body = {"verdict": "wrong", "intent": "pain", "from": "queue"}
        assert MessageReview.objects.count() == 0
        response = reviewer_client.post(
            f"/staff/review/messages/{message_for_review.pk}/verdict/", {**body, "intent": "hurt"}, headers=HTMX
        )
        assert "what about my cat" in body_of(response)
        assert "how sore will I be" not in body_of(response)
        assert MessageReview.objects.get().intent == "ask_pain"
        assert Correction.objects.get().text == "how sore will I be"

    @pytest.mark.parametrize("typed", ["يؤلم", "HURT", "ask_pain", "هل يؤلم؟ / Does it hurt?", "Does it hurt?"])
    def test_the_topic_is_typed_in_either_language(
        self, typed: str, reviewer_client: Client, message_for_review: Message
    ) -> None:
        body = {"verdict": "wrong", "intent": typed}
        reviewer_client.post(f"/staff/review/messages/{message_for_review.pk}/verdict/", body)
        assert MessageReview.objects.get().intent == "ask_pain"

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            ({"verdict": "wrong", "intent": "no such topic"}, "No topic of that name"),
            ({"verdict": "wrong", "intent": "session"}, "No topic of that name"),  # several hold it
            ({"verdict": "risk", "category": ""}, "Choose the kind of risk"),
        ],
    )
    def test_a_verdict_that_is_not_whole_says_so(
        self, body: dict[str, str], told: str, reviewer_client: Client, message_for_review: Message
    ) -> None:
        response = reviewer_client.post(
            f"/staff/review/messages/{message_for_review.pk}/verdict/", {**body, "from": "queue"}, headers=HTMX
        )
        assert told in body_of(response)
        assert not MessageReview.objects.exists()

    def test_next_leaves_a_message_for_later(self, reviewer_client: Client, message_for_review: Message) -> None:
        asked(conversation_new(), "what about my cat", understanding("nlu_fallback"), days_ago=1)
        assert "what about my cat" in body_of(reviewer_client.get("/staff/review/?skip=1"))
        assert "That was the last one" in body_of(reviewer_client.get("/staff/review/?skip=2"))
        assert "how sore will I be" in body_of(reviewer_client.get("/staff/review/?skip=x"))

    def test_empty(self, reviewer_client: Client) -> None:
        assert "Nothing waits for review" in body_of(reviewer_client.get("/staff/review/"))

    def test_reading_and_deciding_are_in_the_audit_trail(
        self, reviewer_client: Client, message_for_review: Message, reviewer: User
    ) -> None:
        reviewer_client.get("/staff/review/")
        reviewer_client.post(f"/staff/review/messages/{message_for_review.pk}/verdict/", {"verdict": "right"})
        entries = AuditEntry.objects.filter(actor_id=reviewer.pk, conversation_id=message_for_review.conversation_id)
        told = [(entry.action, entry.details) for entry in entries]
        assert ("conversation_read", {"message": message_for_review.pk}) in told
        assert ("message_reviewed", {"message": message_for_review.pk, "verdict": "right"}) in told
