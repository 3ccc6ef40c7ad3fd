"""Full-text search in Arabic and English, over words normalised as in training and in the risk screen.

PostgreSQL searches a GIN index over the array of words, SQLite an FTS5 table (`triggers.py` makes both). Neither cuts
words its own way: `terms` holds exactly the words of `assistant.text`.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from desk.review.models import MessageFacts
from desk.review.terms import without_article, words_of

MAX_WORDS = 8
_POSTGRES = "review_vector(review_messagefacts.terms) @@ to_tsquery('simple', %s)"
_SQLITE = "review_messagefacts.id IN (SELECT rowid FROM review_terms WHERE review_terms MATCH %s)"


def search(facts: QuerySet[MessageFacts], text: str) -> QuerySet[MessageFacts]:
    """Messages that hold every word of `text`, the beginning of a word sufficing; all where it holds no word."""
    words = list(dict.fromkeys(without_article(word) for word in words_of(text)))[:MAX_WORDS]
    if not words:
        return facts
    if connection.vendor == "postgresql":
        condition, query = _POSTGRES, " & ".join(f"{word}:*" for word in words)
    else:
        condition, query = _SQLITE, " AND ".join(f'"{word}"*' for word in words)
    return facts.filter(RawSQL(condition, (query,), output_field=BooleanField()))
