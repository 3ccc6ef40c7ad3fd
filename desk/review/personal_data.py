"""Take out of a patient's wording what may tell who wrote it, or refuse where that cannot be told for sure."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import phonenumbers

from assistant.text import normalise, tokens

REGION = "SA"
MIN_LETTERS = 3

_WESTERN_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_LINK = re.compile(r"(?:https?://|www\.)\S+|\b[\w-]+\.(?:com|net|org|sa|me|info)\b(?:/\S*)?", re.IGNORECASE)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_HANDLE = re.compile(r"(?<!\w)@\w[\w.]*")
_DIGITS = re.compile(r"[+(]?\d(?:[\s\-/().]{0,2}\d){4,}\)?")
"""Five digits or more, however they are grouped: numbers of phones, identity cards, files, dates of birth."""

_NAME_CUE = re.compile(
    r"(?:(?<!\w)[وف]?(?:[إا]سمي|معك|معكم|انا\s+[إأا]م|أنا\s+أم)(?!\w)"
    r"|\b(?:my\s+name(?:\s+is|'s)|i\s+am\s+called|this\s+is|esmi|ismi|asmi)\b)[\s:]+",
    re.IGNORECASE,
)
_END_OF_NAME = re.compile(r"[.,،؛;:!?؟\n]|$")
_TITLE = re.compile(
    r"(?<!\w)(?:دكتور[ةه]?|الدكتور[ةه]?|د\s?\.|استاذ[ةه]?|الاستاذ[ةه]?|الأستاذ[ةه]?)\s+[\u0620-\u064a]{2,}"
    r"|\b(?:Dr|Mr|Mrs|Ms|Miss)\.?\s+[A-Z][a-z]+"
)
_CAPITALISED = re.compile(r"(?<=[a-z0-9,;] )[A-Z][a-z]{2,}\b")
MOST_NAME_WORDS = 3


class MayBePersonal(ValueError):
    """The text may still tell who wrote it: somebody must word it anew. `code` says why, `what` names the words."""

    def __init__(self, code: str, what: str) -> None:
        super().__init__(f"{code}: {what}" if what else code)
        self.code = code
        self.what = what


@dataclass(frozen=True)
class Cleaned:
    text: str
    removed: tuple[str, ...]
    """Kinds of what was taken out, each once: link, email, handle, phone, digits, name."""


def without_personal_data(text: str, *, known_words: Collection[str] = ()) -> Cleaned:
    """Return `text` without personal data; raises MayBePersonal.

    `known_words`, in small letters, are no names although somebody wrote them with a capital.
    """
    removed: list[str] = []
    for kind, pattern in (("link", _EMAIL), ("link", _LINK), ("handle", _HANDLE)):
        text, count = pattern.subn(" ", text)
        if count:
            removed.append("email" if pattern is _EMAIL else kind)
    text, numbers = _without_numbers(text)
    removed += numbers
    text, names = _without_names(text)
    removed += ["name"] * names
    text = _tidy(text)
    if title := _TITLE.search(text):
        raise MayBePersonal("name", title.group())
    for capitalised in _CAPITALISED.findall(text):
        if capitalised.lower() not in known_words:
            raise MayBePersonal("name", capitalised)
    if sum(char.isalpha() for char in text) < MIN_LETTERS:
        raise MayBePersonal("nothing_left", "")
    return Cleaned(text, tuple(dict.fromkeys(removed)))


def _without_numbers(text: str) -> tuple[str, list[str]]:
    digits = text.translate(_WESTERN_DIGITS)
    found = [("phone", m.start, m.end) for m in phonenumbers.PhoneNumberMatcher(digits, REGION)]
    found += [("digits", m.start(), m.end()) for m in _DIGITS.finditer(digits)]
    kinds = []
    covered = len(text) + 1
    for kind, start, end in sorted(found, key=lambda span: (-span[2], span[1])):
        if end > covered:
            continue
        text = text[:start] + " " + text[end:]
        covered = start
        kinds.append(kind)
    return text, kinds


def _without_names(text: str) -> tuple[str, int]:
    """Cut "my name is ..." out where it plainly ends; where it runs on into the sentence, nobody can tell the name."""
    count = 0
    while cue := _NAME_CUE.search(text):
        end = _END_OF_NAME.search(text, cue.end())
        name = text[cue.end() : end.start() if end else len(text)]
        if len(tokens(normalise(name))) > MOST_NAME_WORDS:
            raise MayBePersonal("name", f"{cue.group().strip()} {' '.join(name.split()[:MOST_NAME_WORDS])}")
        text = f"{text[: cue.start()]} {text[end.end() if end else len(text) :]}"
        count += 1
    return text, count


def _tidy(text: str) -> str:
    text = re.sub(r"\s+", " ", text).strip()
    text = re.sub(r" +(?=[,،؛;:.!?؟])", "", text)
    return re.sub(r"^[\s.,،؛;:-]+|[\s,،؛;:-]+$", "", text)
