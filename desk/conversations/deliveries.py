"""How an outgoing message gets to its patient: claimed, sent, and what the channel says about it afterwards.

Each service is one transaction. A message that may have reached the patient is never sent a second time.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from desk.conversations.alarms import alarm_raise
from desk.conversations.models import Conversation, Delivery, Direction, EarlyReport, Message
from desk.conversations.services import conversation_lock
from desk.conversations.texts import fixed_text
from desk.conversations.wake import STAFF, switchboard
from desk.handoffs.models import Urgency
from desk.handoffs.needs import Need
from desk.handoffs.services import handoff_need
from desk.prepared import PreparedQuery, row_update

SENDING_LEASE = timedelta(seconds=60)
"""Longer than any channel's send may take: a message still `sending` then belongs to a process that died."""
DOUBT_PATIENCE = timedelta(seconds=60)
"""So long a status may settle an uncertain delivery before staff are told."""
MOST_TRIES = 12
OLDEST = timedelta(hours=24)
LONGEST_PAUSE = 15 * 60.0
REPORT_LIFE = timedelta(days=7)
"""A report that no message of ours claims by then is about somebody else's."""
UNDELIVERED = "undelivered"
UNCERTAIN = "delivery_uncertain"
REPORTED = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.FAILED)
_ORDER = (Delivery.SENT, Delivery.DELIVERED, Delivery.READ)
_ERROR_LENGTH = 300


def delivery_claim(*, now: datetime | None = None) -> Message | None:
    """Take the next message to send, if one is due."""
    claimed = deliveries_claim(limit=1, now=now)
    return claimed[0] if claimed else None


@transaction.atomic
def deliveries_claim(*, limit: int, now: datetime | None = None) -> list[Message]:
    """Take the next messages to send, of each conversation the oldest that is still to go."""
    now = now or timezone.now()
    earlier = Message.objects.filter(
        conversation=OuterRef("conversation"),
        direction=Direction.OUT,
        sequence__lt=OuterRef("sequence"),
        delivery__in=[Delivery.PENDING, Delivery.SENDING],
    )
    due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=now)
    waiting = Message.objects.filter(due, ~Exists(earlier), delivery=Delivery.PENDING).order_by("created_at")
    claimed = list(waiting.select_for_update(skip_locked=True, of=("self",))[:limit])
    for message in claimed:
        message.delivery = Delivery.SENDING
        message.delivery_attempts += 1
        message.next_attempt_at = now + SENDING_LEASE
        row_update(message, "delivery", "delivery_attempts", "next_attempt_at")
    return claimed


def delivery_succeed(*, message_id: str, external_id: str) -> None:
    """The channel took it, under its own id; statuses that came before this are applied now."""
    with transaction.atomic():
        _, message = _locked(message_id)
        message.channel_message_id = external_id
        if message.delivery in (Delivery.SENDING, Delivery.UNCERTAIN):
            _set(message, Delivery.SENT)
        else:
            row_update(message, "channel_message_id")
    # Looked for after the commit: see `deliveries_report`.
    if EarlyReport.objects.filter(channel=message.channel, external_id=external_id).exists():
        _apply_early_reports(message.channel, external_id)


@transaction.atomic
def delivery_postpone(*, message_id: str, error: str, retry_after: float | None = None) -> None:
    """The channel certainly did not take it: try again later, longer each time; in the end it is a dead letter."""
    conversation, message = _locked(message_id)
    if message.delivery != Delivery.SENDING:
        return
    message.delivery_error = error[:_ERROR_LENGTH]
    now = timezone.now()
    if message.delivery_attempts >= MOST_TRIES or now - message.created_at >= OLDEST:
        _set(message, Delivery.DEAD)
        _call_staff(conversation, message)
        return
    pause = timedelta(seconds=max(back_off(message.delivery_attempts), retry_after or 0.0))
    _set(message, Delivery.PENDING, next_attempt_at=now + pause)


