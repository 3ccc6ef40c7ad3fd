"""A desk with a real SQLite file, a screen of a few words, and an assistant that keeps to the contract."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import AsyncClient, Client

from desk import runtime, screening
from desk.assistant_client.client import AssistantClient
from desk.conversations import services, topics
from desk.conversations.models import Channel, Conversation, Message
from desk.conversations.worker import Worker
from desk.database import wait_until_idle
from desk.handoffs.models import Handoff
from desk.staff.models import User
from desk.staff.roles import Role, role_give
from desk.web import rates
from tests.desk.fake_assistant import FakeAssistant
from tests.desk.in_process import through
from tests.desk.postgresql import end_other_connections, use_quick_flush
from tests.desk.review_data import EXPLANATION, answered, asked, conversation_new, understanding

TOKEN = "token-of-the-tests"
PASSWORD = "a good long password"
REAL_SCREEN = screening.load_screen
REAL_TOPICS = topics._load
# word -> (category, level, kind); the real words are the clinic's, in data/risk
RISK_WORDS = {
    "حامل": ("pregnancy_breastfeeding", "personal", None),
    "pregnant": ("pregnancy_breastfeeding", "personal", None),
    "diabetic": ("immune_diabetes_chronic", "personal", None),
    "breathe": ("emergency", "emergency", None),
    "اتنفس": ("emergency", "emergency", None),
    "kill myself": ("emergency", "emergency", "self_harm"),
}


@dataclass(frozen=True)
class WordRisk:
    found: tuple[tuple[str, int, int], ...]
    laughs: bool = False
    """Every finding is doubtful."""

    def as_dict(self) -> dict[str, Any]:
        levels = [RISK_WORDS[word][1] for word, _, _ in self.found]
        doubtful = bool(self.found) and self.laughs
        level = "emergency" if "emergency" in levels else "personal" if levels else "none"
        urgency = {"emergency": "emergency", "personal": "routine", "none": None}[level]
        findings = [
            {
                "category": RISK_WORDS[word][0],
                "text": word,
                "start": start,
                "end": end,
                "who": "self",
                "negated": False,
                "source": "lexicon",
                "version": "test",
                "kind": RISK_WORDS[word][2],
            }
            for word, start, end in self.found
        ]
        return {"level": level, "urgency": urgency, "doubtful": doubtful, "findings": findings}


class WordScreen:
    def screen(self, text: str) -> WordRisk:
        spans = [(word, *match.span()) for word in RISK_WORDS for match in re.finditer(re.escape(word), text)]
        return WordRisk(tuple(spans), laughs="haha" in text)


@pytest.fixture(scope="session", autouse=True)
def no_connection_left(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """PostgreSQL drops no test database that a thread is still connected to."""
    use_quick_flush()
    flush_when_idle()
    yield
    with django_db_blocker.unblock():
        end_other_connections()


def flush_when_idle() -> None:
    """A test may end before its database threads do: what they still write must not meet the emptied tables."""
    flush = connection.ops.sql_flush

    def wait_and_flush(*args: Any, **options: Any) -> Any:
        wait_until_idle()
        return flush(*args, **options)

    connection.ops.sql_flush = wait_and_flush  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Between tests Django deletes all rows, which on SQLite the guard of the audit trail would refuse."""
    with django_db_blocker.unblock():
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER IF EXISTS staff_auditentry_no_delete")


