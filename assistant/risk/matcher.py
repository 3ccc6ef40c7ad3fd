"""One graph of all phrases, which reads a text once and says where each phrase stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from assistant.risk.arabizi import ArabiziReader, is_arabizi
from assistant.risk.patterns import Atom, Choice, Mark, Phrase, Word
from assistant.risk.typos import TypoIndex
from assistant.risk.words import (
    NO_BREAK,
    STRONG_BREAK,
    Words,
    arabic_forms,
    arabizi_forms,
    is_arabic,
    latin_forms,
)

_GAP = 3
_CACHE = 20_000
_NOTHING: frozenset[int] = frozenset()


@dataclass(eq=False)
class _Node:
    edges: dict[int, list[_Node]] = field(default_factory=dict)
    free: list[_Node] = field(default_factory=list)
    gap: _Node | None = None
    start: _Node | None = None
    end: _Node | None = None
    payloads: list[int] = field(default_factory=list)
    after: dict[object, _Node] = field(default_factory=dict)
    """Where an element leads that already starts here: phrases share their beginnings."""
    waits: bool | None = None
    """Whether more may happen here than that an edge is followed."""

    def finish(self) -> None:
        """No phrase is added any more, here or behind."""
        for node in self.after.values():
            node.finish()
        self.after.clear()
        self._take_over()

    def _take_over(self) -> None:
        """What a free node offers is offered here, but for what an edge cannot say."""
        if self.waits is not None:
            return
        self.waits = False
        free, self.free = self.free, []
        for node in free:
            node._take_over()
            if node.gap or node.start or node.end:
                self.free.append(node)
                continue
            self.free += node.free
            self.payloads += node.payloads
            for cls, targets in node.edges.items():
                own = self.edges.setdefault(cls, [])
                own += [target for target in targets if target not in own]
        self.waits = bool(self.payloads or self.free or self.gap or self.start or self.end)


Match = tuple[int, int, int]
"""First word, word after the last, payload."""


class Matcher:
    """All phrases of the clinic's word lists, ready to read texts. Safe to share between threads."""

    def __init__(self, phrases: Iterable[tuple[Phrase, int]], never_typos: Iterable[str] = ()) -> None:
        self._root = _Node()
        self._classes: dict[frozenset[Atom], int] = {}
        self._of_atom: dict[Atom, set[int]] = {}
        for elements, payload in phrases:
            node = self._add(self._root, elements)
            if payload not in node.payloads:
                node.payloads.append(payload)
        self._root.finish()
        self._begin_lengths = sorted({len(key) for how, key in self._of_atom if how == "begins"})
        numbers = [(key.split("-"), ids) for (how, key), ids in self._of_atom.items() if how == "number"]
        self._numbers = [(int(low), int(high), ids) for (low, high), ids in numbers]
        self._typos = {
            how: TypoIndex((key for known, key in self._of_atom if known == how), never_typos)
            for how in ("typo", "az-typo")
        }
        keys = [(how, key) for how, key in self._of_atom if key and is_arabic(key)]
        self._arabizi = ArabiziReader(
            (key for how, key in keys if how == "ar"), (key for how, key in keys if how == "is")
        )
        self._never = frozenset(never_typos)
        self._known: dict[tuple[str, bool], frozenset[int]] = {}

    def _add(self, node: _Node, elements: Phrase) -> _Node:
        for element in elements:
            known = node.after.get(element)
            if known is None:
                known = self._lead(node, element)
                node.after[element] = known
            node = known
        return node

    def _lead(self, node: _Node, element: object) -> _Node:
        target = _Node()
        if isinstance(element, Word):
            node.edges.setdefault(self._class_of(element.atoms), []).append(target)
        elif isinstance(element, Mark):
            setattr(node, {"..": "gap", "^": "start", "$": "end"}[element.sign], target)
        elif isinstance(element, Choice):
            for option in element.options:
                if len(option) == 1 and isinstance(option[0], Word):
                    node.edges.setdefault(self._class_of(option[0].atoms), []).append(target)
                else:
                    self._add(node, option).free.append(target)
        return target

    def _class_of(self, atoms: frozenset[Atom]) -> int:
        if atoms not in self._classes:
            self._classes[atoms] = len(self._classes)
            for atom in atoms:
                self._of_atom.setdefault(atom, set()).add(self._classes[atoms])
        return self._classes[atoms]

    def matches(self, words: Words) -> list[Match]:
        """Every place where a phrase stands."""
        latin_is_arabic = is_arabizi(words.texts)
        reading = _Reading(words, [self._classes_of(word, latin_is_arabic) for word in words.texts])
        for first in range(len(words)):
            reading.walk(self._root, first)
        return sorted(reading.found)

    def _classes_of(self, word: str, latin_is_arabic: bool) -> frozenset[int]:
        known = self._known.get((word, latin_is_arabic))
        if known is None:
            known = frozenset(self._look_up(word, latin_is_arabic))
            if len(self._known) >= _CACHE:
                self._known = {}
            self._known[word, latin_is_arabic] = known
        return known

    def _look_up(self, word: str, latin_is_arabic: bool) -> set[int]:
        ways: set[Atom] = {("is", word), ("en", word)}
        if len(word) > 2 and word[0] in "وف":
            ways.add(("is", word[1:]))
        if word.isdecimal():
            number = int(word[:9])
            inside = [ids for low, high, ids in self._numbers if low <= number <= high]
            return set().union(*inside, *(self._of_atom.get(way, set()) for way in ways))
        typed: dict[str, set[str]]
        if is_arabic(word):
            typed = {"typo": arabic_forms(word)}
            ways |= {("ar", form) for form in typed["typo"]}
        else:
            english_word = not latin_is_arabic and ("en", word) in self._of_atom
            typed = {"typo": latin_forms(word), "az-typo": set() if english_word else arabizi_forms(word)}
            ways |= {("en", form) for form in typed["typo"]} | {("az", form) for form in typed["az-typo"]}
            if latin_is_arabic and word not in self._never:
                ways |= {("ar", stem) for stem in self._arabizi.stems(word)}
                ways |= {("is", spelling) for spelling in self._arabizi.spellings(word)}
        for form in {word}.union(*typed.values()):
            ways |= {("begins", form[:length]) for length in self._begin_lengths if len(form) >= length}
        for how, forms in typed.items():
            ways |= {(how, near) for form in forms if word not in self._never for near in self._typos[how].near(form)}
        return set().union(*(self._of_atom.get(way, set()) for way in ways))


