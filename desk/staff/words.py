"""The words of the staff pages in the language that the member of staff chose."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.http import HttpRequest

WORDS_FILE = Path(__file__).with_name("words.yml")
LANGUAGES = ("ar", "en")
DEFAULT = "ar"
SESSION_KEY = "interface_language"


class Words:
    """Look words up: `words["send"]`, or `words.of("reasons", code)` for what comes from data."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.direction = "rtl" if language == "ar" else "ltr"
        self.other_language = "en" if language == "ar" else "ar"

    def __getitem__(self, name: str) -> str:
        return str(_load()["interface"][name][self.language])

    def of(self, group: str, code: str) -> str:
        """The word for a code; an unknown code is shown readable rather than hidden."""
        entry = _load()[group].get(code)
        return str(entry[self.language]) if entry else code.replace("_", " ")

    def waiting(self, minutes: int) -> str:
        """How long somebody has been waiting, in the largest fitting unit."""
        if minutes < 1:
            return self["now"]
        for name, size in (("days", 24 * 60), ("hours", 60), ("minutes", 1)):
            if minutes >= size:
                return self[name].format(count=minutes // size)
        raise AssertionError(minutes)


def words_for(request: HttpRequest) -> Words:
    """The words in the session's language; `?lang=` chooses it."""
    asked = request.GET.get("lang")
    if asked in LANGUAGES and request.session.get(SESSION_KEY) != asked:
        request.session[SESSION_KEY] = asked
    chosen = request.session.get(SESSION_KEY, DEFAULT)
    return Words(chosen if chosen in LANGUAGES else DEFAULT)


@cache
def _load() -> dict[str, Any]:
    words: dict[str, Any] = yaml.safe_load(WORDS_FILE.read_text(encoding="utf-8"))
    return words
