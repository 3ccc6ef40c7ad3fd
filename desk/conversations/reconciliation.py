"""Does every message that was acknowledged end as exactly one thing? Each rule finds the rows that break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from desk.conversations.models import Delivery, Direction, Message
from desk.conversations.texts import fixed_text
from desk.handoffs.models import Handoff
from desk.screening import SELF_HARM

GRACE = timedelta(minutes=1)
"""A younger message may still be on its way."""
STAFF_STATES = (Message.State.WITH_STAFF, Message.State.APOLOGISED, Message.State.DEAD)


@dataclass(frozen=True)
class Break:
    """A message that ended wrongly, and what is wrong."""

    rule: str
    message_id: str
    conversation_id: str
    state: str


def breaks(*, now: datetime | None = None, grace: timedelta = GRACE) -> Iterator[Break]:
    """Every message older than the grace that breaks a rule; none when all is well."""
    before = (now or timezone.now()) - grace
    for rule in RULES:
        for message in rule(before).order_by("conversation_id", "sequence"):
            state = message.state or message.delivery
            yield Break(rule.__name__, message.pk, message.conversation_id, state)


def not_dealt_with(before: datetime) -> QuerySet[Message]:
    """Received, and nothing came of it."""
    return _inbound(before).filter(state=Message.State.RECEIVED)


def answered_without_an_answer(before: datetime) -> QuerySet[Message]:
    """Answered or apologised for, but neither it nor a later message settled with it has an answer."""
    settled = _inbound(before).filter(state__in=[Message.State.ANSWERED, Message.State.APOLOGISED])
    own = _answers().filter(in_reply_to=OuterRef("pk"))
    shared = _answers().filter(
        in_reply_to__conversation=OuterRef("conversation"),
        in_reply_to__sequence__gt=OuterRef("sequence"),
        in_reply_to__settled_at=OuterRef("settled_at"),
        in_reply_to__state=OuterRef("state"),
    )
    return settled.filter(~Exists(own), ~Exists(shared))


def answered_more_than_once(before: datetime) -> QuerySet[Message]:
    """Two answers to one message; the emergency text at arrival is not its answer.

    Messages that no worker of this version took up are left out: their answers were a bubble each.
    """
    count = Count("replies", filter=_is_answer("replies__"))
    return _inbound(before).filter(take_ups__gt=0).annotate(answers=count).filter(answers__gt=1)


def with_staff_without_a_handoff(before: datetime) -> QuerySet[Message]:
    """With staff, apologised for or given up, but no handoff was open between its arrival and its end."""
    at_that_time = Handoff.objects.filter(
        Q(closed_at__isnull=True) | Q(closed_at__gte=OuterRef("created_at")),
        conversation=OuterRef("conversation"),
        opened_at__lte=Coalesce(OuterRef("settled_at"), Now()),
    )
    return _inbound(before).filter(~Exists(at_that_time), state__in=STAFF_STATES)


def answered_out_of_order(before: datetime) -> QuerySet[Message]:
    """An answer that stands behind the answer to a message that came later."""
    overtook = _answers().filter(
        conversation=OuterRef("conversation"),
        sequence__lt=OuterRef("sequence"),
        in_reply_to__sequence__gt=OuterRef("in_reply_to__sequence"),
    )
    return _answers().filter(Exists(overtook), in_reply_to__isnull=False, created_at__lt=before)


def stuck_on_its_way_out(before: datetime) -> QuerySet[Message]:
    """Due to be sent, to be found uncertain or to be told to staff, and nobody did it."""
    going = [Delivery.PENDING, Delivery.SENDING]
    ahead = Message.objects.filter(
        conversation=OuterRef("conversation"),
        direction=Direction.OUT,
        sequence__lt=OuterRef("sequence"),
        delivery__in=going,
    )
    due = Coalesce(F("next_attempt_at"), F("created_at"))
    outgoing = Message.objects.filter(direction=Direction.OUT).annotate(due=due)
    in_doubt = Q(delivery=Delivery.UNCERTAIN, next_attempt_at__isnull=False)
    return outgoing.filter(Q(delivery__in=going) | in_doubt, ~Exists(ahead), due__lt=before)


Rule = Callable[[datetime], QuerySet[Message]]
RULES: tuple[Rule, ...] = (
    not_dealt_with,
    answered_without_an_answer,
    answered_more_than_once,
    with_staff_without_a_handoff,
    answered_out_of_order,
    stuck_on_its_way_out,
)


def _inbound(before: datetime) -> QuerySet[Message]:
    return Message.objects.filter(direction=Direction.IN, created_at__lt=before)


def _answers() -> QuerySet[Message]:
    return Message.objects.filter(_is_answer())


def _is_answer(prefix: str = "") -> Q:
    at_arrival = [fixed_text(name).answer_name for name in ("emergency", SELF_HARM)]
    return Q(**{f"{prefix}direction": Direction.OUT}) & ~Q(**{f"{prefix}answer_name__in": at_arrival})
