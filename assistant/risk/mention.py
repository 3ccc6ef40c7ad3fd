"""A risk phrase found in the words of a message."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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


def within(cues: Mapping[str, Sequence[Span]], name: str, sentence: Span) -> list[Span]:
    """The cues of that name that stand in the sentence."""
    return [cue for cue in cues.get(name, ()) if sentence[0] <= cue[0] and cue[1] <= sentence[1]]