@transaction.atomic
def delivery_refuse(*, message_id: str, error: str) -> None:
    """The channel will never take it."""
    conversation, message = _locked(message_id)
    if message.delivery in (Delivery.SENDING, Delivery.UNCERTAIN):
        message.delivery_error = error[:_ERROR_LENGTH]
        _set(message, Delivery.FAILED)
        _call_staff(conversation, message)


@transaction.atomic
def delivery_doubt(*, message_id: str, error: str) -> None:
    """The channel's answer was lost: the patient may have it, so it is not sent again."""
    _, message = _locked(message_id)
    if message.delivery == Delivery.SENDING:
        message.delivery_error = error[:_ERROR_LENGTH]
        _set(message, Delivery.UNCERTAIN, next_attempt_at=timezone.now() + DOUBT_PATIENCE)


def deliveries_sweep(*, now: datetime | None = None) -> None:
    """What nobody finished: a send that a crash interrupted is uncertain; a doubt that stays is told to staff;

    a report that was kept for a message known by now is applied.
    """
    now = now or timezone.now()
    overdue = Message.objects.filter(next_attempt_at__lte=now)
    for message_id in overdue.filter(delivery=Delivery.SENDING).values_list("pk", flat=True):
        delivery_doubt(message_id=message_id, error="the process that sent it ended in the middle")
    for message_id in overdue.filter(delivery=Delivery.UNCERTAIN).values_list("pk", flat=True):
        _tell_doubt(message_id=message_id)
    for channel, external_id in _claimed_early_reports():
        _apply_early_reports(channel, external_id)
    nobodys = EarlyReport.objects.filter(created_at__lte=now - REPORT_LIFE)
    if nobodys.exists():
        nobodys.delete()


@dataclass(frozen=True)
class Report:
    """What a channel says about a message; `message_id` is our own id where the channel echoes it."""

    channel: str
    external_id: str
    status: str
    at: datetime
    error: str = ""
    message_id: str = ""


def delivery_report(
    channel: str, external_id: str, status: str, at: datetime, error: str = "", *, message_id: str = ""
) -> None:
    """Take one report: see `deliveries_report`."""
    deliveries_report([Report(channel, external_id, status, at, error, message_id)])


@transaction.atomic(savepoint=False)
def deliveries_report(reports: Sequence[Report]) -> None:
    """Take what a channel says (sent, delivered, read, failed), in any order and any number of times.

    Our own id settles a delivery whose answer was lost. A report for an id that is not known yet is kept until
    `delivery_succeed` names it.
    """
    for report in reports:
        if report.status not in REPORTED:
            raise ValueError(f"no status of a delivery: {report.status!r}")
    found = _sent_by_us(reports)
    rows = Conversation.objects.select_for_update().filter(pk__in={message.conversation_id for message in found})
    conversations = {conversation.pk: conversation for conversation in rows.order_by("pk")} if found else {}
    messages = _sent_by_us(reports) if found else []  # as they are now that nobody else changes them
    by_id = {message.pk: message for message in messages}
    by_external_id = {message.channel_message_id: message for message in messages}
    strangers = []
    for report in reports:
        message = by_id.get(report.message_id) or by_external_id.get(report.external_id)
        if message is None:
            strangers.append(report)
            continue
        conversation = conversations[message.conversation_id]
        is_new = message.channel_message_id is None
        if is_new:
            message.channel_message_id = report.external_id
        _apply(conversation, message, report)
        if is_new:
            _apply_early(conversation, message)
    for report in strangers:
        _keep(report)
    # After the commit, as `delivery_succeed` does it: whichever of the two comes second sees what the other wrote.
    for channel, external_id in {(report.channel, report.external_id) for report in strangers}:
        transaction.on_commit(partial(_apply_early_reports, channel, external_id), robust=True)


def _sent_by_us(reports: Sequence[Report]) -> list[Message]:
    """The outgoing messages that these reports are about, so far as they are known."""
    told = Q(channel_message_id__in={report.external_id for report in reports})
    if echoed := {report.message_id for report in reports if report.message_id}:
        told |= Q(pk__in=echoed)
    channels = {report.channel for report in reports}
    return list(Message.objects.filter(told, channel__in=channels, direction=Direction.OUT))


