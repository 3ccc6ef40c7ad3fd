"""Why a message is understood as it is: what the page says, and how the assistant is asked for it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from desk.conversations.models import Message
from desk.review import explanations
from desk.review.explanations import CannotExplain, explain
from desk.review.models import MessageFacts
from desk.review.services.facts import facts_catch_up
from desk.review.services.neighbours import neighbours_catch_up
from tests.desk.review_data import EXPLANATION, asked, conversation_new, understanding
from tests.desk.staff_pages import body_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("assistant_explains")]


class TestWhy:
    def test_an_explanation_in_words(self, reviewer_client: Client, message_for_review: Message) -> None:
        part = body_of(reviewer_client.get(f"/staff/review/messages/{message_for_review.pk}/why/"))
        for shown in (
            "0.05 / 0.17",
            "will I be sore",
            "They disagree with the classifier",
            "silenced",
            "away from a risk",
        ):
            assert shown in part

    def test_without_the_assistant_it_says_so(
        self, reviewer_client: Client, message_for_review: Message, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(texts: list[str]) -> list[dict[str, Any]]:
            raise CannotExplain("away")

        monkeypatch.setattr("desk.review.views.queue.explain", away)
        part = body_of(reviewer_client.get(f"/staff/review/messages/{message_for_review.pk}/why/"))
        assert "The assistant cannot be asked now" in part

    def test_over_http(self, settings: Any) -> None:
        settings.ASSISTANT_TOKEN = "secret"
        asked_with: list[httpx.Request] = []

        def answer(request: httpx.Request) -> httpx.Response:
            asked_with.append(request)
            return httpx.Response(200, json={"model_id": "m", "explanations": [EXPLANATION]})

        assert explain(["x"], transport=httpx.MockTransport(answer)) == [EXPLANATION]
        assert asked_with[0].headers["authorization"] == "Bearer secret"
        assert asked_with[0].url.path == "/webhooks/explain/messages"

    @pytest.mark.parametrize(
        "response",
        [
            httpx.Response(503, json={}),
            httpx.Response(200, content=b"nonsense"),
            httpx.Response(200, json={"explanations": []}),
            httpx.Response(200, json=[1]),
        ],
    )
    def test_anything_else_is_no_explanation(self, response: httpx.Response) -> None:
        with pytest.raises(CannotExplain):
            explain(["x"], transport=httpx.MockTransport(lambda request: response))

    def test_neighbours_are_asked_for_once(self, message_for_review: Message, monkeypatch: pytest.MonkeyPatch) -> None:
        asked_for: list[str] = []

        def explains(texts: list[str]) -> list[dict[str, Any]]:
            asked_for.extend(texts)
            return [{"neighbours_agree": text != "a sure thing"} for text in texts]

        sure = asked(conversation_new(), "a sure thing", understanding("ask_price"))
        facts_catch_up()
        monkeypatch.setattr("desk.review.services.neighbours.explain", explains)
        assert neighbours_catch_up(now=timezone.now()) == 3
        facts_catch_up()
        facts = MessageFacts.objects.get(message=sure)
        assert (facts.reasons, facts.priority) == (["neighbours"], 1)
        assert neighbours_catch_up(now=timezone.now()) == 0
        assert sorted(asked_for) == ["a sure thing", "hello there", "how sore will I be"]
        assert explanations.MOST_TEXTS >= 3
