"""Asking about a message while it is still being stored, screened and taken up: that time is then not waited for.

The assistant keeps nothing, so a question asked in vain costs its time alone. What it said is used only where the
worker, once it has the conversation and the screen has spoken, would ask exactly the same: so it may be asked on the
strength of how the conversation stood when this process last saw it, before the database has said a word.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any

from django.utils import timezone

from desk.assistant_client.client import ANSWER, Question
from desk.assistant_client.replies import Reply
from desk.conversations.models import Conversation, Kind, Message
from desk.conversations.unfinished import asks_nothing_yet
from desk.handoffs.phone_numbers import hide_numbers
from desk.safe_text import storable_text

log = logging.getLogger(__name__)

AT_ONCE = 8
"""With more than that the assistant is busy enough."""
KEPT_SECONDS = 10.0
"""A question that nobody took up until then (another process has the conversation, say) is forgotten."""
CONVERSATIONS_KNOWN = 1_000
STEPS_TO_ASK = 3
"""Of the event loop, until a question begun is on its way."""

Asked = tuple[str | None, Reply | None]
"""Why there is no proper answer, if so, and what came."""
Ask = Callable[[Question], Coroutine[Any, Any, Asked]]


def question_about(conversation: Conversation, message_id: str, text: str, choice: str, mode: str) -> Question:
    """What is asked about a turn of this text or choice, whose last message this is."""
    return Question(
        conversation=conversation.pk,
        message_id=message_id,
        mode=mode,
        text=None if choice else hide_numbers(text),
        choice=choice or None,
        language_hint=conversation.language or None,
        language_fixed=conversation.language_fixed or None,
        state=conversation.assistant_state,
    )


class KnownConversations:
    """How some conversations stood when this process last saw them; each is good for one guess."""

    def __init__(self, most: int = CONVERSATIONS_KNOWN) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._known: dict[str, Conversation] = {}

    def keep(self, conversation: Conversation) -> None:
        """Remember it as it was just committed; any thread may call."""
        with self._lock:
            self._known.pop(conversation.pk, None)
            self._known[conversation.pk] = conversation
            if len(self._known) > self._most:
                del self._known[next(iter(self._known))]

    def get(self, conversation_id: str) -> Conversation | None:
        return self._known.get(conversation_id)

    def forget(self, conversation_id: str) -> None:
        """It was used, or changed elsewhere."""
        with self._lock:
            self._known.pop(conversation_id, None)


class HeadStarts:
    def __init__(self) -> None:
        self.known = KnownConversations()
        self._ask: Ask | None = None
        self._begun: dict[str, tuple[Question, asyncio.Task[Asked]]] = {}

    @contextmanager
    def asking_with(self, ask: Ask) -> Iterator[None]:
        """While this lasts, questions may be begun."""
        self._ask = ask
        try:
            yield
        finally:
            self._ask = None
            for message_id in list(self._begun):
                self._forget(message_id)

    async def begin_early(
        self, conversation_id: str, *, message_id: str, text: str, choice: str, language: str
    ) -> bool:
        """Ask about a message that is yet to be stored; tells whether that could be done. Never raises.

        Storing it goes on when the question is on its way: Python does one thing at a time.
        """
        conversation = self.known.get(conversation_id)
        if conversation is None:
            return False
        conversation.begin_in(language)
        if not self._begin(conversation, message_id, storable_text(text), choice):
            return False
        self.known.forget(conversation_id)
        for _ in range(STEPS_TO_ASK):
            await asyncio.sleep(0)
        return True

    def begin(self, message: Message) -> bool:
        """Ask about a message that was just committed; tells whether it is asked. Never raises."""
        if message.kind not in (Kind.TEXT, Kind.CHOICE):
            return False
        return self._begin(message.conversation, message.pk, message.text, message.choice)

    def _begin(self, conversation: Conversation, message_id: str, text: str, choice: str) -> bool:
        """Ask about a message if its turn will most likely be this message alone.

        It is asked in the name of the caller's request. Never raises: the message must be stored and acknowledged
        whatever comes of this.
        """
        if self._ask is None or len(self._begun) >= AT_ONCE:
            return False
        try:
            if not _stands_alone(conversation, text, choice):
                return False
            question = question_about(conversation, message_id, text, choice, ANSWER)
        except Exception:
            log.exception("message %s gets no head start", message_id)
            return False
        self._begun[message_id] = question, asyncio.create_task(self._ask(question))
        asyncio.get_running_loop().call_later(KEPT_SECONDS, self._forget, message_id)
        return True

    async def take(self, question: Question) -> Asked | None:
        """What came of just this question; None when it was not begun."""
        begun, task = self._begun.pop(question.message_id, (None, None))  # whoever waits for it is not to be cut short
        if task is None:
            return None
        if begun != question:
            task.cancel()
            return None
        return await task

    def _forget(self, message_id: str) -> None:
        _, task = self._begun.pop(message_id, (None, None))
        if task is not None:
            task.cancel()


def _stands_alone(conversation: Conversation, text: str, choice: str) -> bool:
    """Whether the assistant may answer in the conversation, nobody is at work on it, and the message asks something."""
    is_at_work = conversation.lease_until is not None and conversation.lease_until > timezone.now()
    if conversation.status == Conversation.Status.STAFF or is_at_work:
        return False
    return bool(choice) or not asks_nothing_yet(text)


head_starts = HeadStarts()
