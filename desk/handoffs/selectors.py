"""Reading handoffs."""

from __future__ import annotations

from django.db.models import Case, IntegerField, QuerySet, Value, When

from desk.conversations.models import Conversation
from desk.handoffs.models import Handoff, Urgency

OPEN = [Handoff.Status.OPEN, Handoff.Status.CLAIMED]


def handoff_open_of(conversation: Conversation) -> Handoff | None:
    """The conversation's one open handoff."""
    return Handoff.objects.filter(conversation=conversation, status__in=OPEN).first()


def handoffs_open() -> QuerySet[Handoff]:
    """What staff have to do: the most urgent first, then the longest waiting."""
    rank = Case(
        *(When(urgency=urgency, then=Value(-urgency.rank)) for urgency in Urgency),
        output_field=IntegerField(),
    )
    waiting = Handoff.objects.filter(status__in=OPEN).select_related("conversation", "claimed_by")
    return waiting.order_by(rank, "opened_at")


def handoff_get(handoff_id: str) -> Handoff | None:
    found = Handoff.objects.select_related("conversation", "claimed_by", "closed_by")
    return found.filter(pk=handoff_id).first()
