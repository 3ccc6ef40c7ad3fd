"""Takes up what patients sent: screens it at once, then has it answered, one turn at a time per conversation.

The message table is the queue. The worker is woken on arrival and looks for itself each second, so that
whatever a crash interrupted, here or in another process, is taken up again.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from desk.assistant_client.client import ANSWER, UNDERSTAND, AssistantClient, Question
from desk.assistant_client.replica import AssistantUnavailable
from desk.assistant_client.replies import BadReply
from desk.channels.registry import sender_for
from desk.conversations import selectors, takes, turns
from desk.conversations.head_starts import Asked, head_starts, question_about
from desk.conversations.models import Conversation, Message
from desk.conversations.takes import StillWriting, Take, Turn
from desk.conversations.wake import INBOX, Bell, switchboard
from desk.database import in_database
from desk.identifiers import new_id
from desk.precedence import acknowledgements
from desk.request_ids import working_on
from desk.screening import NO_RISK, Screen, read_risk, screen_text

log = logging.getLogger(__name__)

CONCURRENT_CONVERSATIONS = 16
LOOK_AHEAD = 200
SWEEP_SECONDS = 1.0
RENEW_SECONDS = 2.0
TYPING_AFTER = 0.3
"""Most answers are there sooner: a sign that only flickers is none."""
REST_SECONDS = (1, 2, 4)
"""How long a conversation rests after the desk itself failed on it (the database away, say)."""


class Worker:
    def __init__(self, *, client: AssistantClient, screen: Screen | None = None, sweep: float = SWEEP_SECONDS) -> None:
        self._client = client
        self._screen = screen
        self._sweep_seconds = sweep
        self._name = new_id("w")
        self._places = asyncio.Semaphore(CONCURRENT_CONVERSATIONS)
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._at_work: set[str] = set()
        self._asked_again: set[str] = set()
        self._failures: dict[str, int] = {}
        self._signals: set[asyncio.Task[None]] = set()
        self._looks_at = 0.0

    async def run(self) -> None:
        """Work until cancelled."""
        renewing = asyncio.create_task(self._renew_leases())
        try:
            with suppress(OperationalError, InterfaceError):  # else they run out by themselves
                await in_database(takes.leases_left_release)
            with switchboard.listen(INBOX) as bell, head_starts.asking_with(self._ask_assistant):
                while True:
                    try:
                        await self.sweep()
                    except Exception:
                        log.exception("the worker could not look for messages; it tries again")
                    await bell.wait(self._sweep_seconds)
        finally:
            renewing.cancel()
            await self._stop()

    async def sweep(self) -> None:
        """Screen every new message, and start on each conversation that nobody works on."""
        is_more = is_explained = True
        while is_more:
            await acknowledgements.give_way()
            found = await in_database(self._screen_and_take, set(self._tasks))
            is_explained, is_more = bool(found), len(found) == selectors.SCREEN_AT_ONCE
            for conversation_id, take in found:
                self._start_on(conversation_id, take)
        if is_explained and time.monotonic() < self._looks_at:
            return  # new messages were what rang
        self._looks_at = time.monotonic() + self._sweep_seconds
        for conversation_id in await in_database(takes.conversations_to_take, owner=self._name, limit=LOOK_AHEAD):
            self._start_on(conversation_id, None)

    def _start_on(self, conversation_id: str, take: Take) -> None:
        if conversation_id in self._tasks:
            self._asked_again.add(conversation_id)
        else:
            self._tasks[conversation_id] = asyncio.create_task(self._work_on(conversation_id, take))

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
        with suppress(OperationalError, InterfaceError):  # else the leases run out by themselves
            await in_database(takes.leases_release, owner=self._name)

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            if self._at_work:
                try:
                    await in_database(takes.leases_renew, owner=self._name, conversation_ids=list(self._at_work))
                except Exception:
                    log.exception("the leases could not be renewed")

    def _screen_and_take(self, busy: set[str]) -> list[tuple[str, Take]]:
        """Screen some new messages, taking up their conversations while there are places.

        `busy` are those at work already. Returns the conversation of each, with what was taken.
        """
        found: list[tuple[str, Take]] = []
        for message in selectors.unscreened_messages():
            is_free = message.conversation_id not in busy and len(busy) < CONCURRENT_CONVERSATIONS
            busy.add(message.conversation_id)
            try:
                take = self._screen_message(message, take=is_free)
            except (OperationalError, InterfaceError):
                if found:
                    break  # what was taken is begun; the database is tried again at the next look
                raise
            except Exception:  # its conversation's own task tries again, and gives up in the end
                log.exception("message %s could not be screened", message.pk)
            else:
                found.append((message.conversation_id, take))
        return found

    async def _work_on(self, conversation_id: str, take: Take) -> None:
        try:
            with switchboard.listen(conversation_id) as bell:
                while still_writing := await self._answer_all(conversation_id, take):
                    await _more_or(bell, still_writing)
                    take = None
            self._failures.pop(conversation_id, None)
        except Exception:
            failures = self._failures[conversation_id] = self._failures.get(conversation_id, 0) + 1
            rest = REST_SECONDS[min(failures, len(REST_SECONDS)) - 1]
            log.exception("conversation %s rests for %s s", conversation_id, rest)
            await asyncio.sleep(rest)
        finally:
            del self._tasks[conversation_id]
            if conversation_id in self._asked_again:
                # Something arrived while this task still stood: look once more.
                self._asked_again.discard(conversation_id)
                switchboard.wake(INBOX)

    async def _answer_all(self, conversation_id: str, take: Take) -> StillWriting | None:
        """Deal with what was taken and all that waits, turn by turn; returns what has to wait for more."""
        async with self._places:
            self._at_work.add(conversation_id)
            try:
                take = take or await self._take(conversation_id)
                while True:
                    await acknowledgements.give_way()
                    if isinstance(take, Turn):
                        with working_on(take.last.request_id):
                            take = await self._answer(take)
                        continue
                    if isinstance(take, takes.Unscreened):
                        await in_database(self._screen_message, take.message)
                    elif isinstance(take, takes.Hopeless):
                        log.error("message %s is a dead letter: the desk failed on it again and again", take.message.pk)
                        await in_database(turns.message_give_up, message_id=take.message.pk)
                    else:
                        return take if isinstance(take, StillWriting) else None
                    take = await self._take(conversation_id)
            finally:
                self._at_work.discard(conversation_id)

    async def _take(self, conversation_id: str) -> Take:
        return await in_database(takes.turn_take, conversation_id=conversation_id, owner=self._name)

    async def _answer(self, turn: Turn) -> Take:
        """Ask the assistant about one screened turn and commit what follows; returns what waits next."""
        if turn.is_wordless:
            await self._acknowledge(turn)
            return await self._take(turn.conversation.pk)
        if len(turn.messages) > 1:
            await in_database(self._screen_thought, turn)
        is_emergency = any(read_risk(message.risk).certain.is_emergency for message in turn.messages)
        if is_emergency or turn.conversation.status == Conversation.Status.STAFF:
            await self._record(turn)
            return await self._take(turn.conversation.pk)
        with self._typing(turn):
            reason, reply = await self._ask(turn, ANSWER)
            if reply is not None and reason is None:
                try:
                    return await in_database(takes.turn_finish_and_take, turn=turn, reply=reply, owner=self._name)
                except (OperationalError, InterfaceError):
                    raise  # the database is away: nothing was stored, and asking again gives the same answer
                except Exception:
                    log.exception("the answer to message %s could not be stored", turn.last.pk)
                    reason = turns.DESK_ERROR
            log.warning("message %s could not be answered: %s", turn.last.pk, reason)
            await in_database(turns.turn_fail, message_ids=turn.ids, reason=reason or "", reply=reply)
            return await self._take(turn.conversation.pk)

    async def _acknowledge(self, turn: Turn) -> None:
        if turn.conversation.status == Conversation.Status.STAFF:
            await in_database(turns.turn_acknowledge, message_ids=turn.ids)
            return
        with self._typing(turn):
            await in_database(turns.turn_acknowledge, message_ids=turn.ids)

    async def _record(self, turn: Turn) -> None:
        reason, reply = await self._ask(turn, UNDERSTAND)
        if reason is not None:
            log.warning("message %s is with staff without an understanding: %s", turn.last.pk, reason)
        await in_database(turns.turn_record, message_ids=turn.ids, reply=reply)

    async def _ask(self, turn: Turn, mode: str) -> Asked:
        question = question_about(turn.conversation, turn.last.pk, turn.text, turn.last.choice, mode)
        return await head_starts.take(question) or await self._ask_assistant(question)

    async def _ask_assistant(self, question: Question) -> Asked:
        started = time.perf_counter()
        try:
            reply = await self._client.ask(question)
            took = (time.perf_counter() - started) * 1000
            log.info("message %s: the assistant answered in %.1f ms", question.message_id, took)
        except (AssistantUnavailable, BadReply) as error:
            return error.reason, None
        except Exception:
            log.exception("asking about message %s failed", question.message_id)
            return turns.DESK_ERROR, None
        if not reply.ok:
            return reply.reason or "no_answer", reply
        if question.mode == ANSWER and not reply.messages:
            return "no_answer", reply
        return None, reply

    def _screen_message(self, message: Message, *, take: bool = False) -> Take:
        """Screen a message and store the finding; with `take`, take its conversation up in the same commit."""
        with working_on(message.request_id):
            risk = NO_RISK if message.choice else screen_text(message.text, self._screen)
            if take:
                return takes.message_screen_and_take(message=message, risk=risk, owner=self._name)
            turns.message_screen(message_id=message.pk, risk=risk)
            return None

    def _screen_thought(self, turn: Turn) -> None:
        turns.thought_screen(message_ids=turn.ids, risk=screen_text(turn.text, self._screen))

    @contextmanager
    def _typing(self, turn: Turn) -> Iterator[None]:
        """Show that an answer is being written; on the website not before it takes a while."""
        conversation_id = turn.conversation.pk
        sender = sender_for(turn.conversation.channel)
        if sender is not None:
            showing = asyncio.create_task(sender.show_typing(turn.last))
            self._signals.add(showing)
            showing.add_done_callback(self._signals.discard)
        soon = asyncio.get_running_loop().call_later(TYPING_AFTER, switchboard.set_typing, conversation_id, True)
        try:
            yield
        finally:
            soon.cancel()
            if switchboard.is_typing(conversation_id):
                switchboard.set_typing(conversation_id, False)


async def _more_or(bell: Bell, still_writing: StillWriting) -> None:
    """Wait for the patient's next message, at most until the thought counts as whole."""
    await bell.wait(max(0.0, (still_writing.until - timezone.now()).total_seconds()))


async def run_forever(worker: Worker) -> None:
    """Run until cancelled; an unforeseen end of the worker is only a pause."""
    while True:
        with suppress(Exception):
            await worker.run()
        await asyncio.sleep(SWEEP_SECONDS)