def _keep(report: Report) -> None:
    EarlyReport.objects.get_or_create(
        channel=report.channel,
        external_id=report.external_id,
        status=report.status,
        defaults={"at": report.at, "error": report.error[:_ERROR_LENGTH]},
    )


def back_off(attempts: int) -> float:
    """Seconds until the next try: 1, 2, 4 ... 900, each less up to half, so that not all come back at once."""
    return min(2.0 ** (attempts - 1), LONGEST_PAUSE) * random.uniform(0.5, 1.0)


@transaction.atomic
def _apply_early_reports(channel: str, external_id: str) -> None:
    found = Message.objects.filter(channel=channel, channel_message_id=external_id, direction=Direction.OUT).first()
    if found is not None:
        _apply_early(*_locked(found.pk))


def _claimed_early_reports() -> list[tuple[str, str]]:
    """The channel and external id of the reports whose message is known."""
    known = Message.objects.filter(
        channel=OuterRef("channel"), channel_message_id=OuterRef("external_id"), direction=Direction.OUT
    )
    return list(EarlyReport.objects.filter(Exists(known)).values_list("channel", "external_id").distinct())


def _apply_early(conversation: Conversation, message: Message) -> None:
    early = EarlyReport.objects.filter(channel=message.channel, external_id=message.channel_message_id)
    for report in early.order_by("at", "pk"):
        _apply(conversation, message, report)
        report.delete()


@transaction.atomic
def _tell_doubt(*, message_id: str) -> None:
    conversation, message = _locked(message_id)
    if message.delivery == Delivery.UNCERTAIN and message.next_attempt_at is not None:
        _set(message, Delivery.UNCERTAIN)
        handoff_need(conversation, Need(UNCERTAIN, summary=message.text), message=message)


def _apply(conversation: Conversation, message: Message, report: Report | EarlyReport) -> None:
    """A message only gets further: an older word than the last one changes nothing."""
    if report.status == Delivery.FAILED:
        if message.delivery not in (Delivery.DELIVERED, Delivery.READ, Delivery.FAILED):
            message.delivery_error = report.error[:_ERROR_LENGTH]
            _set(message, Delivery.FAILED)
            _call_staff(conversation, message)
        return
    reached = Delivery(report.status)
    if reached in (Delivery.DELIVERED, Delivery.READ):
        message.delivered_at = min(filter(None, (message.delivered_at, report.at)))
    if reached == Delivery.READ:
        message.read_at = min(filter(None, (message.read_at, report.at)))
    known = _ORDER.index(Delivery(message.delivery)) if message.delivery in _ORDER else -1
    refused = message.delivery == Delivery.FAILED and reached == Delivery.SENT
    is_further = _ORDER.index(reached) > known and not refused
    if is_further:
        _set(message, reached)
    else:
        _set(message, Delivery(message.delivery), next_attempt_at=message.next_attempt_at)


def _locked(message_id: str) -> tuple[Conversation, Message]:
    (found,) = _find(message_id=message_id)
    conversation = conversation_lock(found.conversation_id)
    (message,) = _find(message_id=message_id)  # as it is now that nobody else changes it
    return conversation, message


_find = PreparedQuery(lambda message_id: Message.objects.filter(pk=message_id), message_id="")


def _set(message: Message, delivery: Delivery, *, next_attempt_at: datetime | None = None) -> None:
    message.delivery = delivery
    message.next_attempt_at = next_attempt_at
    row_update(message, *_OF_A_DELIVERY)
    for topic in (message.conversation_id, STAFF):
        transaction.on_commit(partial(switchboard.ring, topic))


_OF_A_DELIVERY = (
    *("delivery", "next_attempt_at", "delivery_error"),
    *("delivered_at", "read_at", "channel_message_id"),
)


def _call_staff(conversation: Conversation, message: Message) -> None:
    """Staff must know that the patient did not get it; not about a farewell, which would never end."""
    if message.answer_name != fixed_text("closed").answer_name:
        need = Need(UNDELIVERED, Urgency.URGENT, summary=f"{message.delivery_error}: {message.text}")
        alarm_raise(conversation, need, message=message)