@pytest.fixture(autouse=True)
def quick_and_known(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    rates.forget()
    monkeypatch.setattr(screening, "load_screen", WordScreen)
    monkeypatch.setattr(topics, "_load", lambda: frozenset({"ask_price", "ask_session_count"}))


@pytest.fixture
def fake() -> FakeAssistant:
    return FakeAssistant(TOKEN)


def client_for(app: Any, **options: Any) -> AssistantClient:
    connect = through(httpx.ASGITransport(app=app))
    return AssistantClient(urls=["http://assistant"], token=TOKEN, connect=connect, **options)


@pytest.fixture
def worker(fake: FakeAssistant, monkeypatch: pytest.MonkeyPatch) -> Worker:
    client = client_for(fake)
    monkeypatch.setattr(runtime, "assistant", lambda: client)
    monkeypatch.setattr("desk.web.views.assistant", lambda: client)
    return Worker(client=client, sweep=0.05)


@pytest.fixture
def conversation(transactional_db: None) -> Conversation:
    return services.conversation_open(channel=Channel.WEB)


@pytest.fixture
def api() -> AsyncClient:
    return AsyncClient()


@pytest.fixture
def staff(transactional_db: None) -> User:
    return staff_named("huda", Role.AGENT)


def staff_named(name: str, role: Role | None) -> User:
    user = User.objects.create_user(name, password=PASSWORD, is_staff=role is not None)
    if role is not None:
        role_give(user, role)
    return user


@pytest.fixture
def staff_client(staff: User) -> Client:
    return client_of(staff)


def client_of(user: User, language: str = "en") -> Client:
    client = Client()
    client.force_login(user)
    client.get(f"/staff/?lang={language}")
    return client


@pytest.fixture
def reviewer(transactional_db: None) -> User:
    return staff_named("reem", Role.REVIEWER)


@pytest.fixture
def reviewer_client(reviewer: User) -> Client:
    return client_of(reviewer)


@pytest.fixture
def handoff(conversation: Conversation, worker: Worker) -> Handoff:
    """An open handoff: a pregnant patient wrote on the website."""
    receive(conversation, "I am pregnant")
    run(worker)
    return Handoff.objects.get(conversation=conversation)


def receive(conversation: Conversation, text: str = "", *, choice: str = "", client_id: str = "") -> Message:
    """A patient's message, stored as the API stores it."""
    number = Message.objects.filter(conversation=conversation).count()
    message, _ = services.message_receive(
        lambda: services.conversation_lock(conversation.pk),
        channel_message_id=f"{conversation.pk}:{client_id or f'n{number}'}",
        text=text,
        choice=choice,
    )
    return message


def said(conversation: Conversation) -> list[str]:
    """The names of what the patient was answered, in order, however many came in one bubble.

    Without the promise that goes with a new handoff; test_handoff_promises.py looks at that.
    """
    names = [name for message in outgoing(conversation) for name in message.answer_names or ("",)]
    return [name for name in names if name != "desk_promise"]


def run(worker: Worker) -> None:
    """Work until no message waits."""
    asyncio.run(worker.drain())


def outgoing(conversation: Conversation) -> list[Message]:
    return list(conversation.messages.filter(direction="out").order_by("sequence"))


def states(conversation: Conversation) -> list[str]:
    """How the patient's messages stand, in order."""
    return list(conversation.messages.filter(direction="in").order_by("sequence").values_list("state", flat=True))


def model_risk(level: str) -> dict[str, Any]:
    category = "emergency" if level == "emergency" else "herpes"
    finding = {"category": category, "who": "self", "negated": False, "source": "model"}
    risk = {"level": level, "urgency": "routine", "findings": [finding]}
    return {"understanding": {"intent": "report_condition", "language": "en", "risk": risk}}


@pytest.fixture
def message_for_review(transactional_db: None) -> Message:
    """A question that was not understood, in a conversation that staff were asked into."""
    talk = conversation_new()
    asked(talk, "hello there")
    found = asked(talk, "how sore will I be", understanding("nlu_fallback", top="ask_pain"))
    answered(talk, "Did you mean one of these?", found)
    Handoff.objects.create(conversation=talk, reason="personal_risk", categories=["herpes"])
    return found


@pytest.fixture
def assistant_explains(monkeypatch: pytest.MonkeyPatch) -> None:
    """The views ask over HTTP: what the assistant would say is put in its place here."""
    monkeypatch.setattr("desk.review.views.queue.explain", lambda texts: [EXPLANATION] * len(texts))
