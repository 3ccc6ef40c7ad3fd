"""The risk screen: text in, judgement out. It never raises; what it cannot read counts as a risk."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assistant.risk.lexicon import Cues, Lexicon, load
from assistant.risk.matcher import Matcher
from assistant.risk.mention import Mention, Span
from assistant.risk.model import UNSPECIFIED, Finding, Risk, Who, combine, judge
from assistant.risk.neighbours import neighbours_of
from assistant.risk.patterns import Phrase
from assistant.risk.scope import REACH, Scope, Surroundings
from assistant.risk.shape import shape_of
from assistant.risk.words import STRONG_BREAK, Words, split
from assistant.text import Normalised, normalise_spans

logger = logging.getLogger(__name__)

_GROUP = "group "
_TOGETHER_REACH = 14
DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / "data" / "risk"


@dataclass(frozen=True)
class _Reading:
    """One text as the word lists see it."""

    text: str
    normalised: Normalised
    words: Words
    scoped: tuple[tuple[Mention, Scope], ...]
    cues: dict[str, list[Span]]


class RiskScreen:
    """Hears health risks in what a patient writes. Build once, share between threads."""

    def __init__(self, lexicon: Lexicon, cues: Cues) -> None:
        self._version = lexicon.version
        self._together = lexicon.together
        self._payloads: list[object] = []
        entries: list[tuple[Phrase, int]] = []
        numbers: dict[object, int] = {}
        for payload, phrase in (
            *(((topic, True), phrase) for topic, phrase in lexicon.phrases),
            *(((topic, False), phrase) for topic, phrase in lexicon.names),
            *((("not", category), phrase) for category, phrase in lexicon.homonyms),
            *((name, phrase) for name, phrase in cues.sequences),
            *((_GROUP + name, phrase) for name, phrase in lexicon.groups),
        ):
            if payload not in numbers:
                numbers[payload] = len(self._payloads)
                self._payloads.append(payload)
            entries.append((phrase, numbers[payload]))
        self._matcher = Matcher(entries, lexicon.never_typos)
        self._last: _Reading | None = None

    @property
    def version(self) -> str:
        """The fingerprint of the word lists in use."""
        return self._version

    def screen(self, text: str) -> Risk:
        """Judge one message. An error inside is a personal risk, never an exception."""
        try:
            return judge(self._findings(text))
        except Exception:
            logger.exception("the risk screen failed on a message")
            length = len(text) if isinstance(text, str) else 0
            return judge([Finding(UNSPECIFIED, "", 0, length, Who.SELF, False, "error", self._version)])

    def shape(self, text: str) -> tuple[str, ...]:
        """What the trained model learns of a message from the word lists; nothing where they cannot read it."""
        return self._read_for_the_model(text, lambda read: shape_of(read.words, read.scoped, read.cues))

    def neighbours(self, text: str) -> tuple[str, ...]:
        """The words around what the lists find, for the trained model; nothing where they cannot read it."""
        return self._read_for_the_model(text, lambda read: neighbours_of(read.words, (m for m, _ in read.scoped)))

    def _read_for_the_model(self, text: str, look: Callable[[_Reading], tuple[str, ...]]) -> tuple[str, ...]:
        try:
            return look(self._reading(text))
        except Exception:
            logger.exception("a message could not be read for the model")
            return ()

    def with_finding(self, risk: Risk, finding: Finding) -> Risk:
        """Add one more finding (the model's own signal, say) and judge again."""
        return judge([*risk.findings, finding])

    def combine(self, *risks: Risk) -> Risk:
        """Unite judgements of the same message."""
        return combine(*risks)

    def model_finding(self, text: str, category: str = UNSPECIFIED, kind: str | None = None) -> Finding:
        """The finding for a message that the model, not the word lists, takes for a personal risk."""
        return Finding(category, text, 0, len(text), Who.SELF, False, "model", self._version, kind)

    def _findings(self, text: str) -> list[Finding]:
        reading = self._reading(text)
        normalised, words = reading.normalised, reading.words
        findings = []
        for mention, scope in reading.scoped:
            start, end = _place(normalised, words, (mention.first, mention.after))
            cue = None
            if scope.cue is not None:
                cue_start, cue_end = _place(normalised, words, scope.cue)
                cue = text[cue_start:cue_end]
            findings.append(
                Finding(
                    category=mention.topic.category,
                    text=text[start:end],
                    start=start,
                    end=end,
                    who=scope.who,
                    negated=scope.negated,
                    source="lexicon",
                    version=self._version,
                    kind=mention.topic.kind,
                    cue=cue,
                    doubts=scope.doubts,
                )
            )
        return findings

    def _reading(self, text: str) -> _Reading:
        """Read a text, or remember it: a message is asked about twice, for its risk and for its shape."""
        last = self._last
        if last is not None and last.text == text:
            return last
        normalised = normalise_spans(text)
        words = split(normalised)
        mentions, cues = self._read(words)
        surroundings = Surroundings(words, mentions, cues)
        scoped = tuple((mention, surroundings.scope(mention)) for mention in mentions)
        self._last = reading = _Reading(text, normalised, words, scoped, cues)
        return reading

    def _read(self, words: Words) -> tuple[list[Mention], dict[str, list[Span]]]:
        found: list[Mention] = []
        cues: dict[str, list[Span]] = {}
        clear: list[tuple[int, int, str | None]] = []
        for first, after, number in self._matcher.matches(words):
            payload = self._payloads[number]
            if isinstance(payload, str):
                cues.setdefault(payload, []).append((first, after))
            elif isinstance(payload, tuple) and payload[0] == "not":
                clear.append((first, after, payload[1]))
            elif isinstance(payload, tuple):
                found.append(Mention(first, after, payload[0], payload[1]))
        cues = {name: spans if name in REACH else _widest(spans) for name, spans in cues.items()}
        found += self._found_together(words, cues)
        return _longest([m for m in found if not _cleared(m, clear)]), cues

    def _found_together(self, words: Words, cues: dict[str, list[Span]]) -> list[Mention]:
        """Mentions made of words of several groups in one sentence, in any order."""
        found: list[Mention] = []
        for topic, (first, *others) in self._together:
            for span in cues.get(_GROUP + first, []):
                if all(_near(span, cues.get(_GROUP + other, []), words) for other in others):
                    found.append(Mention(*span, topic, True))
        return found


def load_screen(folder: Path | str = DEFAULT_FOLDER) -> RiskScreen:
    """Build the screen from a folder of word lists; a bad file is a one-line ValueError."""
    return RiskScreen(*load(Path(folder)))


def _cleared(mention: Mention, clear: list[tuple[int, int, str | None]]) -> bool:
    """Whether a look-alike covers the mention, or a look-alike of its own category makes something else of its end."""
    for first, after, category in clear:
        if category not in (None, mention.topic.category):
            continue
        if first <= mention.first and mention.after <= after:
            return True
        if category is not None and mention.first < first < mention.after < after:
            return True
    return False


def _near(span: Span, others: list[Span], words: Words) -> bool:
    """Whether one of the others stands in the same sentence, beside the span and not in it."""
    for other in others:
        left, right = min(span, other), max(span, other)
        beside = left[1] <= right[0] <= left[1] + _TOGETHER_REACH
        if beside and STRONG_BREAK not in words.breaks[left[0] + 1 : right[1]]:
            return True
    return False


def _longest(mentions: list[Mention]) -> list[Mention]:
    """Of overlapping mentions of one category, the longest; of equals, the one said of a person."""
    kept: list[Mention] = []
    for mention in sorted(mentions, key=lambda m: (m.first - m.after, not m.of_person, m.first)):
        if not any(k.topic == mention.topic and k.first < mention.after and mention.first < k.after for k in kept):
            kept.append(mention)
    return sorted(kept, key=lambda m: (m.first, m.after, m.topic.category))


def _widest(spans: list[Span]) -> list[Span]:
    """Without spans that lie inside another, in order."""
    kept: list[Span] = []
    for span in sorted(set(spans), key=lambda s: (s[0], -s[1])):
        if not kept or span[1] > kept[-1][1]:
            kept.append(span)
    return kept


def _place(normalised: Normalised, words: Words, span: Span) -> tuple[int, int]:
    return normalised.span(words.spans[span[0]][0], words.spans[span[1] - 1][1])
