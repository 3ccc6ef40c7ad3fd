"""What makes a finding doubtful, so that it alone does not decide: the trained model is asked too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from assistant.risk.lexicon import About
from assistant.risk.mention import Mention, Span, within
from assistant.risk.model import Doubt, Who
from assistant.risk.words import Words

LAUGHTER = frozenset("😂🤣😅😆😹")


class Doubts:
    """The words of one text that put its findings in doubt."""

    def __init__(
        self, words: Words, cues: Mapping[str, Sequence[Span]], *, denials: Sequence[Span], speaks_of_self: bool
    ) -> None:
        """`denials`: the words that deny; `speaks_of_self`: whether any word says that the writer is meant."""
        self._cues = cues
        self._denials = denials
        self._nobody_claims = not speaks_of_self and not cues.get("claims")
        self._joking = bool(cues.get("joking")) or any(mark in LAUGHTER for marks in words.marks for mark in marks)

    def about(self, mention: Mention, who: Who, sentence: Span, *, asked: bool, near_self: bool) -> tuple[Doubt, ...]:
        """What makes the mention doubtful; an emergency knows two doubts: a joke, and long ago.

        Not that it is a stranger's: "a woman at your door has collapsed" is no gossip.
        """
        if mention.topic.about is About.DANGER:
            long_ago = self._outside(mention, ("long_ago", "dated"), sentence) and not self._within("recent", sentence)
            said = {Doubt.PAST: long_ago, Doubt.JOKING: self._joking}
            return tuple(doubt for doubt, holds in said.items() if holds and mention.topic.kind is None)
        claimed = self._claimed(mention)
        said = {
            Doubt.OTHER: not self._cues.get("treated") and not claimed and self._speaks_of_others(who, sentence),
            Doubt.NOT_TREATED: bool(self._cues.get("not_treated")),
            Doubt.PAST: not claimed and self._was_once(mention, sentence),
            Doubt.DENIED: self._denial_near(mention, sentence) or self._taken_back(mention),
            Doubt.ASKED: asked and not near_self,
            Doubt.UNCLAIMED: self._nobody_claims,
            Doubt.JOKING: self._joking,
        }
        return tuple(doubt for doubt, holds in said.items() if holds)

    def _claimed(self, mention: Mention) -> bool:
        """Whether "I am", "because I" stand right before it: then it is the writer's, and now."""
        return any(cue[0] <= mention.first <= cue[1] for cue in self._cues.get("i_am", []))

    def _was_once(self, mention: Mention, sentence: Span) -> bool:
        """Whether words around it tell of the past; "he is 15" is no past of its own."""
        return self._outside(mention, ("once", "dated"), sentence) and not self._within("ongoing", sentence)

    def _speaks_of_others(self, who: Who, sentence: Span) -> bool:
        return who is Who.OTHER or self._within("others", sentence) or self._within("strangers", sentence)

    def _denial_near(self, mention: Mention, sentence: Span) -> bool:
        """Whether a denial stands in the sentence, and nothing that ends it ("but I am") between."""
        ends = self._cues.get("ends", [])
        for cue in self._denials:
            left, right = min(cue[1], mention.after), max(cue[0], mention.first)
            if sentence[0] <= cue[0] < sentence[1] and not any(left <= end[0] < right for end in ends):
                return True
        return False

    def _taken_back(self, mention: Mention) -> bool:
        """Whether something behind it, in any sentence, denies what was named: "none of them", "that is a mistake"."""
        return any(cue[0] >= mention.after for cue in self._cues.get("taken_back", []))

    def _outside(self, mention: Mention, names: Sequence[str], sentence: Span) -> bool:
        """Whether such a cue stands in the sentence and does not begin inside the mention."""
        cues = [cue for name in names for cue in within(self._cues, name, sentence)]
        return any(not mention.first <= cue[0] < mention.after for cue in cues)

    def _within(self, name: str, sentence: Span) -> bool:
        return bool(within(self._cues, name, sentence))
