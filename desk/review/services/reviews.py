"""Verdicts of reviewers and staff: on how a message was understood, and on whether a handoff was needed."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from desk.conversations.models import Conversation, Direction, Kind, Message
from desk.conversations.services import conversation_lock
from desk.handoffs.models import Handoff, HandoffEvent
from desk.handoffs.needs import Need
from desk.handoffs.services import handoff_need
from desk.review.models import Correction, HandoffJudgement, MessageFacts, MessageReview, Verdict
from desk.review.services.corrections import correction_propose
from desk.review.services.facts import facts_pending_mark
from desk.review.topics import correctable_intents, risk_categories
from desk.staff.models import User

MISSED_RISK = "missed_risk"
STILL_URGENT = timedelta(days=7)
"""So long a risk that a reviewer finds is still handed to staff."""

_CORRECTION_OF = {
    Verdict.WRONG: Correction.Kind.PHRASE,
    Verdict.NEW_TOPIC: Correction.Kind.NEW_TOPIC,
    Verdict.RISK: Correction.Kind.RISK,
    Verdict.NO_RISK: Correction.Kind.NO_RISK,
}


class CannotReview(ValueError):
    """This verdict does not fit; the message is a word of the interface."""


@transaction.atomic
def message_review(
    *, message_id: str, reviewer: User, verdict: Verdict, now: datetime, intent: str = "", category: str = ""
) -> MessageReview:
    """Record the verdict and propose its correction; raises CannotReview.

    A risk that was missed is handed to staff at once while it may still matter. A second verdict replaces the first,
    and with it a correction that nobody has decided on.
    """
    conversation, message = _locked_question(message_id)
    if verdict == Verdict.WRONG and intent not in correctable_intents():
        raise CannotReview("unknown_intent")
    if verdict == Verdict.RISK and category not in risk_categories():
        raise CannotReview("unknown_category")
    review, _ = MessageReview.objects.update_or_create(
        message=message,
        defaults={
            "verdict": verdict,
            "intent": intent if verdict == Verdict.WRONG else "",
            "category": category if verdict == Verdict.RISK else "",
            "reviewer": reviewer,
            "at": now,
        },
    )
    message.corrections.filter(status__in=[Correction.Status.PROPOSED, Correction.Status.BLOCKED]).delete()
    if kind := _CORRECTION_OF.get(verdict):
        correction_propose(
            message=message, kind=kind, intent=review.intent, category=review.category, proposed_by=reviewer, now=now
        )
    if verdict == Verdict.RISK and now - message.created_at <= STILL_URGENT:
        _hand_over(conversation, message, category)
    MessageFacts.objects.filter(message=message).update(is_reviewed=True)
    facts_pending_mark([message.pk])
    return review


@transaction.atomic
def message_unreview(*, message_id: str) -> None:
    """Take a verdict back, and its correction unless it is decided on; the message is queued again."""
    _, message = _locked_question(message_id)
    MessageReview.objects.filter(message=message).delete()
    message.corrections.filter(status__in=[Correction.Status.PROPOSED, Correction.Status.BLOCKED]).delete()
    MessageFacts.objects.filter(message=message).update(is_reviewed=False)
    facts_pending_mark([message.pk])


@transaction.atomic
def handoff_judge(
    *, handoff_id: str, staff: User, verdict: HandoffJudgement.Verdict, now: datetime
) -> HandoffJudgement:
    """Record whether a handoff was needed: a needless one is worth a reviewer's look."""
    handoff = Handoff.objects.get(pk=handoff_id)
    judgement, _ = HandoffJudgement.objects.update_or_create(
        handoff=handoff, defaults={"verdict": verdict, "staff": staff, "at": now}
    )
    opened = HandoffEvent.objects.filter(handoff=handoff, kind=HandoffEvent.Kind.OPENED, message__isnull=False)
    facts_pending_mark(opened.values_list("message_id", flat=True))
    return judgement


def _locked_question(message_id: str) -> tuple[Conversation, Message]:
    message = Message.objects.filter(pk=message_id).first()
    if message is None or message.direction != Direction.IN or message.kind != Kind.TEXT:
        raise CannotReview("not_reviewable")
    return conversation_lock(message.conversation_id), message


def _hand_over(conversation: Conversation, message: Message, category: str) -> None:
    """Give staff what nobody has seen yet; a handoff since then has shown it to them."""
    if Handoff.objects.filter(conversation=conversation, closed_at__isnull=True).exists():
        return
    if Handoff.objects.filter(conversation=conversation, closed_at__gte=message.created_at).exists():
        return
    handoff_need(
        conversation, Need(MISSED_RISK, risk_categories()[category], (category,), message.text), message=message
    )
