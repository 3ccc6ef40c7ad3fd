"""Search finds conversations by words, number, name and id, however they are spelled."""

from __future__ import annotations

import pytest
from django.test import Client

from desk.conversations import services
from desk.conversations.models import Channel, Message
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff
from desk.staff.models import AuditEntry
from desk.staff.selectors import search_pattern
from tests.desk.conftest import receive
from tests.desk.staff_pages import handoff_for

pytestmark = pytest.mark.django_db(transaction=True)


class TestSearch:
    @pytest.mark.parametrize(
        ("typed", "text"),
        [
            ("احتاج", "كم جلسة أحتاج؟"),
            ("إبره", "عمق الإبرة"),
            ("شُكرا", "شكراً لكم"),
            ("على", "علي"),
            ("a.b", "a.b"),
        ],
    )
    def test_arabic_is_found_however_it_is_spelled(self, typed: str, text: str) -> None:
        conversation = services.conversation_open(channel=Channel.WEB)
        receive(conversation, text)
        assert Message.objects.filter(text__iregex=search_pattern(typed)).exists()

    def test_a_dot_is_a_dot(self) -> None:
        receive(services.conversation_open(channel=Channel.WEB), "aXb")
        assert not Message.objects.filter(text__iregex=search_pattern("a.b")).exists()

    def test_by_number_name_and_id(self, staff_client: Client, worker: Worker) -> None:
        handoff = handoff_for("I am pregnant", worker)
        Handoff.objects.update(contact_phone="+966551234567")
        person = handoff.conversation.person
        person.display_name = "أُم ريان"
        person.save()
        for query in ("0551234567", "٠٥٥١٢٣٤", "+966 55 123", "ام ريان", handoff.conversation_id, person.pk):
            page = staff_client.get("/staff/conversations/", {"q": query}).content.decode()
            assert handoff.conversation_id in page, query
        for query in ("0559999999", "xylophone", "[", "\\", "(?:"):
            page = staff_client.get("/staff/conversations/", {"q": query}).content.decode()
            assert "No conversation" in page, query

    def test_searches_are_in_the_trail(self, staff_client: Client) -> None:
        staff_client.get("/staff/conversations/", {"q": "pregnant"})
        assert AuditEntry.objects.get().details == {"text": "pregnant"}
