"""Reading the log, the review queue and the corrections. Pages are cut by key, never by counting rows off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils.dateparse import parse_datetime

from desk.conversations.models import Author, Conversation, Message
from desk.handoffs.models import Handoff
from desk.review.log_filter import LogFilter
from desk.review.models import Correction, CorrectionRun, MessageFacts, SavedFilter, Tag
from desk.review.search import search
from desk.staff.models import User

PAGE = 50
_SPOKEN_BY_PEOPLE = (Author.PATIENT, Author.STAFF)

Row = TypeVar("Row", Conversation, MessageFacts)


@dataclass(frozen=True)
class Page(Generic[Row]):
    rows: Sequence[Row]
    next_key: str
    """Names the last row, for the page after it; empty on the last page."""


def log_conversations(wanted: LogFilter, *, after: str = "") -> Page[Conversation]:
    """Conversations, the latest active first."""
    found = Conversation.objects.select_related("person", "mark").prefetch_related("mark__tags")
    if wanted.starts_at:
        found = found.filter(last_activity_at__gte=wanted.starts_at)
    if wanted.ends_before:
        found = found.filter(last_activity_at__lt=wanted.ends_before)
    if wanted.channel:
        found = found.filter(channel=wanted.channel)
    if wanted.language:
        found = found.filter(language=wanted.language)
    if wanted.tag:
        found = found.filter(mark__tags__name=wanted.tag)
    if wanted.flagged:
        found = found.filter(mark__is_flagged=True)
    if wanted.handed_off:
        found = found.filter(Exists(Handoff.objects.filter(conversation=OuterRef("pk"))))
    if wanted.unreviewed:
        found = found.filter(Q(mark__isnull=True) | Q(mark__reviewed_sequence__lt=F("last_sequence")))
    if key := _read_key(after):
        found = found.filter(_before("last_activity_at", *key))
    return _page(list(found.order_by("-last_activity_at", "-pk")[: PAGE + 1]), "last_activity_at")


def log_messages(wanted: LogFilter, *, after: str = "") -> Page[MessageFacts]:
    """Messages, the latest first."""
    found = _matching(wanted)
    if key := _read_key(after):
        found = found.filter(_before("at", *key))
    rows = found.select_related("message", "message__staff", "conversation").order_by("-at", "-id")
    return _page(list(rows[: PAGE + 1]), "at")


def _matching(wanted: LogFilter) -> QuerySet[MessageFacts]:
    found = MessageFacts.objects.all()
    if wanted.starts_at:
        found = found.filter(at__gte=wanted.starts_at)
    if wanted.ends_before:
        found = found.filter(at__lt=wanted.ends_before)
    if wanted.channel:
        found = found.filter(channel=wanted.channel)
    if wanted.language:
        found = found.filter(language=wanted.language)
    if wanted.topic:
        found = found.filter(topic=wanted.topic, author=Author.PATIENT)
    if wanted.risk:
        found = found.filter(risk__in=["personal", "emergency"] if wanted.risk == "any" else [wanted.risk])
    if wanted.fallback:
        found = found.filter(is_fallback=True)
    if wanted.low_margin:
        found = found.filter(is_low_margin=True)
    if wanted.thumbs_down:
        found = found.filter(is_thumbs_down=True)
    if wanted.unreviewed:
        found = found.filter(is_reviewed=False)
    if wanted.tag:
        found = found.filter(conversation__mark__tags__name=wanted.tag)
    if wanted.flagged:
        found = found.filter(conversation__mark__is_flagged=True)
    if wanted.handed_off:
        found = found.filter(Exists(Handoff.objects.filter(conversation=OuterRef("conversation_id"))))
    if wanted.author:
        found = found.filter(author=wanted.author)
    elif wanted.q:
        found = found.filter(author__in=_SPOKEN_BY_PEOPLE)  # the assistant's fixed answers would drown them
    return search(found, wanted.q) if wanted.q else found


def queue(*, after: int = 0) -> list[MessageFacts]:
    """What is most worth a look first; `after` skips so many."""
    waiting = MessageFacts.objects.filter(is_reviewed=False, priority__gt=0)
    rows = waiting.select_related("message", "conversation").order_by("-priority", "-at", "-id")
    return list(rows[after : after + PAGE])


def queue_count(most: int = 1_000) -> int:
    """How many wait, counted up to `most`."""
    return MessageFacts.objects.filter(is_reviewed=False, priority__gt=0)[:most].count()


def message_with_conversation(message_id: str) -> Message | None:
    return (
        Message.objects.select_related("conversation__person", "facts", "review__reviewer")
        .filter(pk=message_id)
        .first()
    )


def messages_before(message: Message, count: int = 2) -> list[Message]:
    """What was said right before, in order."""
    earlier = Message.objects.filter(conversation_id=message.conversation_id, sequence__lt=message.sequence)
    return list(earlier.order_by("-sequence")[:count])[::-1]


def last_texts(conversation_ids: Sequence[str]) -> dict[str, str]:
    """What each patient said last."""
    last = Message.objects.filter(conversation=OuterRef("pk"), author=Author.PATIENT).order_by("-sequence")
    found = Conversation.objects.filter(pk__in=conversation_ids)
    return dict(found.annotate(last_text=Subquery(last.values("text")[:1])).values_list("pk", "last_text"))


def handoffs_judged(conversation: Conversation) -> list[Handoff]:
    """The conversation's handoffs with what staff think of them, the latest first."""
    return list(conversation.handoffs.select_related("judgement").order_by("-opened_at"))


