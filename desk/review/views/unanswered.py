"""What patients ask that we cannot answer, in groups of similar questions."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from desk.review.clusters import clusters_of
from desk.review.clusters import unanswered as unanswered_questions
from desk.review.presenters import part_tabs
from desk.review.services.facts import facts_catch_up
from desk.staff.access import page, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.presenters.times import clock
from desk.staff.roles import REVIEW
from desk.staff.words import words_for

LOOKED_BACK = timedelta(days=90)
MOST_SINGLE = 40


@staff_page("GET", "HEAD", needs=(REVIEW,))
def unanswered(request: HttpRequest) -> HttpResponse:
    words, now = words_for(request), timezone.now()
    facts_catch_up()
    audit_request(request, Act.UNANSWERED_READ)
    clusters = clusters_of(unanswered_questions(since=now - LOOKED_BACK))
    several = [cluster for cluster in clusters if cluster.size > 1]
    single = [cluster.questions[0] for cluster in clusters if cluster.size == 1]
    context = {
        "tabs": part_tabs("unanswered", words),
        "clusters": [
            {
                "questions": cluster.questions,
                "count": words["unanswered_count"].format(count=cluster.size, people=cluster.people),
                "last": clock(max(question.at for question in cluster.questions), now, words),
            }
            for cluster in several
        ],
        "single": single[:MOST_SINGLE],
        "single_count": words["unanswered_once"].format(count=len(single)),
    }
    return page(request, "review/unanswered.html", context)
