"""Arabizi back into Arabic script, by looking words up in a vocabulary of Arabic words.

Arabizi has no spelling: "يوجع" is typed yuja3, yoja3, ywj3, yuwaja. What holds still is the order of the consonants. So
each Arabic word is filed under its consonant skeleton, a Latin word is looked up under its own, and among the words
found there the one that is spelt most alike wins. A word that is not found is spelt out letter by letter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from math import log

from assistant.text import tokens

# Latin spelling of each Arabic letter; vowels and what is often left out map to vowels.
_SPELLING = {
    "ا": "a", "ب": "b", "ت": "t", "ث": "th", "ج": "j", "ح": "7", "خ": "5", "د": "d", "ذ": "th", "ر": "r",
    "ز": "z", "س": "s", "ش": "sh", "ص": "s", "ض": "d", "ط": "6", "ظ": "th", "ع": "3", "غ": "gh", "ف": "f",
    "ق": "g", "ك": "k", "ل": "l", "م": "m", "ن": "n", "ه": "h", "و": "w", "ي": "y",
}  # fmt: skip
# Digraphs and digits of Arabizi, longest first, to one letter each.
_DIGRAPHS = [
    ("3'", "غ"), ("7'", "خ"), ("6'", "ظ"), ("9'", "ض"), ("kh", "خ"), ("gh", "غ"), ("sh", "ش"), ("ch", "ش"),
    ("th", "ث"), ("dh", "ذ"), ("ph", "ف"), ("ck", "ك"), ("ee", "ي"), ("oo", "و"), ("ou", "و"), ("aa", "ا"),
    ("2", ""), ("3", "ع"), ("4", "ش"), ("5", "خ"), ("6", "ط"), ("7", "ح"), ("8", "ق"), ("9", "ص"),
    ("a", "ا"), ("b", "ب"), ("c", "ك"), ("d", "د"), ("e", ""), ("f", "ف"), ("g", "ق"), ("h", "ه"), ("i", "ي"),
    ("j", "ج"), ("k", "ك"), ("l", "ل"), ("m", "م"), ("n", "ن"), ("o", "و"), ("p", "ب"), ("q", "ق"), ("r", "ر"),
    ("s", "س"), ("t", "ت"), ("u", "و"), ("v", "ف"), ("w", "و"), ("x", "كس"), ("y", "ي"), ("z", "ز"), ("'", ""),
]  # fmt: skip
_DIGRAPH = re.compile("|".join(re.escape(latin) for latin, _ in _DIGRAPHS))
_LETTER_OF = dict(_DIGRAPHS)
# Letters that Arabizi does not keep apart share one code; vowels, glides and ع have none.
_SKELETON = str.maketrans(
    {**dict.fromkeys("اويعء", ""), "ط": "ت", "ض": "د", "ظ": "د", "ذ": "د", "ث": "ت", "ص": "س", "ح": "ه",
     "ق": "ك", "غ": "ك", "ج": "ك", "خ": "ه"}
)  # fmt: skip
# Little words that are typed in too many ways to be found by likeness.
_FUNCTION_WORDS = {
    "w": "و", "wa": "و", "3ala": "علي", "3la": "علي", "ala": "علي", "ma3": "مع", "ma3a": "مع", "ma": "ما", "fi": "في",
    "fe": "في", "fy": "في", "b": "ب", "bi": "ب", "l": "ل", "li": "لي", "la": "لا", "lah": "له", "elli": "اللي",
    "illi": "اللي", "eli": "اللي", "ely": "اللي", "lli": "اللي", "alli": "اللي", "lel": "لل", "lil": "لل", "ll": "لل",
    "bel": "بال", "bil": "بال", "bal": "بال", "fel": "في ال", "fil": "في ال", "ya": "يا", "aw": "او", "wla": "ولا",
    "wala": "ولا", "ana": "انا", "eh": "ايه", "hal": "هل", "al7een": "الحين", "el7een": "الحين", "d7een": "دحين",
    "men": "من", "mn": "من", "min": "من", "3an": "عن", "3ind": "عند", "3end": "عند", "3ndi": "عندي", "3endi": "عندي",
    "3indi": "عندي", "andi": "عندي", "endi": "عندي",
}  # fmt: skip
_ARTICLE = frozenset({"ال", "لل", "بال"})
_LATIN_WORD = re.compile(r"^(?=.*[a-z])[a-z0-9']+$")
_TYPED_ALIKE = str.maketrans({"q": "g", "8": "g", "9": "s", "2": "a", "e": "y", "i": "y", "o": "w", "u": "w"})
_DOUBLED = re.compile(r"(.)\1+")
_MIN_LIKENESS = 0.5


def letters_of(latin: str) -> str:
    """Spell a Latin word out in Arabic letters, letter by letter."""
    return _DIGRAPH.sub(lambda match: _LETTER_OF[match.group()], latin)


def skeleton(arabic: str) -> str:
    """The consonants of an Arabic word, alike-sounding ones merged, a final ه (ة) left out."""
    if len(arabic) > 2 and arabic.endswith("ه"):
        arabic = arabic[:-1]
    return _DOUBLED.sub(r"\1", arabic.translate(_SKELETON))


class Transliterator:
    """Turn Arabizi words into the Arabic words of a vocabulary."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        """`vocabulary`: normalised Arabic words and how often each was seen."""
        self.vocabulary = dict(vocabulary)
        self._files: dict[str, list[str]] = defaultdict(list)
        for word in self.vocabulary:
            self._files[skeleton(word)].append(word)
        self._look_up = lru_cache(maxsize=20_000)(self._look_up_word)

    @classmethod
    def from_texts(cls, normalised: Iterable[str]) -> Transliterator:
        """Collect the vocabulary from normalised texts; words in other scripts are left out."""
        counts: dict[str, int] = defaultdict(int)
        for text in normalised:
            for word in tokens(text):
                if all("\u0620" <= letter <= "\u064a" for letter in word):
                    counts[word] += 1
        return cls(counts)

    def transliterate(self, normalised: str, *, keep: frozenset[str] = frozenset()) -> str:
        """Rewrite the Latin words of a normalised text in Arabic script, except those in `keep`."""
        written: list[str] = []
        for word in tokens(normalised):
            arabic = word if word in keep or not _LATIN_WORD.match(word) else self._look_up(word)
            if written and written[-1] in _ARTICLE and not arabic.startswith("ال") and not _LATIN_WORD.match(arabic):
                written[-1] += arabic
            else:
                written.append(arabic)
        return " ".join(written)

    def _look_up_word(self, latin: str) -> str:
        if latin in ("el", "al", "il"):
            return "ال"
        if latin in _FUNCTION_WORDS:
            return _FUNCTION_WORDS[latin]
        spelt = letters_of(latin)
        candidates = set(self._files.get(skeleton(spelt), ())) | set(self._files.get(skeleton(spelt + "ه"), ()))
        if not skeleton(spelt):
            candidates = {word for word in candidates if len(word) <= len(spelt) + 1}
        scored = [(self._likeness(latin, word), word) for word in candidates]
        best = max(scored, default=(0.0, ""))
        return best[1] if best[0] >= _MIN_LIKENESS else spelt or latin

    def _likeness(self, latin: str, arabic: str) -> float:
        """How alike two spellings are, from 0 to about 1.2; frequent words get a little more."""
        spelling = "".join(_SPELLING.get(letter, letter) for letter in arabic)
        typed = latin.replace("kh", "5").translate(_TYPED_ALIKE)
        likeness = SequenceMatcher(None, typed, spelling, autojunk=False).ratio()
        return likeness + 0.03 * log(1 + self.vocabulary[arabic])
