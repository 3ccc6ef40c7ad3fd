"""A risk phrase found in the words of a message."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.risk.lexicon import Topic

Span = tuple[int, int]
"""First word and the word after the last."""


@dataclass(frozen=True)
class Mention:
    """A risk phrase found in the words."""

    first: int
    after: int
    topic: Topic
    of_person: bool
