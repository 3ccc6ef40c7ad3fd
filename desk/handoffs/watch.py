"""The watch over the queue: escalates, returns and apologises when it is time. Any number of processes may run it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from django.db.models import QuerySet
from django.utils import timezone

from desk.database import in_database
from desk.handoffs.models import Handoff, HandoffEvent
from desk.handoffs.overdue import handoff_escalate, handoff_return_if_left, promise_apologise
from desk.handoffs.selectors import OPEN

log = logging.getLogger(__name__)

WATCH_SECONDS = 5.0


async def watch_handoffs() -> None:
    """Watch until cancelled; a fault is only a pause."""
    while True:
        try:
            await in_database(watch_once, timezone.now())
        except Exception:
            log.exception("the watch over the handoffs failed; it tries again")
        await asyncio.sleep(WATCH_SECONDS)


def watch_once(now: datetime) -> None:
    """Do everything whose time has come. One handoff's fault keeps no other waiting."""
    for act, found in (
        (handoff_return_if_left, _claimed()),
        (handoff_escalate, _unclaimed_past_limit(now)),
        (promise_apologise, _promise_broken(now)),
    ):
        _each(act, found, now)


def _each(act: Callable[..., bool], handoff_ids: Iterable[str], now: datetime) -> None:
    for handoff_id in handoff_ids:
        try:
            if act(handoff_id=handoff_id, now=now):
                log.info("%s: handoff %s", act.__name__, handoff_id)
        except Exception:
            log.exception("%s failed for handoff %s", act.__name__, handoff_id)


def _claimed() -> list[str]:
    return _ids(Handoff.objects.filter(status=Handoff.Status.CLAIMED))


def _unclaimed_past_limit(now: datetime) -> list[str]:
    return _ids(Handoff.objects.filter(status=Handoff.Status.OPEN, escalates_at__lte=now))


def _promise_broken(now: datetime) -> list[str]:
    settled = HandoffEvent.objects.filter(kind__in=(HandoffEvent.Kind.REPLIED, HandoffEvent.Kind.LATE))
    broken = Handoff.objects.filter(status__in=OPEN, promised_at__lte=now)
    return _ids(broken.exclude(pk__in=settled.values("handoff_id")))


def _ids(handoffs: QuerySet[Handoff]) -> list[str]:
    return list(handoffs.order_by("opened_at").values_list("pk", flat=True))
