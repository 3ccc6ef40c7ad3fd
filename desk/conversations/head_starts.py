"""Asking about a message while it is still being screened and taken up: most of that time is then not waited for.

The assistant keeps nothing, so a question asked in vain costs its time alone. What it said is used only where the
worker, once it has the conversation and the screen has spoken, would ask exactly the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from django.utils import timezone

from desk.assistant_client.client import ANSWER, Question
from desk.assistant_client.replies import Reply
from desk.conversations.models import Conversation, Kind, Message
from desk.conversations.unfinished import asks_nothing_yet
from desk.handoffs.phone_numbers import hide_numbers
from desk.precedence import acknowledgements
from desk.request_ids import working_on

log = logging.getLogger(__name__)

AT_ONCE = 8
"""With more than that the assistant is busy enough."""
KEPT_SECONDS = 10.0
"""A question that nobody took up until then (another process has the conversation, say) is forgotten."""

Asked = tuple[str | None, Reply | None]
"""Why there is no proper answer, if so, and what came."""
Ask = Callable[[Question], Awaitable[Asked]]


def question_about(conversation: Conversation, last: Message, text: str, mode: str) -> Question:
    """What is asked about a turn of this text, whose last message this is."""
    return Question(
        conversation=conversation.pk,
        message_id=last.pk,
        mode=mode,
        text=None if last.choice else hide_numbers(text),
        choice=last.choice or None,
        language_hint=conversation.language or None,
        language_fixed=conversation.language_fixed or None,
        state=conversation.assistant_state,
    )


class HeadStarts:
    def __init__(self) -> None:
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

    def begin(self, message: Message) -> None:
        """Ask about a message that was just committed, if its turn will most likely be this message alone.

        Never raises: the message is stored, and must be acknowledged whatever comes of this.
        """
        if self._ask is None or len(self._begun) >= AT_ONCE:
            return
        try:
            if not _stands_alone(message):
                return
            question = question_about(message.conversation, message, message.text, ANSWER)
        except Exception:
            log.exception("message %s gets no head start", message.pk)
            return
        self._begun[message.pk] = question, asyncio.create_task(self._run(self._ask, question, message.request_id))
        asyncio.get_running_loop().call_later(KEPT_SECONDS, self._forget, message.pk)

    async def take(self, question: Question) -> Asked | None:
        """What came of just this question; None when it was not begun."""
        begun, task = self._begun.pop(question.message_id, (None, None))  # whoever waits for it is not to be cut short
        if task is None:
            return None
        if begun != question:
            task.cancel()
            return None
        return await task

    @staticmethod
    async def _run(ask: Ask, question: Question, request_id: str) -> Asked:
        await acknowledgements.give_way()
        with working_on(request_id):
            return await ask(question)

    def _forget(self, message_id: str) -> None:
        _, task = self._begun.pop(message_id, (None, None))
        if task is not None:
            task.cancel()


def _stands_alone(message: Message) -> bool:
    """Whether the assistant may answer in the conversation, nobody is at work on it, and the message asks something."""
    conversation = message.conversation
    is_at_work = conversation.lease_until is not None and conversation.lease_until > timezone.now()
    if conversation.status == Conversation.Status.STAFF or is_at_work:
        return False
    return message.kind == Kind.CHOICE or (message.kind == Kind.TEXT and not asks_nothing_yet(message.text))


head_starts = HeadStarts()
