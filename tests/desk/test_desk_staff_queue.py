"""The queue of who waits: order, filters, languages, and what in it is new."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from desk.conversations.models import Channel, Conversation
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff
from desk.staff.models import User
from desk.staff.roles import Role
from tests.desk.conftest import receive, staff_named
from tests.desk.staff_pages import handoff_for, page_of, shown

pytestmark = pytest.mark.django_db(transaction=True)


class TestQueue:
    def test_by_urgency_then_age(self, staff_client: Client, worker: Worker) -> None:
        older = handoff_for("I am pregnant", worker)
        newer = handoff_for("I am diabetic", worker)
        worst = handoff_for("I can't breathe", worker)
        Handoff.objects.filter(pk=older.pk).update(opened_at=timezone.now() - timedelta(minutes=90))
        page = shown(staff_client, "/staff/")
        assert page.index(f"row-{worst.pk}") < page.index(f"row-{older.pk}") < page.index(f"row-{newer.pk}")
        assert "Emergency" in page
        assert "Pregnancy or breastfeeding" in page
        assert ">1 h<" in page
        assert "<title>(3) " in page

    def test_empty(self, staff_client: Client) -> None:
        page = shown(staff_client, "/staff/")
        assert "Nobody is waiting" in page
        assert "<title>Queue" in page
        assert "No request matches" in shown(staff_client, "/staff/?urgency=urgent")

    def test_both_languages(self, staff_client: Client, worker: Worker) -> None:
        handoff_for("انا حامل", worker)
        english = shown(staff_client, "/staff/")
        assert '<html lang="en" dir="ltr">' in english
        assert "Personal health" in english
        arabic = shown(staff_client, "/staff/?lang=ar")
        assert '<html lang="ar" dir="rtl">' in arabic
        assert "حالة صحية شخصية" in arabic
        assert 'dir="rtl"' in shown(staff_client, "/staff/")  # remembered
        assert 'dir="rtl"' in shown(staff_client, "/staff/?lang=xx")
        staff_client.post("/staff/logout/")
        assert 'dir="rtl"' in shown(staff_client, "/staff/login/")  # also without a login

    def test_arabic_is_the_language_of_who_chose_none(self, client: Client) -> None:
        assert '<html lang="ar" dir="rtl">' in shown(client, "/staff/login/")

    def test_filters(self, staff_client: Client, worker: Worker, staff: User) -> None:
        mine = handoff_for("I am pregnant", worker)
        arabic = handoff_for("انا حامل", worker)
        whatsapp = handoff_for("I can't breathe", worker, Channel.WHATSAPP)
        staff_client.post(f"/staff/handoffs/{mine.pk}/claim/")
        everything = {mine.pk, arabic.pk, whatsapp.pk}
        for query, expected in {
            "show=mine": {mine.pk},
            "show=unclaimed": {arabic.pk, whatsapp.pk},
            "urgency=emergency": {whatsapp.pk},
            "channel=whatsapp": {whatsapp.pk},
            "channel=web&language=ar": {arabic.pk},
            "category=pregnancy_breastfeeding": {mine.pk, arabic.pk},
            "q=breathe": {whatsapp.pk},
            f"q={mine.pk}": {mine.pk},
            "show=nothing&urgency=odd&channel=x&language=y": everything,
            "category=%27%20OR%201=1": set(),
        }.items():
            page = shown(staff_client, f"/staff/?{query}")
            assert {pk for pk in everything if f"row-{pk}" in page} == expected, query

    def test_a_filter_is_kept_from_page_to_page(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        link = f"/staff/conversations/{handoff.conversation_id}/?show=unclaimed&amp;urgency=routine"
        assert link in shown(staff_client, "/staff/?urgency=routine&show=unclaimed")
        inside = shown(staff_client, link.replace("&amp;", "&"))
        assert link in inside
        assert 'aria-current="true"' in inside

    def test_the_live_part_is_empty_while_nothing_changes(self, staff_client: Client, worker: Worker) -> None:
        handoff_for("I am pregnant", worker)
        address = next(
            part for part in shown(staff_client, "/staff/").split('"') if part.startswith("/staff/queue/")
        ).replace("&amp;", "&")
        assert staff_client.get(address).status_code == 204
        handoff_for("I am diabetic", worker)
        assert staff_client.get(address).status_code == 200

    def test_who_wrote_something_new_is_marked(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        assert "new-mark" in shown(staff_client, "/staff/")
        page_of(staff_client, handoff)
        assert "new-mark" not in shown(staff_client, "/staff/")
        receive(handoff.conversation, "hello?")
        assert "new-mark" in shown(staff_client, "/staff/")

    def test_a_reviewer_reading_marks_nothing_read(self, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        reviewer = Client()
        reviewer.force_login(staff_named("reem", Role.REVIEWER))
        page_of(reviewer, handoff)
        assert Conversation.objects.get().staff_read_sequence == 0
