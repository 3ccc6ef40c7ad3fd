"""Sends what waits to be sent, through the senders of the channels: in order per conversation, once.

Like the inbox, the message table is the queue. The website needs no sending: its stream reads the table.
"""

from __future__ import annotations

import asyncio
import logging
import time

from desk.channels.registry import sender_for
from desk.channels.senders import SendLater, SendRefused, SendUncertain
from desk.conversations import deliveries
from desk.conversations.models import Message
from desk.conversations.wake import OUTBOX, switchboard
from desk.database import in_database
from desk.precedence import acknowledgements
from desk.request_ids import working_on

log = logging.getLogger(__name__)

CONCURRENT_SENDS = 8
SWEEP_SECONDS = 1.0


class Outbox:
    def __init__(self, *, sweep: float = SWEEP_SECONDS) -> None:
        self._sweep_seconds = sweep
        self._sends: set[asyncio.Task[None]] = set()
        self._sweeps_at = 0.0

    async def run(self) -> None:
        """Send until cancelled; what is on its way then is let go, and is uncertain after its lease."""
        try:
            with switchboard.listen(OUTBOX) as bell:
                while True:
                    try:
                        if time.monotonic() >= self._sweeps_at:
                            await in_database(deliveries.deliveries_sweep)
                            self._sweeps_at = time.monotonic() + self._sweep_seconds
                        await self._start_sends()
                    except Exception:
                        log.exception("the outbox could not look for messages; it tries again")
                    await bell.wait(self._sweep_seconds)
        finally:
            for send in self._sends:
                send.cancel()
            await asyncio.gather(*self._sends, return_exceptions=True)

    async def drain(self) -> None:
        """Send until nothing is due."""
        await in_database(deliveries.deliveries_sweep)
        while True:
            await self._start_sends()
            if not self._sends:
                return
            await asyncio.gather(*self._sends)

    async def _start_sends(self) -> None:
        await acknowledgements.give_way()
        free = CONCURRENT_SENDS - len(self._sends)
        for message in await in_database(deliveries.deliveries_claim, limit=free) if free else ():
            send = asyncio.create_task(self._send(message))
            self._sends.add(send)
            send.add_done_callback(self._done)

    def _done(self, send: asyncio.Task[None]) -> None:
        self._sends.discard(send)
        switchboard.wake(OUTBOX)  # the next of the same conversation may go now

    async def _send(self, message: Message) -> None:
        await acknowledgements.give_way()
        with working_on(message.request_id):
            try:
                await self._try(message)
            except Exception:  # the database is away: the lease runs out, and the delivery is uncertain
                log.exception("what became of sending message %s could not be stored", message.pk)

    async def _try(self, message: Message) -> None:
        sender = sender_for(message.channel)
        if sender is None:
            error = f"nothing sends on {message.channel}: its channel is not set up"
            await in_database(deliveries.delivery_postpone, message_id=message.pk, error=error)
            return
        try:
            sent = await sender.send(message)
        except SendLater as later:
            log.warning("message %s is sent later: %s", message.pk, later)
            await in_database(
                deliveries.delivery_postpone, message_id=message.pk, error=str(later), retry_after=later.retry_after
            )
        except SendRefused as refused:
            log.warning("message %s was refused: %s", message.pk, refused)
            await in_database(deliveries.delivery_refuse, message_id=message.pk, error=str(refused))
        except SendUncertain as uncertain:
            log.warning("message %s may or may not have been sent: %s", message.pk, uncertain)
            await in_database(deliveries.delivery_doubt, message_id=message.pk, error=str(uncertain))
        except Exception as error:  # who knows how far it came
            log.exception("sending message %s failed", message.pk)
            await in_database(deliveries.delivery_doubt, message_id=message.pk, error=repr(error))
        else:
            await in_database(deliveries.delivery_succeed, message_id=message.pk, external_id=sent.external_id)
