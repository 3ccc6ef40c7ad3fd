"""A year of conversations for the log's measurement, whose words are drawn from the training phrases."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent
TURNS = 5
"""Patient's messages in a conversation; each is answered, so a conversation holds twice as many."""
DAYS = 365
TEXTS = 20_000
SEED = 7
UNDERSTOOD = 0.85


def fill(messages: int, url: str) -> None:
    """Migrate an empty database and copy so many messages into it."""
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    started = time.perf_counter()
    rows = Rows(random.Random(SEED), messages // (2 * TURNS))
    with psycopg.connect(url) as connection:
        connection.execute("SET session_replication_role = replica")  # no triggers: the facts are copied too
        for table, columns, made in rows.tables():
            target = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
            )
            with connection.cursor().copy(target) as copy:
                for row in made:
                    copy.write_row(row)
            print(f"{table}: {time.perf_counter() - started:.0f} s", flush=True)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    print(f"{messages:,} messages in {time.perf_counter() - started:.0f} s", flush=True)


class Rows:
    """Rows of every table that the log reads; the same for the same seed."""

    def __init__(self, chance: random.Random, conversations: int) -> None:
        from desk.review.phrasebook import read_phrases
        from desk.review.terms import terms_of

        self._chance = chance
        self._count = conversations
        phrases = read_phrases(ROOT)
        self._asked = []
        for _ in range(TEXTS):
            one, other = chance.choice(phrases), chance.choice(phrases)
            text = one.text if chance.random() < 0.7 else f"{one.text} {other.text}"
            self._asked.append((text, terms_of(text), one.intent, one.folder))
        self._said = [(text, terms_of(text)) for text in (phrase.text * 3 for phrase in phrases[:60])]
        self._start = datetime.now(timezone.utc) - timedelta(days=DAYS)

    def tables(self) -> Iterator[tuple[str, tuple[str, ...], Iterator[tuple[Any, ...]]]]:
        yield "conversations_person", ("id", "display_name", "created_at"), self._persons()
        yield "conversations_conversation", _CONVERSATION, self._conversations()
        yield "conversations_message", _MESSAGE, (row for row, _ in self._messages())
        yield "review_messagefacts", _FACTS, (facts for _, facts in self._messages())
        yield "handoffs_handoff", _HANDOFF, self._handoffs()

    def _at(self, number: int) -> datetime:
        return self._start + timedelta(days=DAYS) * (number / self._count)

    def _channel(self, number: int) -> str:
        return "whatsapp" if number % 3 else "web"

    def _persons(self) -> Iterator[tuple[Any, ...]]:
        for number in range(self._count):
            yield f"p_{number:026d}", "", self._at(number)

    def _conversations(self) -> Iterator[tuple[Any, ...]]:
        for number in range(self._count):
            at = self._at(number)
            speaks = "en" if number % 4 == 0 else "ar"
            yield (
                *(f"c_{number:026d}", f"p_{number:026d}", self._channel(number), "bot", speaks, ""),
                *(2 * TURNS, 0, "", at, at + timedelta(minutes=2 * TURNS)),
            )

    def _messages(self) -> Iterator[tuple[tuple[Any, ...], tuple[Any, ...]]]:
        """Each message beside its facts: both passes over it must draw the same."""
        chance = random.Random(SEED + 1)
        serial = 0
        for number in range(self._count):
            for place in range(2 * TURNS):
                serial += 1
                yield self._message(chance, number, place, serial)

    def _message(
        self, chance: random.Random, number: int, place: int, serial: int
    ) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        is_in = place % 2 == 0
        at = self._at(number) + timedelta(minutes=place)
        # common questions are asked more often than rare ones
        text, terms, intent, language = self._asked[int(TEXTS * chance.random() ** 2)]
        lost, low, risky, down = (chance.random() < share for share in (1 - UNDERSTOOD, 0.05, 0.02, 0.01))
        if not is_in:
            (text, terms), intent, lost, low, risky, down = chance.choice(self._said), "", False, False, False, False
        topic = "nlu_fallback" if lost else intent
        author = "patient" if is_in else "staff" if chance.random() < 0.05 else "bot"
        understood = {"intent": topic, "confidence": 0.5, "threshold": 0.17} if is_in else None
        state = "dead" if chance.random() < 0.0001 else "answered"
        delivery = "uncertain" if chance.random() < 0.0005 else "sent"
        message = (
            *(f"m_{serial:026d}", f"c_{number:026d}", place + 1, "in" if is_in else "out", author, "text", text),
            *("", language, json.dumps(understood) if understood else None, self._channel(number)),
            *(state if is_in else "", "" if is_in else delivery, "[]", "[]", "[]", 0, "", 1, "", "", "", at),
        )
        priority = 3 * lost + 2 * low + 5 * down
        facts = (
            *(f"m_{serial:026d}", f"c_{number:026d}", at, author, self._channel(number), language, topic),
            *("personal" if risky else "none" if is_in else "", lost, low, down, False, "", chance.random() < 0.1),
            *(priority, "[]", terms),
        )
        return message, facts

    def _handoffs(self) -> Iterator[tuple[Any, ...]]:
        for number in range(0, self._count, 25):
            at = self._at(number)
            yield (
                *(f"h_{number:026d}", f"c_{number:026d}", "closed", "personal_risk", "routine", "[]", "", at),
                *("", False),
            )


_CONVERSATION = (
    *("id", "person_id", "channel", "status", "language", "language_fixed"),
    *("last_sequence", "staff_read_sequence", "lease_owner", "created_at", "last_activity_at"),
)
_MESSAGE = (
    *("id", "conversation_id", "sequence", "direction", "author", "kind", "text"),
    *("choice", "language", "understanding", "channel"),
    *("state", "delivery", "edits", "buttons", "parts", "delivery_attempts", "delivery_error", "take_ups"),
    *("answer_name", "answer_version", "request_id", "created_at"),
)
_FACTS = (
    *("message_id", "conversation_id", "at", "author", "channel", "language", "topic"),
    *("risk", "is_fallback", "is_low_margin", "is_thumbs_down", "is_at_odds", "handoff_verdict", "is_reviewed"),
    *("priority", "reasons", "terms"),
)
_HANDOFF = (
    *("id", "conversation_id", "status", "reason", "urgency", "categories", "summary", "opened_at"),
    *("contact_phone", "contact_declined"),
)
