"""Corrections: what reviewers propose, a manager's decision, the patch, and what learning from them gave."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.conversations.models import Language
from desk.review import selectors
from desk.review.models import Correction, CorrectionRun
from desk.review.presenters import correction_row, part_tabs, problem_words
from desk.review.services import corrections as services
from desk.review.training_files import author
from desk.staff.access import not_found, page, see_other, staff_of, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.presenters.times import clock
from desk.staff.roles import MANAGE, REVIEW, may
from desk.staff.words import Words, words_for

SHOWN = 100
STATUSES = (
    (Correction.Status.PROPOSED, "corrections_open"),
    (Correction.Status.ACCEPTED, "corrections_accepted"),
    (Correction.Status.PROMOTED, "corrections_promoted"),
    (Correction.Status.REFUSED, "corrections_refused"),
)


@staff_page("GET", "HEAD", needs=(REVIEW,))
def corrections(request: HttpRequest) -> HttpResponse:
    return _shown(request, request.GET.get("status", ""))


@staff_page("POST", needs=(MANAGE,))
def accept(request: HttpRequest, correction_id: int) -> HttpResponse:
    words = words_for(request)
    language = request.POST.get("language", "")
    if language not in Language.values:
        return not_found(request)
    try:
        with transaction.atomic():
            services.correction_accept(
                correction_id=correction_id,
                staff=staff_of(request),
                text=request.POST.get("text", ""),
                language=Language(language),
                now=timezone.now(),
            )
            audit_request(request, Act.CORRECTION_DECIDED, correction=correction_id, verdict="accepted")
    except Correction.DoesNotExist:
        return not_found(request)
    except services.AlreadyDecided:
        return _shown(request, error=words["already_decided"], code=409)
    except services.CannotAccept as refused:
        problem = problem_words(refused.code, refused.what, words)
        return _shown(request, problem={correction_id: problem}, draft={correction_id: request.POST.get("text", "")})
    return see_other(request, "review:corrections", notice="accepted")


@staff_page("POST", needs=(MANAGE,))
def refuse(request: HttpRequest, correction_id: int) -> HttpResponse:
    try:
        with transaction.atomic():
            services.correction_refuse(correction_id=correction_id, staff=staff_of(request), now=timezone.now())
            audit_request(request, Act.CORRECTION_DECIDED, correction=correction_id, verdict="refused")
    except Correction.DoesNotExist:
        return not_found(request)
    except services.AlreadyDecided:
        return _shown(request, error=words_for(request)["already_decided"], code=409)
    return see_other(request, "review:corrections", notice="refused")


@staff_page("POST", needs=(MANAGE,))
def patch(request: HttpRequest) -> HttpResponse:
    """All accepted corrections as one patch for `git apply`."""
    now = timezone.now()
    items = [services.item_of(correction) for correction in selectors.corrections_accepted()]
    made = author().patch(items, on=timezone.localdate(now))
    if not made.taken:
        return _shown(request, Correction.Status.ACCEPTED, error=words_for(request)["corrections_patch_empty"])
    audit_request(request, Act.CORRECTIONS_DOWNLOADED, correction=[item.id for item in made.taken])
    name = f"corrections-{timezone.localtime(now):%Y-%m-%d}.patch"
    return HttpResponse(
        made.diff(),
        content_type="text/x-patch; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _shown(
    request: HttpRequest,
    status: str = "",
    *,
    error: str = "",
    problem: dict[int, str] | None = None,
    draft: dict[int, str] | None = None,
    code: int = 200,
) -> HttpResponse:
    words, now = words_for(request), timezone.now()
    current = status if status in {value for value, _ in STATUSES} else Correction.Status.PROPOSED.value
    rows = [correction_row(each, words) for each in selectors.corrections(current)[:SHOWN]]
    counts = selectors.correction_counts()
    context: dict[str, Any] = {
        "tabs": part_tabs("corrections", words),
        "statuses": [
            (value.value, words[word], value == current, counts.get(value.value, 0)) for value, word in STATUSES
        ],
        "rows": [(row, (draft or {}).get(row.id, row.text), (problem or {}).get(row.id, row.problem)) for row in rows],
        "may_decide": may(staff_of(request), MANAGE),
        "may_write": may(staff_of(request), MANAGE) and current == Correction.Status.ACCEPTED and bool(rows),
        "languages": [(value, words.of("languages", value)) for value in Language.values],
        "runs": [_run(run, words, clock(run.started_at, now, words)) for run in selectors.last_runs()],
        "error": error,
    }
    return page(request, "review/corrections.html", context, status=code)


def _run(run: CorrectionRun, words: Words, at: str) -> dict[str, Any]:
    return {
        "at": at,
        "is_promoted": run.is_promoted,
        "fell": words["runs_fell"].format(figures=", ".join(run.falls)) if run.falls else "",
        "figures": [(each["name"], f"{each['before']:.1%}", f"{each['after']:.1%}") for each in run.figures],
    }
