"""The log of conversations: listed, searched, filtered, and what a reviewer puts on one of them."""

from __future__ import annotations

import pytest
from django.test import Client

from desk.conversations.models import Conversation, Message
from desk.handoffs.models import Handoff
from desk.review.models import HandoffJudgement, SavedFilter
from desk.staff.models import AuditEntry, User
from tests.desk.review_data import asked, conversation_new
from tests.desk.staff_pages import body_of

pytestmark = pytest.mark.django_db(transaction=True)


class TestLog:
    def test_lists_conversations_then_messages_that_were_searched(
        self, reviewer_client: Client, message_for_review: Message
    ) -> None:
        link = f"/staff/review/conversations/{message_for_review.conversation_id}/"
        assert link in body_of(reviewer_client.get("/staff/review/log/"))
        found = body_of(reviewer_client.get("/staff/review/log/?q=SORE"))
        assert f"{link}#line-{message_for_review.pk}" in found
        assert "hello there" not in found
        assert "Nothing matches" in body_of(reviewer_client.get("/staff/review/log/?q=elephant"))
        entry = AuditEntry.objects.filter(action="conversations_searched").first()
        assert entry is not None
        assert entry.details == {"text": "q=SORE"}

    def test_a_filter_is_saved_and_found_again(self, reviewer_client: Client, reviewer: User) -> None:
        reviewer_client.post("/staff/review/log/filters/", {"name": "مخاطر", "query": "risk=any&nonsense=1"})
        assert SavedFilter.objects.get().query == "risk=any"
        page = body_of(reviewer_client.get("/staff/review/log/"))
        assert "مخاطر" in page
        assert 'href="?risk=any"' in page
        assert reviewer_client.post("/staff/review/log/filters/", {"name": " ", "query": ""}).status_code == 400

    def test_the_next_page_is_linked(self, reviewer_client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("desk.review.selectors.PAGE", 2)
        for number in range(3):
            asked(conversation_new(), f"words number {number}")
        first = body_of(reviewer_client.get("/staff/review/log/?q=words"))
        after = first.split('rel="next" href="?')[1].split('"')[0].replace("&amp;", "&")
        second = body_of(reviewer_client.get(f"/staff/review/log/?{after}"))
        assert "words number 0" in second
        assert "words number 2" not in second

    def test_markup_of_a_patient_is_shown_as_text(self, reviewer_client: Client) -> None:
        asked(conversation_new(), "<script>alert(1)</script> sore")
        for path in ("/staff/review/log/?q=sore", "/staff/review/log/"):
            assert "<script>alert" not in body_of(reviewer_client.get(path))


class TestConversation:
    def test_everything_a_reviewer_puts_on_it(self, reviewer_client: Client, message_for_review: Message) -> None:
        path = f"/staff/review/conversations/{message_for_review.conversation_id}/"
        reviewer_client.post(f"{path}tags/", {"name": "pain doubt"})
        reviewer_client.post(f"{path}flag/", {"on": "1"})
        reviewer_client.post(f"{path}reviewed/", {"on": "1"})
        reviewer_client.post(f"{path}note/", {"text": "ask the doctor"})
        handoff = Handoff.objects.get()
        reviewer_client.post(f"/staff/review/handoffs/{handoff.pk}/judge/", {"verdict": "needless"})
        page = body_of(reviewer_client.get(path))
        for shown in ("pain doubt", "Remove the flag", "Reviewed · undo", "ask the doctor", "Herpes"):
            assert shown in page
        assert HandoffJudgement.objects.get().verdict == "needless"
        acts = set(AuditEntry.objects.values_list("action", flat=True))
        assert {"conversation_marked", "note_added", "handoff_judged", "conversation_read"} <= acts

    def test_a_bad_tag_is_told(self, reviewer_client: Client, message_for_review: Message) -> None:
        path = f"/staff/review/conversations/{message_for_review.conversation_id}/tags/"
        response = reviewer_client.post(path, {"name": "x" * 50})
        assert response.status_code == 400
        assert "The name is empty or too long" in response.content.decode()

    def test_a_new_message_makes_it_unreviewed(self, reviewer_client: Client, message_for_review: Message) -> None:
        path = f"/staff/review/conversations/{message_for_review.conversation_id}/"
        reviewer_client.post(f"{path}reviewed/", {"on": "1"})
        asked(Conversation.objects.get(pk=message_for_review.conversation_id), "one more thing")
        assert "Mark as reviewed" in body_of(reviewer_client.get(path))
