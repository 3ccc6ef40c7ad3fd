"""Takes up what patients sent: screens it at once, then has it answered, one at a time per conversation.

The message table is the queue. The worker is woken on arrival and looks for itself each second, so that
whatever a crash interrupted is taken up again.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from django.db import InterfaceError, OperationalError

from desk.assistant_client.client import ANSWER, UNDERSTAND, AssistantClient, AssistantUnavailable, Question
from desk.assistant_client.replies import BadReply, Reply
from desk.conversations import selectors, turns
from desk.conversations.models import Conversation, Message
from desk.conversations.wake import INBOX, switchboard
from desk.database import in_database
from desk.handoffs.phone_numbers import hide_numbers
from desk.screening import NO_RISK, Screen, read_risk, screen_text

log = logging.getLogger(__name__)

CONCURRENT_CONVERSATIONS = 16
SWEEP_SECONDS = 1.0
REST_SECONDS = (1, 2, 5, 10, 30)
"""How long a conversation rests after the desk itself failed on it (the database away, say)."""


class NoProgress(Exception):
    """A message is still to be answered after it was dealt with."""


class Worker:
    def __init__(self, *, client: AssistantClient, screen: Screen | None = None, sweep: float = SWEEP_SECONDS) -> None:
        self._client = client
        self._screen = screen
        self._sweep_seconds = sweep
        self._places = asyncio.Semaphore(CONCURRENT_CONVERSATIONS)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[str, int] = {}

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            with switchboard.listen(INBOX) as bell:
                while True:
                    try:
                        await self.sweep()
                    except Exception:
                        log.exception("the worker could not look for messages; it tries again")
                    await bell.wait(self._sweep_seconds)
        finally:
            await self._stop()

    async def sweep(self) -> None:
        """Screen every new message, and start on each conversation that nobody works on."""
        for message in await in_database(selectors.unscreened_messages):
            await self._screen_message(message)
        for conversation_id in await in_database(selectors.waiting_conversations):
            if conversation_id not in self._tasks:
                self._tasks[conversation_id] = asyncio.create_task(self._work_on(conversation_id))

    async def drain(self) -> None:
        """Work until no message waits."""
        while True:
            await self.sweep()
            if not self._tasks:
                return
            await asyncio.gather(*self._tasks.values())

    async def _stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _work_on(self, conversation_id: str) -> None:
        try:
            async with self._places:
                await self._answer_all(conversation_id)
            self._failures.pop(conversation_id, None)
        except Exception:
            failures = self._failures[conversation_id] = self._failures.get(conversation_id, 0) + 1
            rest = REST_SECONDS[min(failures, len(REST_SECONDS)) - 1]
            log.exception("conversation %s rests for %s s", conversation_id, rest)
            await asyncio.sleep(rest)
        finally:
            del self._tasks[conversation_id]
            # What arrived between the last look and now has rung while this task still stood.
            switchboard.ring(INBOX)

    async def _answer_all(self, conversation_id: str) -> None:
        before: tuple[str, bool, str] | None = None
        while message := await in_database(selectors.next_received, conversation_id):
            seen = (message.pk, message.risk is None, message.conversation.status)
            if seen == before:
                raise NoProgress(message.pk)
            before = seen
            if message.risk is None:
                await self._screen_message(message)
            else:
                await self._answer(message)

    async def _screen_message(self, message: Message) -> None:
        await in_database(_screen_and_store, message, self._screen)

    async def _answer(self, message: Message) -> None:
        """Ask the assistant about one screened message and commit what follows."""
        is_emergency = read_risk(message.risk).is_emergency
        if is_emergency or message.conversation.status == Conversation.Status.STAFF:
            await self._record(message)
            return
        switchboard.set_typing(message.conversation_id, True)
        try:
            reason, reply = await self._ask(message, ANSWER)
            if reply is not None and reason is None:
                reason = await self._finish(message, reply)
            if reason is not None:
                log.warning("message %s could not be answered: %s", message.pk, reason)
                await in_database(turns.turn_fail, message_id=message.pk, reason=reason, reply=reply)
        finally:
            switchboard.set_typing(message.conversation_id, False)

    async def _record(self, message: Message) -> None:
        reason, reply = await self._ask(message, UNDERSTAND)
        if reason is not None:
            log.warning("message %s is with staff without an understanding: %s", message.pk, reason)
        await in_database(turns.turn_record, message_id=message.pk, reply=reply)

    async def _ask(self, message: Message, mode: str) -> tuple[str | None, Reply | None]:
        """Return why there is no proper answer, if so, and what came."""
        conversation = message.conversation
        question = Question(
            conversation=conversation.pk,
            message_id=message.pk,
            mode=mode,
            text=None if message.choice else hide_numbers(message.text),
            choice=message.choice or None,
            language_hint=conversation.language or None,
            language_fixed=conversation.language_fixed or None,
            state=conversation.assistant_state,
        )
        try:
            reply = await self._client.ask(question)
        except (AssistantUnavailable, BadReply) as error:
            return error.reason, None
        except Exception:
            log.exception("asking about message %s failed", message.pk)
            return "desk_error", None
        if not reply.ok:
            return reply.reason or "no_answer", reply
        if mode == ANSWER and not reply.messages:
            return "no_answer", reply
        return None, reply

    async def _finish(self, message: Message, reply: Reply) -> str | None:
        try:
            await in_database(
                turns.turn_finish,
                message_id=message.pk,
                reply=reply,
                state_asked_with=message.conversation.assistant_state,
            )
        except (OperationalError, InterfaceError):
            raise  # the database is away: nothing was stored, and asking again gives the same answer
        except Exception:
            log.exception("the answer to message %s could not be stored", message.pk)
            return "desk_error"
        return None


def _screen_and_store(message: Message, screen: Screen | None) -> None:
    risk = NO_RISK if message.choice else screen_text(message.text, screen)
    turns.message_screen(message_id=message.pk, risk=risk)


async def run_forever(worker: Worker) -> None:
    """Run until cancelled; an unforeseen end of the worker is only a pause."""
    while True:
        with suppress(Exception):
            await worker.run()
        await asyncio.sleep(SWEEP_SECONDS)
