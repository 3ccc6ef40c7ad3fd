"""What staff pages ask about messages in trouble is served from small indexes, made while the desk goes on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from desk.conversations import reconciliation
from desk.conversations.models import Channel, Message
from desk.conversations.services import conversation_open
from desk.notifications.selectors import notifications_dead
from desk.review import selectors as review
from desk.review.log_filter import LogFilter
from desk.review.models import MessageFacts
from desk.staff import selectors as staff
from tests.desk.databases import Databases, command, sql, using

TROUBLE = ("messages_dead", "messages_unsure")


@pytest.fixture
def databases(tmp_path: Path, django_db_blocker: Any) -> Iterator[Databases]:
    with django_db_blocker.unblock():
        made = Databases("postgresql", tmp_path)
        yield made
        made.drop_all()


def test_each_question_has_its_index(databases: Databases) -> None:
    url = databases.migrated()
    with using(url):
        questions: dict[str, QuerySet[Any]] = {
            "messages_dead": staff.messages_dead(),
            "messages_unsure": staff.messages_unsure(),
            "notifications_dead": notifications_dead(),
            "review_fallbacks": facts(fallback="1"),
            "review_low_margins": facts(low_margin="1"),
            "review_thumbs_down": facts(thumbs_down="1"),
            "review_risks": facts(risk="any"),
            "review_queue": MessageFacts.objects.filter(is_reviewed=False, priority__gt=0).order_by(
                "-priority", "-at", "-id"
            ),
            "inbox": reconciliation.not_dealt_with(timezone.now()),
        }
        with connection.cursor() as cursor:
            cursor.execute("SET enable_seqscan = off")  # what it may use, not what few rows are worth
        assert {name: name in found.explain() for name, found in questions.items()} == dict.fromkeys(questions, True)


def facts(**asked: str) -> QuerySet[MessageFacts]:
    """The log's messages of a kind, as its first page asks for them."""
    return review._matching(LogFilter.read(asked)).order_by("-at", "-id")[:50]


@pytest.fixture
def before(databases: Databases) -> str:
    """A database taken back to the version before these indexes, with a message in trouble."""
    url = databases.migrated()
    with using(url):
        conversation = conversation_open(channel=Channel.WEB, language="en")
        Message.objects.create(
            id="m_1",
            conversation=conversation,
            sequence=1,
            direction="in",
            author="patient",
            channel="web",
            state="dead",
        )
    command(url, "migrate", "conversations", "0004", verbosity=0)
    assert indexes(url) == {}
    return url


def indexes(url: str) -> dict[str, bool]:
    """Those that are there, and whether each is whole and partial."""
    with psycopg.connect(url) as live:
        found = live.execute(
            "SELECT relname, indisvalid AND indpred IS NOT NULL FROM pg_index"
            " JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = ANY(%s)",
            [list(TROUBLE)],
        )
        return dict(found.fetchall())


def test_they_are_made_over_rows_that_are_there(before: str) -> None:
    command(before, "migrate", verbosity=0)
    assert indexes(before) == dict.fromkeys(TROUBLE, True)
    with using(before):
        assert [message.pk for message in staff.messages_dead()] == ["m_1"]


def test_what_an_interrupted_migration_left_is_made_anew(before: str) -> None:
    with sql(before) as live:
        live.execute("CREATE INDEX messages_dead ON conversations_message (created_at)")
        live.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'messages_dead'::regclass")
    command(before, "migrate", verbosity=0)
    assert indexes(before) == dict.fromkeys(TROUBLE, True)
