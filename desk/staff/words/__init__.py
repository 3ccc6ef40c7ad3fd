"""The words of the staff pages in the language that the member of staff chose."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.http import HttpRequest

from assistant.topics import Topic, load_topics

FOLDER = Path(__file__).parent
LANGUAGES = ("ar", "en")
DEFAULT = "ar"
COOKIE = "desk_language"


class Words:
    """Look words up: `words["send"]`, or `words.of("reasons", code)` for what comes from data."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.direction = "rtl" if language == "ar" else "ltr"
        self.other_language = "en" if language == "ar" else "ar"

    def __getitem__(self, name: str) -> str:
        return str(_load()["interface"][name][self.language])

    def has(self, name: str) -> bool:
        return name in _load()["interface"]

    def of(self, group: str, code: str) -> str:
        """The word for a code; an unknown code is shown readable rather than hidden."""
        entry = _load()[group].get(code)
        return str(entry[self.language]) if entry else code.replace("_", " ")

    def topic(self, intent: str) -> str:
        """What an intent is about: its button's title, our word for it, or its own name."""
        topic = _topics().get(intent)
        return topic.title[self.language] if topic else self.of("intents", intent)

    def options(self, group: str) -> list[tuple[str, str]]:
        """All codes of a group with their words, for a list to choose from."""
        return [(code, str(entry[self.language])) for code, entry in _load()[group].items()]

    def lasting(self, minutes: int) -> str:
        """A length of time in the largest fitting unit."""
        if minutes < 1:
            return self["now"]
        for name, size in (("days", 24 * 60), ("hours", 60), ("minutes", 1)):
            if minutes >= size:
                return self[name].format(count=minutes // size)
        raise AssertionError(minutes)


def words_for(request: HttpRequest) -> Words:
    """The words in the chosen language: `?lang=` chooses it, a cookie keeps it over logins."""
    asked = request.GET.get("lang") or request.COOKIES.get(COOKIE)
    return Words(asked if asked in LANGUAGES else DEFAULT)


def language_asked(request: HttpRequest) -> str | None:
    """The language that this very request chooses, if it does."""
    asked = request.GET.get("lang")
    return asked if asked in LANGUAGES else None


@cache
def _load() -> dict[str, Any]:
    """All groups of all files; raises ValueError when two files name the same word."""
    words: dict[str, Any] = {}
    for path in sorted(FOLDER.glob("*.yml")):
        for group, entries in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            known = words.setdefault(group, {})
            if twice := known.keys() & entries.keys():
                raise ValueError(f"{path.name}: {group} names {sorted(twice)} again")
            known.update(entries)
    return words


@cache
def _topics() -> dict[str, Topic]:
    return load_topics(settings.BASE_DIR / "data" / "topics.yml")
