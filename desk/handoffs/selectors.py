"""Reading handoffs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from desk.conversations.models import Conversation
from desk.handoffs.models import Handoff, Urgency
from desk.prepared import PreparedQuery
from desk.staff.models import User

OPEN = [Handoff.Status.OPEN, Handoff.Status.CLAIMED]


class Show(str, Enum):
    """Which part of the queue a member of staff looks at."""

    ALL = "all"
    UNCLAIMED = "unclaimed"
    MINE = "mine"


@dataclass(frozen=True)
class Counts:
    all: int
    unclaimed: int
    mine: int
    alarms: int


def handoff_open_of(conversation: Conversation) -> Handoff | None:
    """The conversation's one open handoff; while the assistant has the conversation there is none."""
    if conversation.status == Conversation.Status.BOT:
        return None
    found = _open(conversation_id=conversation.pk)
    return found[0] if found else None


def handoffs_open(*, show: Show = Show.ALL, staff: User | None = None) -> QuerySet[Handoff]:
    """What staff have to do: the most urgent first, then the longest waiting."""
    rank = Case(
        *(When(urgency=urgency, then=Value(-urgency.rank)) for urgency in Urgency),
        output_field=IntegerField(),
    )
    waiting = Handoff.objects.filter(status__in=OPEN).select_related("conversation", "claimed_by")
    if show is Show.UNCLAIMED:
        waiting = waiting.filter(_UNCLAIMED)
    if show is Show.MINE:
        waiting = waiting.filter(claimed_by=staff)
    return waiting.order_by(rank, "opened_at")


def handoff_counts(*, staff: User) -> Counts:
    """How many wait, in each part of the queue."""
    counted = Handoff.objects.filter(status__in=OPEN).aggregate(
        all=Count("pk"),
        unclaimed=Count("pk", filter=_UNCLAIMED),
        mine=Count("pk", filter=Q(claimed_by=staff)),
        alarms=Count("pk", filter=_ALARMED),
    )
    return Counts(**counted)


def handoffs_with_alarm() -> QuerySet[Handoff]:
    """Danger signs that nobody has acknowledged, the longest sounding first."""
    sounding = Handoff.objects.filter(_ALARMED, status__in=OPEN)
    return sounding.select_related("conversation", "claimed_by").order_by("alarm_at")


def handoff_get(handoff_id: str) -> Handoff | None:
    found = Handoff.objects.select_related("conversation", "claimed_by", "closed_by")
    return found.filter(pk=handoff_id).first()


_open = PreparedQuery(
    lambda conversation_id: Handoff.objects.filter(conversation_id=conversation_id, status__in=OPEN),
    conversation_id="",
)
_UNCLAIMED = Q(status=Handoff.Status.OPEN)
_ALARMED = Q(alarm_at__isnull=False)
