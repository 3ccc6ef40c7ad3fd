"""Whether a message's nearest training phrases agree with the classifier: asked of the assistant while it is idle."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from desk.conversations.models import Author, Kind
from desk.review.explanations import MOST_TEXTS, explain
from desk.review.models import MessageFacts
from desk.review.services.facts import facts_pending_mark

RECENT = timedelta(days=14)


def neighbours_catch_up(*, now: datetime, most: int = 64) -> int:
    """Ask for the latest unreviewed messages that nobody has asked about; returns how many. Raises CannotExplain."""
    waiting = MessageFacts.objects.filter(
        author=Author.PATIENT,
        neighbours_agree__isnull=True,
        is_reviewed=False,
        at__gte=now - RECENT,
        message__kind=Kind.TEXT,
        message__withdrawn_at__isnull=True,
        message__understanding__isnull=False,
    ).exclude(terms="")
    rows = list(waiting.order_by("-at").values_list("message_id", "message__text")[:most])
    for start in range(0, len(rows), MOST_TEXTS):
        batch = rows[start : start + MOST_TEXTS]
        _keep(batch, [bool(each.get("neighbours_agree", True)) for each in explain([text for _, text in batch])])
    return len(rows)


@transaction.atomic
def _keep(rows: list[tuple[str, str]], agree: list[bool]) -> None:
    for value in (True, False):
        ids = [message_id for (message_id, _), agrees in zip(rows, agree) if agrees is value]
        MessageFacts.objects.filter(message__in=ids).update(neighbours_agree=value)
    facts_pending_mark([message_id for (message_id, _), agrees in zip(rows, agree) if not agrees])
