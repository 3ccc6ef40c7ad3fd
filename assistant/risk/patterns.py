"""The little language of the word lists, read into elements for the matcher.

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
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from assistant.risk.words import bare, is_arabic, loose, single
from assistant.text import normalise

_PIECE = re.compile(r"\(.+\)\??|\{\w+\}\??|#\d+-\d+\??|\.\.|\^|\$|[~=]?[^\s(){}|#^$.?*~=]+\*?\??", re.DOTALL)
_TYPO_LENGTH = 6
_AUTO_TYPO_LENGTH = 7

Atom = tuple[str, str]
"""How a word is recognised ("ar", "en", "az", "is", "begins", "typo", "az-typo", "number") and its key."""
Groups = Mapping[str, tuple[tuple[str, str], ...]]
"""Named alternatives, each with its script."""


class BadPattern(ValueError):
    """A phrase that cannot be read."""


@dataclass(frozen=True)
class Word:
    """One word, known in any of these ways."""

    atoms: frozenset[Atom]


@dataclass(frozen=True)
class Mark:
    """A gap, or the beginning or end of a sentence: `..`, `^`, `$`."""

    sign: str


@dataclass(frozen=True)
class Choice:
    """One of several sequences."""

    options: tuple[tuple[Element, ...], ...]


Element = Word | Mark | Choice
Phrase = tuple[Element, ...]


def parse(phrase: str, script: str, groups: Groups, *, typos: bool = False) -> Phrase:
    """Read one phrase of the word lists; with `typos`, a long English word by itself may hold one slip."""
    elements = _elements(phrase, script, groups)
    if typos and script == "english" and re.fullmatch(rf"[a-z]{{{_AUTO_TYPO_LENGTH},}}", phrase):
        elements = (Word(_atoms(f"~{phrase}", script)),)
    if not _fewest_words(elements):
        raise BadPattern(f"'{phrase}' could be found in no words at all")
    return elements


def _elements(phrase: str, script: str, groups: Groups) -> Phrase:
    return tuple(_element(piece, script, groups) for piece in _pieces(phrase))


def _fewest_words(elements: Phrase) -> int:
    return sum(
        min(map(_fewest_words, element.options)) if isinstance(element, Choice) else isinstance(element, Word)
        for element in elements
    )


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


def _element(piece: str, script: str, groups: Groups) -> Element:
    if piece in ("..", "^", "$"):
        return Mark(piece)
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
        word = Word(_atoms(piece, script))
        return Choice(((word,), ())) if optional else word
    words: set[Atom] = set()
    longer: list[Phrase] = []
    for option, option_script in options:
        elements = _elements(option, option_script, groups)
        if len(elements) == 1 and isinstance(elements[0], Word):
            words |= elements[0].atoms
        else:
            longer.append(elements)
    if not longer and not optional:
        return Word(frozenset(words))
    one_word: list[Phrase] = [(Word(frozenset(words)),)] if words else []
    return Choice((*one_word, *dict.fromkeys(longer), *([()] if optional else [])))


@lru_cache(maxsize=50_000)
def _atoms(word: str, script: str) -> frozenset[Atom]:
    """The ways in which one written word is recognised."""
    if word.startswith("#"):
        return frozenset({("number", word[1:])})
    how = word[0] if word[0] in "~=" else "*" if word.endswith("*") else ""
    key = bare(normalise(word.strip("~=*")))
    if not key or not re.fullmatch(r"[^\W_]+", key):
        raise BadPattern(f"'{word}' is not one word")
    typed = how == "~" and len(key) >= _TYPO_LENGTH
    if how == "=":
        return frozenset({("is", key)})
    if how == "*":
        return frozenset({("begins", key)})
    if is_arabic(key):
        ways = {("ar", single(key))}
    elif script == "arabizi":
        return frozenset({("az", loose(key))} | ({("az-typo", loose(key))} if how == "~" else set()))
    else:
        ways = {("en", key)} | ({("en", single(key))} if len(key) >= _TYPO_LENGTH else set())
    return frozenset(ways | ({("typo", single(key))} if typed else set()))
