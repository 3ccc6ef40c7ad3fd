"""Questions that nobody answered stand together where they are alike."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.desk.review_data import asked, conversation_new, understanding
from tests.desk.staff_pages import body_of

pytestmark = pytest.mark.django_db(transaction=True)


class TestUnanswered:
    def test_similar_questions_stand_together(self, reviewer_client: Client) -> None:
        for text in (
            "do you treat stretch marks",
            "can you treat my stretch marks?",
            "do you treat stretch marks too",
            "هل عندكم مواقف سيارات",
            "فيه مواقف للسيارات عندكم",
            "is there a prayer room",
        ):
            asked(conversation_new(), text, understanding("nlu_fallback"))
        asked(conversation_new(), "how much is it", understanding("ask_price"))
        page = body_of(reviewer_client.get("/staff/review/unanswered/"))
        assert "3 times, in 3 conversations" in page
        assert "2 times, in 2 conversations" in page
        assert "Asked only once: 1" in page
        assert "how much is it" not in page

    def test_empty(self, reviewer_client: Client) -> None:
        assert "No unanswered questions" in body_of(reviewer_client.get("/staff/review/unanswered/"))
