"""Corrections on their page: worded anew, accepted or refused, and downloaded as a patch."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from desk.conversations.models import Message
from desk.review.models import Correction, Verdict
from desk.review.services.reviews import message_review
from desk.staff.models import User
from desk.staff.roles import Role
from tests.desk.conftest import client_of, staff_named
from tests.desk.staff_pages import body_of

pytestmark = pytest.mark.django_db(transaction=True)


class TestCorrections:
    @pytest.fixture
    def correction(self, message_for_review: Message, reviewer: User) -> Correction:
        message_review(
            message_id=message_for_review.pk,
            reviewer=reviewer,
            verdict=Verdict.WRONG,
            intent="ask_pain",
            now=timezone.now(),
        )
        return Correction.objects.get()

    @pytest.fixture
    def manager(self, transactional_db: None) -> Client:
        return client_of(staff_named("maha", Role.MANAGER))

    def test_accepted_then_downloaded_as_a_patch(self, manager: Client, correction: Correction) -> None:
        page = body_of(manager.get("/staff/review/corrections/"))
        assert "how sore will I be" in page
        body = {"text": "how sore will my legs get", "language": "en"}
        manager.post(f"/staff/review/corrections/{correction.pk}/accept/", body)
        patch = manager.post("/staff/review/corrections/patch/")
        assert patch["Content-Disposition"].endswith('.patch"')
        assert "+    - how sore will my legs get" in patch.content.decode()
        assert "b/data/nlu/en/pain.yml" in patch.content.decode()
        assert correction.message_id not in patch.content.decode()

    def test_why_a_wording_is_not_accepted(self, manager: Client, correction: Correction) -> None:
        body = {"text": "my name is Sara and it hurts", "language": "en"}
        page = body_of(manager.post(f"/staff/review/corrections/{correction.pk}/accept/", body))
        assert "May hold a name" in page
        assert "my name is Sara and it hurts" in page  # to be worded anew
        correction.refresh_from_db()
        assert correction.status == "proposed"

    def test_decided_twice(self, manager: Client, correction: Correction) -> None:
        path = f"/staff/review/corrections/{correction.pk}/refuse/"
        assert manager.post(path).status_code == 302
        again = manager.post(path)
        assert again.status_code == 409
        assert "decided on before" in again.content.decode()

    def test_a_reviewer_sees_and_does_not_decide(self, reviewer_client: Client, correction: Correction) -> None:
        page = body_of(reviewer_client.get("/staff/review/corrections/"))
        assert "how sore will I be" in page
        assert "/accept/" not in page

    def test_nothing_to_write_is_said(self, manager: Client) -> None:
        assert "no accepted correction" in body_of(manager.post("/staff/review/corrections/patch/"))
