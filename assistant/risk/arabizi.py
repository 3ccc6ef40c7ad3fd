"""Read Latin letters and digits as Arabic: which words of the Arabic lists may "y7re8ni" or "6al3at" be?

A word is found by its consonants and then checked letter by letter, so that one Arabic list serves both scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from itertools import product
from typing import NamedTuple

_SOUNDS = {
    "ب": "b p", "ت": "t", "ث": "th t s 4", "ج": "j g", "ح": "7 h", "خ": "5 kh x 7", "د": "d", "ذ": "th dh d z 4",
    "ر": "r", "ز": "z", "س": "s c", "ش": "sh ch 4", "ص": "9 s", "ض": "9 dh th d 4", "ط": "6 t", "ظ": "th dh z 6 4 d",
    "غ": "gh 8 g", "ف": "f v", "ق": "8 q g k 9", "ك": "k c", "ل": "l", "م": "m", "ن": "n",
}  # fmt: skip
_SAME = str.maketrans(
    {**dict.fromkeys("اويع", ""), "ط": "ت", "ث": "ت", "ض": "د", "ظ": "د", "ذ": "د", "ز": "د", "ص": "س", "خ": "ح",
     "ه": "ح", "ق": "ك", "غ": "ك", "ج": "ك"}
)  # fmt: skip
_LATIN = (
    ("kh", "ح"), ("gh", "ك"), ("sh", "ش"), ("ch", "ش"), ("th", "تد"), ("dh", "د"), ("2", ""), ("3", ""), ("4", "شدت"),
    ("5", "ح"), ("6", "تد"), ("7", "ح"), ("8", "ك"), ("9", "سدك"), ("a", ""), ("b", "ب"), ("c", "كس"), ("d", "د"),
    ("e", ""), ("f", "ف"), ("g", "ك"), ("h", "ح"), ("i", ""), ("j", "ك"), ("k", "ك"), ("l", "ل"), ("m", "م"),
    ("n", "ن"), ("o", ""), ("p", "ب"), ("q", "ك"), ("r", "ر"), ("s", "ست"), ("t", "ت"), ("u", ""), ("v", "ف"),
    ("w", ""), ("x", "ح"), ("y", ""), ("z", "د"),
)  # fmt: skip
_PIECE = re.compile("|".join(latin for latin, _ in _LATIN))
_CODES = dict(_LATIN)
_PREFIX = re.compile(
    r"^(?:wel|wal|wil|bel|bil|bal|fel|fil|fal|lel|lil|el|al|il|ll|hal)(?=[a-z0-9]{3})|^(?:w|b)(?=[a-z0-9]{4})"
)
_SUFFIX = re.compile(r"(?<=[a-z0-9]{3})(?:i|y|ee|ha|na|ni|ny|k|ik|ak|ek|ah|eh|h|a|e|at|een|ain|in|t|et|hum|hom|ti|ty)$")
_SURE = re.compile(
    r"^(?=.*[a-z])(?=.*[235-9])(?!\d+(?:st|nd|rd|th|am|pm|mm|cm|kg|k|x|d|h|w|m|y|yo|yrs?|sar|min|mins)$)"
)
_NUMBERED = re.compile(r"^(?:[a-z]+\d+|\d+[a-z]+)$")
# fmt: off
_MARKERS = frozenset((
    "ana", "wesh", "wsh", "wish", "shlon", "kaif", "kef", "leh", "laish", "leish", "bas", "bs", "el", "lel",
    "bel", "fel", "mn", "min", "3la", "wala", "hal", "ya", "mo", "mani", "ma", "tabi", "abi", "abgha", "abga",
    "ween", "wain", "kam", "mumkin", "momken", "inti", "enti", "ente", "ento", "yalla", "wallah", "walla",
    "fe", "7a2", "lsa", "lissa", "mra", "mara", "w", "jeldi", "rjli", "jalsa", "jalsat", "mako", "okhti",
    "ommi", "binti", "zawji", "bnti", "al", "shu", "sho", "esh", "eish", "ay", "law", "lw", "itha", "etha",
    "iza", "lama", "lamma",
))
# fmt: on
_DIGIT = re.compile("[2-9]")
_MANY = 24


def is_arabizi(words: Iterable[str]) -> bool:
    """Whether some word of a message shows that its Latin letters are Arabic."""
    marks = 0
    for word in words:
        if _SURE.match(word) and not (_NUMBERED.match(word) and len(re.sub(r"\D", "", word)) > 1):
            return True
        marks += word in _MARKERS
    return marks >= 2


class ArabiziReader:
    """Finds words of the Arabic lists behind Latin letters."""

    def __init__(self, stems: Iterable[str], spellings: Iterable[str]) -> None:
        """`stems` may carry clitics; `spellings` are read only as they stand."""
        self._stems = _by_consonants(stems)
        self._spellings = _by_consonants(spellings)

    def stems(self, latin: str) -> set[str]:
        """The stems a Latin word may stand for."""
        bare = _PREFIX.sub("", latin)
        bodies = {latin, bare, _SUFFIX.sub("", latin), _SUFFIX.sub("", bare)}
        return {word for body in bodies for word in self._read(body, self._stems)}

    def spellings(self, latin: str) -> set[str]:
        """The exact Arabic spellings a Latin word may stand for."""
        return self._read(latin, self._spellings)

    def _read(self, latin: str, known: dict[str, list[str]]) -> set[str]:
        found: set[str] = set()
        few = 2 if _DIGIT.search(latin) else 3
        for consonants in _consonants(latin):
            if len(consonants) < few and len(latin) < 6:
                continue
            for word in known.get(consonants, ()):
                if word not in found and _may_be(word, latin):
                    found.add(word)
        return found


def _by_consonants(words: Iterable[str]) -> dict[str, list[str]]:
    filed: dict[str, list[str]] = {}
    for word in sorted(set(words)):
        body = word[:-1] if word.endswith("ه") and len(word) > 2 else word
        key = _merged(body.translate(_SAME))
        if len(key) >= 2 or (key and len(word) >= 3):
            filed.setdefault(key, []).append(word)
    return filed


def _merged(consonants: str) -> str:
    return re.sub(r"(.)\1+", r"\1", consonants)


def _consonants(latin: str) -> set[str]:
    """Every consonant skeleton a Latin word may have; a final h may be a mere vowel."""
    codes = [_CODES[piece] for piece in _PIECE.findall(latin) if _CODES[piece]]
    count = 1
    for code in codes:
        count *= len(code)
    if count > _MANY:
        codes = [code[0] for code in codes]
    keys = {_merged("".join(parts)) for parts in product(*codes)}
    return keys | {key[:-1] for key in keys if latin.endswith("h") and key.endswith("ح")}


class _Piece(NamedTuple):
    """One part of a word's Latin spellings. Matched by hand: to compile a pattern takes longer than to match it."""

    spellings: tuple[str, ...]
    needed: bool = True
    repeated: bool = False


