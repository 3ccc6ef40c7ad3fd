"""What patients ask that we cannot answer: similar unanswered questions, the largest group first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistant.text import normalise, tokens
from desk.conversations.models import Author
from desk.review.facts import UNANSWERED
from desk.review.models import MessageFacts, MessageReview, Verdict

MOST_QUESTIONS = 1_500
ALIKE = 0.62
"""Distance (1 - cosine of letter n-grams) up to which two questions are taken together, averaged over the group."""
SHOWN = 12
MIN_LETTERS = 4


@dataclass(frozen=True)
class Question:
    message_id: str
    conversation_id: str
    text: str
    language: str
    at: datetime


@dataclass(frozen=True)
class Cluster:
    """Questions that are alike; the most typical one first."""

    questions: tuple[Question, ...]
    size: int
    people: int
    """Conversations it was asked in."""


def unanswered(*, since: datetime | None = None) -> list[Question]:
    """The latest questions that no topic answered, and those that reviewers said need a new topic."""
    found = MessageFacts.objects.filter(author=Author.PATIENT)
    if since:
        found = found.filter(at__gte=since)
    unmatched = found.filter(topic__in=UNANSWERED).exclude(
        message__review__verdict__in=[Verdict.WRONG, Verdict.NO_RISK]
    )
    said = MessageReview.objects.filter(verdict=Verdict.NEW_TOPIC).values("message_id")
    columns = ("message_id", "conversation_id", "message__text", "language", "at")
    rows: dict[str, Any] = {}
    for query in (found.filter(message__in=said), unmatched):
        rows |= {row[0]: row for row in query.order_by("-at").values_list(*columns)[:MOST_QUESTIONS]}
    questions = [Question(*row) for row in rows.values()]
    return [q for q in questions if sum(c.isalpha() for c in q.text) >= MIN_LETTERS][:MOST_QUESTIONS]


def clusters_of(questions: Sequence[Question]) -> list[Cluster]:
    """Group similar questions; a question that nobody else asked is a group of its own."""
    texts = [" ".join(tokens(normalise(question.text))) for question in questions]
    groups: dict[int, list[int]] = defaultdict(list)
    centres: dict[int, Any] = {}
    if len(set(texts)) < 2:
        groups[0] = list(range(len(texts)))
        return [_cluster(questions, groups[0], None)] if texts else []
    vectors, labels = _grouped(texts)
    for place, label in enumerate(labels):
        groups[int(label)].append(place)
    for label, places in groups.items():
        centres[label] = (vectors[places] @ vectors[places].mean(axis=0).T).A.ravel() if len(places) > 1 else None
    found = [_cluster(questions, places, centres[label]) for label, places in groups.items()]
    return sorted(found, key=lambda cluster: (-cluster.people, -cluster.size, -cluster.questions[0].at.timestamp()))


def _grouped(texts: list[str]) -> tuple[Any, Any]:
    """tf-idf over letters, since Arabic carries its little words as letters; groups by average distance."""
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True).fit_transform(texts)
    distances = 1.0 - (vectors @ vectors.T).toarray()
    grouping = AgglomerativeClustering(
        n_clusters=None, distance_threshold=ALIKE, affinity="precomputed", linkage="average"
    )
    return vectors, grouping.fit_predict(distances.clip(0.0, 1.0))


def _cluster(questions: Sequence[Question], places: list[int], typical: Any) -> Cluster:
    order = sorted(range(len(places)), key=lambda i: -typical[i]) if typical is not None else range(len(places))
    members = [questions[places[i]] for i in order]
    distinct = {normalise(question.text): question for question in reversed(members)}
    shown = tuple(reversed(distinct.values()))[:SHOWN]
    return Cluster(shown, len(members), len({question.conversation_id for question in members}))