class _Reading:
    """One pass over one text, word after word."""

    def __init__(self, words: Words, classes: list[frozenset[int]]) -> None:
        self._breaks = words.breaks
        self._size = len(words)
        self._classes = classes
        self._here = [_NOTHING if parted == STRONG_BREAK else own for parted, own in zip(words.breaks, classes)]
        self._here.append(_NOTHING)
        """What a phrase may read at each word: one that has begun, nothing behind a full stop or the last word."""
        self.found: set[Match] = set()

    def walk(self, root: _Node, first: int) -> None:
        """Follow every phrase that begins at this word, which no phrase of an earlier word reads any more."""
        all_here = self._here
        all_here[first] = self._classes[first]
        seen: set[tuple[_Node, int]] = set()
        open_ = [(root, first)]
        while open_:
            step = open_.pop()
            if step in seen:
                continue
            seen.add(step)
            node, at = step
            # A step that leads nowhere, since nothing waits there and the next word is not one of its, is not made.
            if node.waits:
                open_ += [
                    (target, to)
                    for target, to in self._without_a_word(node, at, first)
                    if target.waits or not target.edges.keys().isdisjoint(all_here[to])
                ]
            edges, here = node.edges, all_here[at]
            if not here or not edges:
                continue
            if len(edges) < len(here):
                followed = [targets for cls, targets in edges.items() if cls in here]
            else:
                followed = [edges[cls] for cls in here if cls in edges]
            behind, after = at + 1, all_here[at + 1]
            for targets in followed:
                open_ += [
                    (target, behind) for target in targets if target.waits or not target.edges.keys().isdisjoint(after)
                ]

    def _without_a_word(self, node: _Node, at: int, first: int) -> Iterator[tuple[_Node, int]]:
        """Note the phrases that end here; where to go on without reading a word, or past words that do not matter."""
        for payload in node.payloads:
            self.found.add((first, at, payload))
        for free in node.free:
            yield free, at
        ended = at == self._size
        parted = NO_BREAK if ended else self._breaks[at]
        if node.start is not None and not ended and parted != NO_BREAK:
            yield node.start, at
        if node.end is not None and (ended or parted != NO_BREAK):
            yield node.end, at
        if node.gap is None or ended or (at > first and parted == STRONG_BREAK):
            return
        yield node.gap, at
        for place in range(at + 1, min(at + _GAP, self._size) + 1):
            if place < self._size and self._breaks[place] == STRONG_BREAK:
                break
            yield node.gap, place