def answers_to(message: Message) -> list[Message]:
    """What the patient was answered, in order."""
    return list(message.replies.order_by("sequence"))


def corrections(status: str = "") -> QuerySet[Correction]:
    """Corrections, the newest first."""
    found = Correction.objects.select_related("proposed_by", "decided_by", "message").order_by("-id")
    if status == Correction.Status.PROPOSED:
        return found.filter(status__in=[Correction.Status.PROPOSED, Correction.Status.BLOCKED])
    return found.filter(status=status) if status else found


def correction_counts() -> dict[str, int]:
    """How many corrections stand where; blocked ones wait like proposed ones."""
    counts = dict(Correction.objects.order_by().values_list("status").annotate(Count("pk")))
    counts[Correction.Status.PROPOSED] = counts.get(Correction.Status.PROPOSED, 0) + counts.pop(
        Correction.Status.BLOCKED, 0
    )
    return counts


def corrections_accepted() -> list[Correction]:
    """What the next run learns from, the oldest first."""
    accepted = Correction.objects.filter(status=Correction.Status.ACCEPTED).exclude(kind=Correction.Kind.NEW_TOPIC)
    return list(accepted.order_by("id"))


def last_runs(count: int = 5) -> list[CorrectionRun]:
    return list(CorrectionRun.objects.order_by("-id")[:count])


def saved_filters(owner: User) -> QuerySet[SavedFilter]:
    return SavedFilter.objects.filter(owner=owner)


def tags() -> QuerySet[Tag]:
    return Tag.objects.all()


def key_of(at: datetime, pk: object) -> str:
    return f"{at.isoformat()}~{pk}"


def _read_key(key: str) -> tuple[datetime, str] | None:
    """A page's key; None for the first page and for a key that nobody gave out."""
    at, _, pk = key.partition("~")
    moment = parse_datetime(at) if at else None
    return (moment, pk) if moment and moment.tzinfo and pk else None


def _before(field: str, at: datetime, pk: str) -> Q:
    """Rows behind this one in an order of time, then key, the latest first."""
    return Q(**{f"{field}__lte": at}) & (Q(**{f"{field}__lt": at}) | Q(pk__lt=pk))


def _page(rows: list[Row], at: str) -> Page[Row]:
    shown = rows[:PAGE]
    more = len(rows) > PAGE
    return Page(shown, key_of(getattr(shown[-1], at), shown[-1].pk) if more else "")
