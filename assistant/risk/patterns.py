"""The little language of the word lists, compiled into one trie that reads a text once.

    word      the word with Arabic clitics and light inflection, or an English plural
    =word     exactly this spelling
    word*     any word that begins so
    ~word     also with one typing slip
    word?     may be missing
    (a|b c)   one of these
    {name}    one of the group `name` of groups.yml
    ..        up to three other words
    #1-17     a number in digits
    ^  $      beginning, end of a sentence or of a list item
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import product

from assistant.risk.typos import TypoIndex
from assistant.risk.words import (
    NO_BREAK,
    STRONG_BREAK,
    Words,
    arabic_forms,
    arabizi_forms,
    is_arabic,
    latin_forms,
    loose,
    single,
)
from assistant.text import normalise

_GAP = 3
_PIECE = re.compile(r"\(.+\)\??|\{\w+\}\??|#\d+-\d+\??|\.\.|\^|\$|[~=]?[^\s(){}|#^$.?*~=]+\*?\??", re.DOTALL)
_AUTO_TYPO_LENGTH = 7
_LIMIT = 3000

Atom = tuple[str, str]
"""How a word is recognised ("ar", "en", "az", "is", "begins", "typo", "number") and its key."""
Step = str | frozenset[Atom]
Groups = Mapping[str, tuple[tuple[str, str], ...]]
"""Named alternatives, each with its script."""


class BadPattern(ValueError):
    """A phrase that cannot be read."""


def expand(phrase: str, script: str, groups: Groups) -> list[tuple[Step, ...]]:
    """Turn one phrase of the word lists into the sequences it stands for."""
    found = _sequences(_pieces(phrase), phrase, script, groups)
    found = [steps for steps in found if any(isinstance(step, frozenset) for step in steps)]
    if not found:
        raise BadPattern(f"'{phrase}' holds no word")
    return found


def _sequences(pieces: list[str], phrase: str, script: str, groups: Groups) -> list[tuple[Step, ...]]:
    choices = [_choices(piece, script, groups) for piece in pieces]
    count = 1
    for choice in choices:
        count *= len(choice)
    if count > _LIMIT:
        raise BadPattern(f"'{phrase}' stands for {count} sequences")
    return list(dict.fromkeys(tuple(step for part in parts for step in part) for parts in product(*choices)))


def _pieces(phrase: str) -> list[str]:
    """Split a phrase into words, groups and (choices), each with its question mark if it may be missing."""
    pieces, depth = [""], 0
    for char in phrase:
        depth += (char == "(") - (char == ")")
        if depth < 0:
            break
        if char == " " and not depth:
            pieces.append("")
        else:
            pieces[-1] += char
    pieces = [piece for piece in pieces if piece]
    if depth or not pieces or not all(_PIECE.fullmatch(piece) for piece in pieces):
        raise BadPattern(f"cannot read '{phrase}'")
    return pieces


def _options(inside: str) -> list[str]:
    """Split the inside of (a|b c|d) at its own bars, not at those of choices within."""
    options, depth = [""], 0
    for char in inside:
        depth += (char == "(") - (char == ")")
        if char == "|" and not depth:
            options.append("")
        else:
            options[-1] += char
    return [option.strip() for option in options]


def _choices(
    piece: str, script: str, groups: Groups
) -> list[tuple[Step, ...]]:
    if piece in ("..", "^", "$"):
        return [(piece,)]
    optional = piece.endswith("?")
    piece = piece[:-1] if optional else piece
    if piece.startswith("{"):
        name = piece[1:-1]
        if name not in groups:
            raise BadPattern(f"there is no group '{name}'")
        options = list(groups[name])
    elif piece.startswith("("):
        options = [(option, script) for option in _options(piece[1:-1])]
    else:
        options = [(piece, script)]
    words: set[Atom] = set()
    longer: list[tuple[Step, ...]] = []
    for option, option_script in options:
        parts = _pieces(option)
        if len(parts) == 1 and parts[0] not in ("..", "^", "$") and parts[0][0] not in "({" and parts[0][-1] != "?":
            words |= _atoms(parts[0], option_script)
        else:
            longer += _sequences(parts, option, option_script, groups)
    found: list[tuple[Step, ...]] = [(frozenset(words),)] if words else []
    return [*found, *longer, *([()] if optional else [])]


def _atoms(word: str, script: str) -> set[Atom]:
    if word.startswith("#"):
        return {("number", word[1:])}
    how = "~" if word.startswith("~") else "=" if word.startswith("=") else "*" if word.endswith("*") else ""
    key = normalise(word.strip("~=*")).replace("'", "")
    if not key or not re.fullmatch(r"[^\W_]+", key):
        raise BadPattern(f"'{word}' is not one word")
    if how == "=":
        return {("is", key)}
    if how == "*":
        return {("begins", key)}
    if is_arabic(key):
        return {("ar", single(key))} | ({("typo", single(key))} if how == "~" else set())
    if script == "arabizi":
        return {("az", loose(key))} | ({("typo", loose(key))} if how == "~" else set())
    atoms: set[Atom] = {("en", key)}
    if len(key) >= 6:
        atoms.add(("en", single(key)))
    if how == "~" or len(key) >= _AUTO_TYPO_LENGTH:
        atoms.add(("typo", single(key)))
    return atoms


@dataclass
class _Node:
    edges: dict[int, _Node] = field(default_factory=dict)
    gap: _Node | None = None
    start: _Node | None = None
    end: _Node | None = None
    payloads: list[int] = field(default_factory=list)


class Matcher:
    """All phrases of the clinic's word lists, ready to read texts. Safe to share between threads."""

    _CACHE = 20_000

    def __init__(self, phrases: Iterable[tuple[tuple[Step, ...], int]], never_typos: Iterable[str] = ()) -> None:
        self._root = _Node()
        self._classes: dict[frozenset[Atom], int] = {}
        self._of_atom: dict[Atom, set[int]] = {}
        for steps, payload in phrases:
            node = self._root
            for step in steps:
                node = self._next(node, step)
            if payload not in node.payloads:
                node.payloads.append(payload)
        self._begins = {key: ids for (how, key), ids in self._of_atom.items() if how == "begins"}
        self._begin_lengths = sorted({len(key) for key in self._begins})
        self._numbers = [(*map(int, key.split("-")), ids) for (how, key), ids in self._of_atom.items() if how == "number"]
        self._typos = TypoIndex((key for how, key in self._of_atom if how == "typo"), never_typos)
        self._known: dict[str, frozenset[int]] = {}

    def _next(self, node: _Node, step: Step) -> _Node:
        if isinstance(step, str):
            name = {"..": "gap", "^": "start", "$": "end"}[step]
            child = getattr(node, name) or _Node()
            setattr(node, name, child)
            return child
        if step not in self._classes:
            self._classes[step] = len(self._classes)
            for atom in step:
                self._of_atom.setdefault(atom, set()).add(self._classes[step])
        return node.edges.setdefault(self._classes[step], _Node())

    def matches(self, words: Words) -> list[tuple[int, int, int]]:
        """Every (first word, word after the last, payload) found in the text."""
        classes = [self._classes_of(word) for word in words.texts]
        found: set[tuple[int, int, int]] = set()
        for first in range(len(words)):
            self._walk(self._root, first, first, words, classes, found)
        return sorted(found)

    def _walk(
        self,
        node: _Node,
        first: int,
        at: int,
        words: Words,
        classes: list[frozenset[int]],
        found: set[tuple[int, int, int]],
    ) -> None:
        for payload in node.payloads:
            found.add((first, at, payload))
        size = len(words)
        if node.start is not None and at < size and words.breaks[at] != NO_BREAK:
            self._walk(node.start, first, at, words, classes, found)
        if node.end is not None and (at == size or words.breaks[at] != NO_BREAK):
            self._walk(node.end, first, at, words, classes, found)
        if at == size or (at > first and words.breaks[at] == STRONG_BREAK):
            return
        if node.edges:
            edges = node.edges
            for cls in classes[at]:
                child = edges.get(cls)
                if child is not None:
                    self._walk(child, first, at + 1, words, classes, found)
        if node.gap is not None:
            for skip in range(min(_GAP, size - at) + 1):
                if skip and at + skip < size and words.breaks[at + skip] == STRONG_BREAK:
                    break
                self._walk(node.gap, first, at + skip, words, classes, found)

    def _classes_of(self, word: str) -> frozenset[int]:
        known = self._known.get(word)
        if known is None:
            known = frozenset(self._look_up(word))
            if len(self._known) >= self._CACHE:
                self._known = {}
            self._known[word] = known
        return known

    def _look_up(self, word: str) -> set[int]:
        found: set[int] = set()
        get = self._of_atom.get
        if word.isdigit():
            number = int(word[:9])
            for low, high, ids in self._numbers:
                if low <= number <= high:
                    found |= ids
            return found | get(("is", word), set()) | get(("en", word), set())
        found |= get(("is", word), set())
        if is_arabic(word):
            forms = arabic_forms(word)
            ways = [("ar", form) for form in forms]
        else:
            forms = latin_forms(word)
            loose_forms = arabizi_forms(word)
            ways = [("en", form) for form in forms] + [("az", form) for form in loose_forms]
            forms = forms | loose_forms
        for way in ways:
            found |= get(way, set())
        for form in forms | {word}:
            for length in self._begin_lengths:
                if len(form) >= length:
                    found |= self._begins.get(form[:length], set())
            for near in self._typos.near(form):
                found |= get(("typo", near), set())
        return found
