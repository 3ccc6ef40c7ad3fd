"""The notifications' outbox: delivered with retries, each taken by one process at a time.

A process that dies after sending and before it could note so leaves the notification to be sent again: staff are
rather told twice than not at all.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from desk.conversations.wake import STAFF, switchboard
from desk.database import in_database
from desk.notifications.means import NotDelivered, send
from desk.notifications.models import Notification

log = logging.getLogger(__name__)

LOOK_SECONDS = 2.0
LEASE = timedelta(seconds=60)
"""So long one process has to deliver it, before another may try: well above the time limits of sending."""
RETRY_SECONDS = (10, 30, 120, 600, 1800, 3600, 7200)
"""After each failed try; when all are used up it is a dead letter."""
ERROR_LENGTH = 300


async def deliver_notifications() -> None:
    """Deliver until cancelled. A mail server that hangs keeps no webhook waiting."""
    await asyncio.gather(*(_deliver_by(means) for means in Notification.Means))


async def _deliver_by(means: Notification.Means) -> None:
    while True:
        try:
            while await deliver_next(means):
                pass
        except Exception:
            log.exception("delivering by %s failed; it goes on", means)
        await asyncio.sleep(LOOK_SECONDS)


async def deliver_next(means: Notification.Means) -> bool:
    """Try the one that has been due longest; tells whether there was any."""
    notification = await in_database(notification_take, means=means, now=timezone.now())
    if notification is None:
        return False
    error: NotDelivered | None = None
    try:
        await asyncio.to_thread(send, notification)
    except NotDelivered as refusal:
        error = refusal
    except Exception as unforeseen:
        log.exception("notification %s could not be sent", notification.pk)
        error = NotDelivered(type(unforeseen).__name__)
    await in_database(notification_settle, notification=notification, error=error, now=timezone.now())
    return True


def notification_take(*, means: Notification.Means, now: datetime) -> Notification | None:
    """Take the next due one for this process; of several that want it, one gets it."""
    due = Notification.objects.filter(means=means, state=Notification.State.PENDING, next_attempt_at__lte=now)
    for candidate in due.order_by("next_attempt_at", "pk"):
        same = due.filter(pk=candidate.pk, next_attempt_at=candidate.next_attempt_at)
        if same.update(next_attempt_at=now + LEASE, attempts=F("attempts") + 1):
            candidate.attempts += 1
            return candidate
    return None


@transaction.atomic
def notification_settle(*, notification: Notification, error: NotDelivered | None, now: datetime) -> None:
    """Note how a try went: sent, to be tried again later, or a dead letter."""
    if error is None:
        notification.state = Notification.State.SENT
        notification.sent_at = now
    else:
        notification.last_error = str(error)[:ERROR_LENGTH]
        if notification.attempts > len(RETRY_SECONDS):
            notification.state = Notification.State.DEAD
            log.error("notification %s is a dead letter: %s", notification.pk, error)
            transaction.on_commit(partial(switchboard.ring, STAFF))
        else:
            wait = max(RETRY_SECONDS[notification.attempts - 1], error.retry_after or 0.0)
            notification.next_attempt_at = now + timedelta(seconds=wait)
    notification.save()
