"""The words around what was heard, with the finding itself left out: "my husband _", "_ since 2015".

What they say of a finding is learnt from every illness for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable

from assistant.risk.mention import Mention
from assistant.risk.words import Words

_REACH = 7
_FINDING = "_"
_EDGE = "|"


def neighbours_of(words: Words, mentions: Iterable[Mention]) -> tuple[str, ...]:
    """For each finding the runs of words beside it, and every word before and behind it that is not far."""
    line = _without_findings(words, mentions)
    padded = [_EDGE, _EDGE, *line, _EDGE, _EDGE]
    found: set[str] = set()
    for place, word in enumerate(line):
        if word != _FINDING:
            continue
        far_left, left, _, right, far_right = padded[place : place + 5]
        found |= {f"{left}+_", f"_+{right}", f"{far_left}+{left}+_", f"_+{right}+{far_right}", f"{left}+_+{right}"}
        found |= {f"{other}.._" for other in line[max(0, place - _REACH) : place] if other != _FINDING}
        found |= {f"_..{other}" for other in line[place + 1 : place + 1 + _REACH] if other != _FINDING}
    return tuple(sorted(found))


def _without_findings(words: Words, mentions: Iterable[Mention]) -> list[str]:
    """The words, each finding as one sign; findings that overlap are one."""
    ends: dict[int, int] = {}
    last = 0
    for first, after in sorted((mention.first, mention.after) for mention in mentions):
        if first < last:
            start = max(ends)
            ends[start] = last = max(last, after)
        else:
            ends[first] = last = after
    line, at = [], 0
    while at < len(words):
        line.append(_FINDING if at in ends else words.texts[at])
        at = ends.get(at, at + 1)
    return line