_VOWELS_BETWEEN = _Piece(tuple("aeiouy2"), needed=False, repeated=True)


def _may_be(word: str, latin: str) -> bool:
    """Whether an Arabic word may be spelt like that in Latin letters."""
    reached = {0}
    for piece in _pieces(word):
        reached = _ends(piece, latin, reached)
        if not reached:
            return False
    return len(latin) in reached


def _ends(piece: _Piece, latin: str, starts: set[int]) -> set[int]:
    """Where a piece may end that begins at one of these places."""
    reached = set() if piece.needed else set(starts)
    while starts:
        starts = {
            at + len(spelling) for spelling in piece.spellings for at in starts if latin.startswith(spelling, at)
        } - reached
        reached |= starts
        if not piece.repeated:
            break
    return reached


@lru_cache(maxsize=20_000)
def _pieces(word: str) -> tuple[_Piece, ...]:
    """The Latin spellings of one Arabic word."""
    pieces: list[_Piece] = []
    for place, letter in enumerate(word):
        pieces += (_VOWELS_BETWEEN, *_pieces_of(letter, first=place == 0, last=place == len(word) - 1))
    return tuple(pieces[1:])


def _pieces_of(letter: str, *, first: bool, last: bool) -> tuple[_Piece, ...]:
    if letter == "ا":
        if first:
            return _Piece(("2",), needed=False), _Piece(tuple("aeiu"), needed=False, repeated=True)
        if last:
            return _Piece(tuple("aei"), needed=False, repeated=True), _Piece(("h",), needed=False)
        return _Piece(tuple("ae"), repeated=True), _Piece(("2",), needed=False)
    if letter == "و":
        sound = _Piece(tuple("wou"))
        return (sound,) if first else (sound, _Piece(tuple("aeiouw"), needed=False, repeated=True))
    if letter == "ي":
        if last:
            return (_Piece(("y", "i", "e", "ay", "ai"), repeated=True),)
        return _Piece(("y", "i", "e", "ai", "ei")), _Piece(tuple("aeiy"), needed=False, repeated=True)
    if letter == "ه":
        return (_Piece(("a", "e", "ah", "eh", "h", "ya"), needed=False) if last else _Piece(("h",)),)
    if letter == "ع":
        return (_Piece(("a", "3", "33", "333")) if first else _Piece(("3",), repeated=True),)
    if letter in _SOUNDS:
        return (_Piece(tuple(_SOUNDS[letter].split()), repeated=True),)
    return (_Piece((letter,)),)
