"""Corrections: proposed by a verdict, worded and accepted by people, learnt in a run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction

from desk.conversations.models import Language, Message
from desk.review.models import Correction, CorrectionRun
from desk.review.patches import Item, Refusal
from desk.review.personal_data import MayBePersonal, without_personal_data
from desk.review.training_files import author, known_words
from desk.staff.models import User

OPEN = (Correction.Status.PROPOSED, Correction.Status.BLOCKED)


class CannotAccept(ValueError):
    """The wording may not be learnt from; `code` says why, `what` what it concerns."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(f"{code}: {what}" if what else code)
        self.code = code
        self.what = what


class AlreadyDecided(ValueError):
    """Somebody has accepted or refused this correction before."""


def correction_propose(
    *, message: Message, kind: Correction.Kind, intent: str, category: str, proposed_by: User, now: datetime
) -> Correction:
    """Make the correction a verdict stands for, its wording without personal data, or blocked where that is unsure."""
    correction = Correction(
        message=message,
        kind=kind,
        language=message.language or message.conversation.speaks,
        intent=intent,
        category=category,
        proposed_by=proposed_by,
        proposed_at=now,
    )
    try:
        cleaned = without_personal_data(message.text, known_words=known_words())
        correction.text, correction.removed = cleaned.text, list(cleaned.removed)
    except MayBePersonal as found:
        correction.status, correction.problem = Correction.Status.BLOCKED, str(found)[:300]
    correction.save()
    return correction


@transaction.atomic
def correction_accept(*, correction_id: int, staff: User, text: str, language: Language, now: datetime) -> Correction:
    """Accept a correction as worded here; raises AlreadyDecided or CannotAccept (nothing is changed then)."""
    correction = _locked_open(correction_id)
    try:
        cleaned = without_personal_data(text, known_words=known_words())
    except MayBePersonal as found:
        raise CannotAccept(found.code, found.what) from None
    correction.text, correction.language = cleaned.text, language
    correction.removed = list(dict.fromkeys([*correction.removed, *cleaned.removed]))
    if correction.kind != Correction.Kind.NEW_TOPIC:
        refusal = author().refusal(item_of(correction)) or _accepted_already(correction)
        if refusal:
            raise CannotAccept(refusal.code, refusal.what)
    return _decide(correction, Correction.Status.ACCEPTED, staff, now)


@transaction.atomic
def correction_refuse(*, correction_id: int, staff: User, now: datetime) -> Correction:
    """Refuse a correction: nothing is learnt from it. Raises AlreadyDecided."""
    return _decide(_locked_open(correction_id), Correction.Status.REFUSED, staff, now)


@transaction.atomic
def corrections_run_record(
    *,
    learnt: Iterable[Item],
    refused: Sequence[Refusal],
    figures: list[dict[str, object]],
    falls: list[str],
    is_promoted: bool,
    started_at: datetime,
) -> CorrectionRun:
    """Keep what a training with corrections gave; promoted ones are done, refused ones must be worded anew."""
    run = CorrectionRun.objects.create(started_at=started_at, is_promoted=is_promoted, falls=falls, figures=figures)
    tried = Correction.objects.filter(pk__in=[item.id for item in learnt], status=Correction.Status.ACCEPTED)
    tried.update(run=run, **({"status": Correction.Status.PROMOTED} if is_promoted else {}))
    for refusal in refused:
        problem = f"{refusal.code}: {refusal.what}"[:300]
        accepted = Correction.objects.filter(pk=refusal.item.id, status=Correction.Status.ACCEPTED)
        accepted.update(status=Correction.Status.BLOCKED, problem=problem)
    return run


def item_of(correction: Correction) -> Item:
    """The correction as the files need it."""
    return Item(
        id=correction.pk,
        kind=correction.kind,
        text=correction.text,
        language=correction.language,
        intent=correction.intent,
        category=correction.category,
    )


def _accepted_already(correction: Correction) -> Refusal | None:
    same = Correction.objects.filter(
        text=correction.text, status__in=[Correction.Status.ACCEPTED, Correction.Status.PROMOTED]
    ).exclude(pk=correction.pk)
    other = same.first()
    return Refusal(item_of(correction), "twice", str(other.pk)) if other else None


def _locked_open(correction_id: int) -> Correction:
    correction = Correction.objects.select_for_update().get(pk=correction_id)
    if correction.status not in OPEN:
        raise AlreadyDecided(correction.status)
    return correction


def _decide(correction: Correction, status: Correction.Status, staff: User, now: datetime) -> Correction:
    correction.status, correction.decided_by, correction.decided_at = status, staff, now
    correction.problem = ""
    correction.save()
    return correction
