"""Keeping every message's facts up to date, from the list that the database's triggers keep."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection, transaction

from desk.conversations.models import Direction, Message
from desk.handoffs.models import Handoff, HandoffEvent
from desk.handoffs.services import TAKEN_OVER
from desk.review.facts import Surroundings, facts_of
from desk.review.models import HandoffJudgement, MessageFacts, MessageReview, PendingMessage

BATCH = 500
MISSED, NEEDLESS = "missed", "needless"


def facts_catch_up(*, most: int = 2_000) -> int:
    """Bring the facts of at least the `most` longest waiting messages up to date; returns how many rows waited."""
    done = 0
    while done < most:
        taken = _take_batch()
        done += taken
        if taken < BATCH:
            break
    return done


def facts_pending_mark(message_ids: Iterable[str]) -> None:
    """Have these messages looked at again: something beside them changed."""
    PendingMessage.objects.bulk_create([PendingMessage(message_id=message_id) for message_id in message_ids])


@transaction.atomic
def _take_batch() -> int:
    rows = PendingMessage.objects.order_by("id")
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True)
    taken = list(rows[:BATCH])
    if taken:
        _facts_write(list(dict.fromkeys(row.message_id for row in taken)))
        PendingMessage.objects.filter(pk__in=[row.pk for row in taken]).delete()
    return len(taken)


def _facts_write(message_ids: list[str]) -> None:
    """Make the facts of these messages, and of those that the outgoing ones among them answer."""
    found = {message.pk: message for message in Message.objects.filter(pk__in=message_ids)}
    answered = {m.in_reply_to_id for m in found.values() if m.feedback is not None and m.in_reply_to_id} - set(found)
    found |= {message.pk: message for message in Message.objects.filter(pk__in=answered)}
    around = _surroundings([message for message in found.values() if message.direction == Direction.IN])
    rows = [
        MessageFacts(message_id=message.pk, **facts_of(message, around.get(message.pk, Surroundings())))
        for message in sorted(found.values(), key=lambda m: (m.created_at, m.sequence))
    ]
    MessageFacts.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["message"],
        update_fields=[
            field.name for field in MessageFacts._meta.concrete_fields if field.name not in ("id", "message")
        ],
    )


def _surroundings(messages: list[Message]) -> dict[str, Surroundings]:
    ids = [message.pk for message in messages]
    disliked = set(Message.objects.filter(in_reply_to__in=ids, feedback=-1).values_list("in_reply_to_id", flat=True))
    reviewed = set(MessageReview.objects.filter(message__in=ids).values_list("message_id", flat=True))
    neighbours: dict[str, Any] = dict(
        MessageFacts.objects.filter(message__in=ids).values_list("message_id", "neighbours_agree")
    )
    verdicts = _handoff_verdicts(messages)
    return {
        message.pk: Surroundings(
            thumbs_down=message.pk in disliked,
            handoff_verdict=verdicts.get(message.pk, ""),
            is_reviewed=message.pk in reviewed,
            neighbours_agree=neighbours.get(message.pk),
        )
        for message in messages
    }


def _handoff_verdicts(messages: list[Message]) -> dict[str, str]:
    """Message -> needless (staff said so of the handoff it opened) or missed (staff had to step in by themselves)."""
    opened = HandoffEvent.objects.filter(message__in=messages, kind=HandoffEvent.Kind.OPENED)
    judged = opened.filter(handoff__judgement__verdict=HandoffJudgement.Verdict.NEEDLESS)
    verdicts = dict.fromkeys(judged.values_list("message_id", flat=True), NEEDLESS)
    taken = Handoff.objects.filter(
        reason=TAKEN_OVER, conversation__in=[message.conversation_id for message in messages]
    ).exclude(judgement__verdict=HandoffJudgement.Verdict.NEEDLESS)
    for handoff in taken:
        before = Message.objects.filter(
            conversation_id=handoff.conversation_id, direction=Direction.IN, created_at__lte=handoff.opened_at
        )
        last = before.order_by("-sequence").values_list("pk", flat=True).first()
        if last is not None:
            verdicts[last] = MISSED
    return verdicts
