"""The shape of what was heard: findings and the words around them, in order, without the words themselves.

"My aunt has X, I only come for me" and "عمتي فيها X بس الجلسة لي" have one shape. The trained model learns from it what
a sentence says of a finding, whatever the finding is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from assistant.risk.mention import Mention, Span
from assistant.risk.scope import Scope
from assistant.risk.words import STRONG_BREAK, Words

# fmt: off
CUES = frozenset((
    "has_none", "is_not", "none_after", "not_negations", "self", "claims", "not_self", "others", "strangers",
    "not_treated", "past", "once", "long_ago", "over", "recent", "groups", "questions", "asking", "asks_of_it",
    "possible", "real", "joking", "ongoing", "treated", "dated", "taken_back", "i_am",
))
# fmt: on
_REACH = 4


def shape_of(
    words: Words, scoped: Iterable[tuple[Mention, Scope]], cues: Mapping[str, Sequence[Span]]
) -> tuple[str, ...]:
    """What stands where: findings with what scopes them, cues, ends of sentences and question marks."""
    places: list[tuple[float, str]] = [(m.first, sign) for m, scope in scoped for sign in _signs(m, scope)]
    places += [(span[0], name) for name, spans in cues.items() if name in CUES for span in spans]
    places += [(i - 0.5, "end") for i, strength in enumerate(words.breaks) if i and strength == STRONG_BREAK]
    places += [(i - 0.6, "asked") for i, marks in enumerate(words.marks) if "?" in marks or "؟" in marks]
    return tuple(sign for _, sign in sorted(places))


def features_of(shape: Sequence[str], length: int) -> str:
    """A shape for a linear model, as words: each sign, each two that stand near or together, how long the text is."""
    signs = ["start", *shape, "stop"]
    near = {f"{a}>{b}" for i, a in enumerate(signs) for b in signs[i + 1 : i + 1 + _REACH]}
    kinds = sorted(set(shape) - {"end"})
    together = {f"{a}&{b}" for i, a in enumerate(kinds) for b in kinds[i + 1 :]}
    return " ".join(sorted({*signs, *near, *together, f"length:{min(9, length // 25)}"}))


def _signs(mention: Mention, scope: Scope) -> list[str]:
    signs = ["said" if mention.of_person else "named", f"is:{mention.topic.category}", f"who:{scope.who.value}"]
    return [*signs, "negated"] if scope.negated else signs
