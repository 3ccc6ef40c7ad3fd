"""Words of a normalised text, and the forms under which the word lists may know them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from assistant.text import Normalised

_WORD = re.compile(r"[ء-ي]+|[a-z'0-9]*[a-z][a-z'0-9]*|[0-9]+|[^\W\d_]+")
_WEAK = re.compile(r"[^\w\s]|\.\.")

_PREFIXES = (
    *("و", "ف", "ب", "ل", "ك", "ه", "ال", "وال", "بال", "فال", "كال", "لل", "ولل", "هال", "عال", "وب", "ول", "وهال"),
    *("وبال", "فل", "فب", "مال", "فلل", "ع", "وك", "س", "وس", "ا"),
)
_SUFFIXES = (
    *("ي", "ك", "ه", "ها", "نا", "ني", "هم", "كم", "هن", "ات", "ين", "ان", "اتي", "اتك", "ت", "تي", "تك", "ته"),
    *("تها", "تنا", "كي", "يه", "هاش", "ش"),
)
_T_SUFFIXES = frozenset({"تي", "تك", "ته", "تها", "تنا", "ات", "اتي", "اتك", "ت", "ين"})
_DOUBLE = re.compile(r"(?<=.)(.)\1")
_LATIN_ARTICLE = re.compile(
    r"^(?:[wu]a?)?(?:b|f|l|3a)?(?:al|el|il|l)(?=[a-z0-9]{3})|^(?:wa|w|bi|b|lil|lel)(?=[a-z0-9]{3})"
)

NO_BREAK, WEAK_BREAK, STRONG_BREAK = 0, 1, 2


@dataclass(frozen=True)
class Words:
    """The words of one text, with their places and what separates each from the word before."""

    texts: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]
    breaks: tuple[int, ...]
    marks: tuple[str, ...]
    """The characters between the word before (or the start) and this word; one more for what follows the last."""

    def __len__(self) -> int:
        return len(self.texts)


def split(normalised: Normalised) -> Words:
    """Split into words: Arabic, Latin (with the digits of Arabizi) and numbers stand apart."""
    texts: list[str] = []
    spans: list[tuple[int, int]] = []
    breaks: list[int] = []
    marks: list[str] = []
    last = 0
    for match in _WORD.finditer(normalised.text):
        mark = normalised.text[last : match.start()]
        texts.append(bare(match.group()))
        spans.append(match.span())
        marks.append(mark)
        breaks.append(strength(mark) if texts[:-1] else STRONG_BREAK)
        last = match.end()
    marks.append(normalised.text[last:])
    return Words(tuple(texts), tuple(spans), tuple(breaks), tuple(marks))


def bare(word: str) -> str:
    """Without apostrophes; those that make another letter of an Arabizi digit are spelt out."""
    if "'" not in word:
        return word
    for old, new in (("3'", "gh"), ("7'", "kh"), ("6'", "z"), ("9'", "dh"), ("'", "")):
        word = word.replace(old, new)
    return word


def strength(mark: str) -> int:
    """How firmly these characters part two words: not, like a comma, or like a full stop."""
    if not mark or mark == " ":
        return NO_BREAK
    if any(c in "!?؟;؛" for c in mark):
        return STRONG_BREAK
    if "." in mark:
        return WEAK_BREAK if ".." in mark or mark == "." else STRONG_BREAK
    return WEAK_BREAK if _WEAK.search(mark) else NO_BREAK


def is_arabic(word: str) -> bool:
    """Whether a normalised word is written in Arabic letters."""
    return "ء" <= word[:1] <= "ي"


def single(word: str) -> str:
    """Doubled letters written once, unless little is left."""
    shorter = _DOUBLE.sub(r"\1", word)
    return shorter if len(shorter) > 3 else word


def arabic_forms(word: str) -> set[str]:
    """The word, and what is left of it without clitics, possessives and light inflection."""
    bases = {word}
    for prefix in _PREFIXES:
        if word.startswith(prefix) and len(word) - len(prefix) >= (2 if prefix in "وف" else 3):
            bases.add(word[len(prefix) :])
    forms = set(bases)
    for base in bases:
        for suffix in _SUFFIXES:
            if base.endswith(suffix) and len(base) - len(suffix) >= 3:
                stem = base[: -len(suffix)]
                forms.add(stem)
                if suffix in _T_SUFFIXES:
                    forms.add(stem + "ه")
    return {single(form) for form in forms}


def latin_forms(word: str) -> set[str]:
    """The word and its singular."""
    forms = {word}
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        forms.add(word[:-1])
        if word.endswith("es"):
            forms.add(word[:-2])
    forms |= {single(form) for form in forms if len(form) >= 6}
    return forms


def arabizi_forms(word: str) -> set[str]:
    """Loose keys of a Latin word read as Arabizi, with and without the article."""
    forms = {loose(word)}
    article = _LATIN_ARTICLE.match(word)
    if article:
        forms.add(loose(word[article.end() :]))
    return {form for form in forms if len(form) >= 2}


_LOOSE = (
    ("sh", "c"), ("ch", "c"), ("kh", "x"), ("5", "x"), ("gh", "g"), ("8", "g"), ("q", "g"),
    ("7", "h"), ("6", "t"), ("th", "t"), ("dh", "d"), ("9", "s"), ("4", "c"), ("ph", "f"), ("v", "f"), ("p", "b"),
    ("2", "a"), ("j", "g"), ("e", "i"), ("y", "i"), ("o", "u"), ("w", "u"), ("z", "d"),
)  # fmt: skip


def loose(word: str) -> str:
    """One spelling for the many ways to write an Arabic word in Latin letters and digits."""
    for old, new in _LOOSE:
        word = word.replace(old, new)
    word = re.sub(r"(.)\1+", r"\1", word)
    word = re.sub(r"a?i+a?(?=.)|ia$", lambda m: "ia" if m.group() in ("ia", "aia") else "i", word)
    if len(word) > 3 and word.endswith("h") and word[-2] in "aiu":
        word = word[:-1]
    return re.sub(r"(.)\1+", r"\1", word)
