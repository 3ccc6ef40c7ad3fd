"""What surrounds a finding: is it denied, long over, somebody else's, or only asked about in general?"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.risk.doubts import Doubts
from assistant.risk.lexicon import About, Silence
from assistant.risk.mention import Mention, Span, within
from assistant.risk.model import Doubt, Who
from assistant.risk.words import NO_BREAK, STRONG_BREAK, Words

REACH = {"has_none": 5, "is_not": 3}
_PLAIN_DENIALS = frozenset({"no", "zero", "without", "بدون", "خاليه", "خالي"})
_PAST_REACH = 6
_POSSIBLE_REACH = 7


@dataclass(frozen=True)
class Scope:
    """What the surroundings say about one mention, and the words that said it."""

    who: Who
    negated: bool
    cue: Span | None
    doubts: tuple[Doubt, ...] = ()


class Surroundings:
    """The cues of one text and the mentions they may scope."""

    def __init__(self, words: Words, mentions: list[Mention], cues: dict[str, list[Span]]) -> None:
        self._words = words
        self._mentions = mentions
        pseudo = cues.get("not_negations", [])
        not_self = cues.get("not_self", [])
        inside = [(m.first, m.after) for m in mentions]
        self._cues = cues
        self._negations = {
            name: [
                cue
                for cue in cues.get(name, [])
                if not _touches_any(cue, pseudo) and not any(a <= cue[0] and cue[1] <= b for a, b in inside)
            ]
            for name in REACH
        }
        self._inner = [cue for cue in cues.get("has_none", []) if not _touches_any(cue, pseudo)]
        self._links = {index for span in cues.get("list_words", []) for index in range(*span)}
        self._self = [cue for cue in cues.get("self", []) if not _touches_any(cue, not_self)]
        denials = [cue for cues in self._negations.values() for cue in cues]
        self._doubts = Doubts(words, cues, denials=denials, speaks_of_self=bool(self._self))

    def scope(self, mention: Mention) -> Scope:
        """Judge one mention."""
        start, end = self._sentence(mention)
        who, said_by = self._who(mention, start, end)
        denied = (
            self._denied(mention)
            or self._denied_inside(mention)
            or self._denied_after(mention, end)
            or self._over(mention, start, end)
        )
        near_self = self._near_self(mention, start, end) is not None
        doubts = self._doubts.about(mention, who, (start, end), asked=self._asked(end), near_self=near_self)
        return Scope(who, denied is not None, denied or said_by, doubts)

    def _sentence(self, mention: Mention) -> Span:
        breaks, size = self._words.breaks, len(self._words)
        start = mention.first
        while start > 0 and breaks[start] != STRONG_BREAK:
            start -= 1
        end = mention.after
        while end < size and breaks[end] != STRONG_BREAK:
            end += 1
        return start, end

    # -- denied -------------------------------------------------------------------------------------------------

    def _denied(self, mention: Mention) -> Span | None:
        for name, cues in self._negations.items():
            for cue in reversed(cues):
                if cue[0] < mention.first and self._reaches(name, cue, mention):
                    return cue
        return None

    def _reaches(self, name: str, cue: Span, mention: Mention) -> bool:
        """Whether the denial flows on from the cue to the mention."""
        if cue[1] > mention.first:
            return True
        breaks = self._words.breaks
        ends = {span[0]: span for span in self._cues.get("ends", []) if not _inside_any(span, [cue])}
        links = self._links
        between = [m for m in self._mentions if m.first >= cue[1] and m.after <= mention.first]
        far = 0
        commas = False
        index = cue[1]
        while index <= mention.first:
            if breaks[index] == STRONG_BREAK or (index in ends and not _covers(between, index)):
                return False
            if breaks[index] != NO_BREAK:
                commas = True
                far = 0
            if index == mention.first:
                break
            known = next((m for m in between if m.first == index), None)
            if known is not None:
                index, far = known.after, 0
                continue
            if index in links:
                far = 0
            else:
                far += 1
            if far > REACH[name]:
                return False
            index += 1
        linked = any(i in links for i in range(cue[1], min(mention.after + 2, len(self._words))))
        last = max((m.after for m in between), default=cue[1])
        if commas and not linked and (name != "has_none" or mention.of_person):
            return False
        if between:
            joined = any(i in links for i in range(last, mention.first + 1)) or (commas and linked)
            loose_and = self._words.texts[mention.first].startswith("و") or any(
                self._words.texts[i] in ("and", "w", "wa", "&", "و") for i in range(last, mention.first)
            )
            if not joined and mention.of_person:
                return False
            if not joined and not loose_and and not commas:
                return False
        return True

    def _denied_inside(self, mention: Mention) -> Span | None:
        """ "I have no medical issues": the denial stands in a gap of the phrase itself."""
        if mention.topic.about is not About.CONDITION:
            return None
        for cue in self._inner:
            if mention.first < cue[0] and cue[1] <= mention.after and self._words.texts[cue[0]] in _PLAIN_DENIALS:
                return cue
        return None

    def _denied_after(self, mention: Mention, end: int) -> Span | None:
        """ "Allergies: none", "Pregnant? No." """
        for cue in self._cues.get("none_after", []):
            gap = cue[0] - mention.after
            if gap == 0 and (cue[0] < end or self._asked(cue[0])):
                return cue
            if gap == 1 and cue[0] < end and mention.after not in self._links:
                return cue
        return None

    def _over(self, mention: Mention, start: int, end: int) -> Span | None:
        """The words that say it is past, when the category is silenced by that."""
        if mention.topic.past is Silence.NEVER or self._within("recent", start, end):
            return None
        said = self._within("past", start, end)
        near = [c for c in said if 0 <= mention.first - c[1] <= _PAST_REACH or c[0] == mention.first]
        past = near[0] if near else None
        over = next(iter(self._within("long_ago", start, end) + self._within("over", start, end)), None)
        if mention.topic.past is Silence.ALWAYS:
            return past or (over if over and self._within("long_ago", start, end) else None)
        return over if past or self._within("over", start, end) else None

    # -- whose --------------------------------------------------------------------------------------------------

    def _who(self, mention: Mention, start: int, end: int) -> tuple[Who, Span | None]:
        own = self._near_self(mention, start, end)
        kin = self._kin(mention, start)
        asked_for = self._touching("groups", mention, start, end)
        if asked_for and own is None and kin is None and not self._told(mention, start, end):
            return Who.GENERAL, asked_for
        if mention.topic.about is not About.CONDITION:
            possible = self._possible(mention, start, end)
            if possible is not None:
                return Who.GENERAL, possible
        if kin is not None:
            return Who.OTHER, kin
        if self._cues.get("claims"):
            return Who.SELF, self._cues["claims"][0]
        if mention.topic.about is About.CONDITION and own is None:
            question = self._question(mention, start, end)
            if question is not None:
                return Who.GENERAL, question
        return Who.SELF, own

    def _told(self, mention: Mention, start: int, end: int) -> bool:
        """Whether nothing in the sentence asks: "heart patient, on aspirin" is said of the writer."""
        asks = ("questions", "asks_of_it", "possible", "asking")
        return not self._asked(end) and not any(self._within(name, start, end) for name in asks)

    def _asked(self, end: int) -> bool:
        return any(mark in self._words.marks[end] for mark in "?؟")

    def _question(self, mention: Mention, start: int, end: int) -> Span | None:
        """Words that ask about the thing itself: before it, or right after it as what it does."""
        for cue in self._within("questions", start, end):
            if cue[0] <= mention.first and (not mention.of_person or cue[1] > mention.first):
                return cue
        for cue in self._within("asks_of_it", start, end):
            if cue[0] >= mention.after or cue[0] < mention.first:
                return cue
        return None

    def _near_self(self, mention: Mention, start: int, end: int) -> Span | None:
        cues = [c for c in self._self if start <= c[0] < end]
        return cues[-1] if cues else None

    def _kin(self, mention: Mention, start: int) -> Span | None:
        """The other person nearest before the mention, unless the writer comes in between or claims it."""
        if any(mention.first <= c[1] and c[0] <= mention.after for c in self._cues.get("claims", [])):
            return None
        others = [c for c in self._cues.get("others", []) if start <= c[0] <= mention.first]
        if not others:
            after = [c for c in self._cues.get("others", []) if 0 <= c[0] - mention.after <= 1]
            return after[0] if after else None
        nearest = max(others)
        if any(nearest[1] <= c[0] <= mention.first for c in self._self):
            return None
        return nearest

    def _possible(self, mention: Mention, start: int, end: int) -> Span | None:
        """For what happens (an infection, bleeding): words that only ask whether it may."""
        if self._within("real", start, end):
            return None
        for cue in self._within("possible", start, end):
            if cue[0] <= mention.first and mention.first - cue[1] <= _POSSIBLE_REACH:
                return cue
        return None

    def _touching(self, name: str, mention: Mention, start: int, end: int) -> Span | None:
        for cue in self._within(name, start, end):
            if cue[0] <= mention.after and mention.first - cue[1] <= 1:
                return cue
        return None

    def _within(self, name: str, start: int, end: int) -> list[Span]:
        return within(self._cues, name, (start, end))


def _touches_any(span: Span, others: Iterable[Span]) -> bool:
    return any(span[0] < other[1] and other[0] < span[1] for other in others)


def _inside_any(span: Span, others: Iterable[Span]) -> bool:
    return any(other[0] <= span[0] and span[1] <= other[1] for other in others)


def _covers(mentions: Iterable[Mention], index: int) -> bool:
    return any(m.first <= index < m.after for m in mentions)
