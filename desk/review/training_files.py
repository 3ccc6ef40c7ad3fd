"""The project's training files as the desk sees them, read once for each state they are in."""

from __future__ import annotations

from functools import lru_cache

from django.conf import settings

from desk.review.patches import Author
from desk.review.phrasebook import latin_words


def author() -> Author:
    """Works out patches for the files as they are now."""
    return _author(_changed_at())


def known_words() -> frozenset[str]:
    """Words that are no names although somebody wrote them with a capital; far quicker to have than an author."""
    return _known_words(_changed_at())


def _changed_at() -> int:
    return max(path.stat().st_mtime_ns for path in (settings.BASE_DIR / "data" / "nlu").glob("*/*.yml"))


@lru_cache(maxsize=1)
def _author(changed_at: int) -> Author:
    return Author(settings.BASE_DIR)


@lru_cache(maxsize=1)
def _known_words(changed_at: int) -> frozenset[str]:
    return latin_words(settings.BASE_DIR)
