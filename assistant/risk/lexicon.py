"""Load the clinician's word lists (`data/risk/*.yml`) into arguments for the risk screen."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import yaml

from assistant.risk.model import EMERGENCY_CATEGORY, URGENT_CATEGORIES
from assistant.risk.patterns import BadPattern, Groups, Phrase, parse

SCRIPTS = ("arabic", "arabizi", "english")
# Base loaders leave "on", "off", "no" and numbers as they are written.
_EveryScalarIsText: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
CUE_FILES: dict[str, tuple[str, ...]] = {
    "negation.yml": ("has_none", "is_not", "none_after", "not_negations", "ends", "list_words"),
    "who.yml": ("self", "claims", "not_self", "others"),
    "past.yml": ("past", "long_ago", "over", "recent", "ongoing"),
    "doubt.yml": ("strangers", "not_treated", "treated", "once", "dated", "taken_back", "i_am", "joking"),
    "general.yml": ("groups", "questions", "asking", "asks_of_it", "possible", "real"),
}
_CATEGORY_KEYS = {
    "category",
    "level",
    "urgency",
    "about",
    "kind",
    "past_silences",
    "phrases",
    "names",
    "not",
    "together",
}


class About(str, Enum):
    """What a category speaks of: something one has, something that happens, or danger."""

    CONDITION = "condition"
    EVENT = "event"
    DANGER = "danger"


class Silence(str, Enum):
    """When "it was in the past" silences a category."""

    NEVER = "never"
    LONG_OVER = "when_over"
    ALWAYS = "always"


@dataclass(frozen=True)
class Topic:
    """What one category file says about its phrases."""

    category: str
    about: About
    kind: str | None
    past: Silence


@dataclass(frozen=True)
class Lexicon:
    """The words of the risk categories. Each entry: the topic, its phrase, and whether a person is meant."""

    phrases: tuple[tuple[Topic, Phrase], ...]
    """What is said of a person: "pregnant", "I take aspirin"."""
    names: tuple[tuple[Topic, Phrase], ...]
    """Names of conditions and medicines, which one may also ask about in general."""
    together: tuple[tuple[Topic, tuple[str, ...]], ...]
    """Groups of words that make a finding when they stand in one sentence; the first one is the finding."""
    groups: tuple[tuple[str, Phrase], ...]
    """The words of those groups."""
    homonyms: tuple[tuple[str | None, Phrase], ...]
    """What only looks like a risk; the category it clears, or None for all."""
    never_typos: frozenset[str]
    version: str


@dataclass(frozen=True)
class Cues:
    """Words around a finding that negate it, date it or say whom it is about, by name of cue."""

    sequences: tuple[tuple[str, Phrase], ...]


def load(folder: Path) -> tuple[Lexicon, Cues]:
    """Read every list; raises a one-line ValueError naming the file and the key that is wrong."""
    files = sorted(folder.glob("*.yml"))
    documents = {path.name: _read(path) for path in files}
    missing = [name for name in (*CUE_FILES, "groups.yml", "idioms.yml") if name not in documents]
    if missing:
        raise ValueError(f"{folder}: {missing[0]} is missing")
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    groups = _groups(documents["groups.yml"])
    cues: list[tuple[str, Phrase]] = []
    for name, keys in CUE_FILES.items():
        _check_keys(name, documents[name], set(keys))
        absent = [key for key in keys if not documents[name].get(key)]
        if absent:
            raise ValueError(f"{name}: {absent[0]}: is missing or empty")
        for key in keys:
            cues += [(key, phrase) for phrase in _parsed(name, key, documents[name].get(key), groups)]
    phrases: list[tuple[Topic, Phrase]] = []
    names: list[tuple[Topic, Phrase]] = []
    together: list[tuple[Topic, tuple[str, ...]]] = []
    homonyms: list[tuple[str | None, Phrase]] = []
    for name, document in documents.items():
        if name in CUE_FILES or name in ("groups.yml", "idioms.yml"):
            continue
        topic = _topic(name, document)
        phrases += [(topic, phrase) for phrase in _parsed(name, "phrases", document.get("phrases"), groups)]
        names += [(topic, phrase) for phrase in _parsed(name, "names", document.get("names"), groups, typos=True)]
        together += [(topic, used) for used in _together(name, document.get("together"), groups)]
        homonyms += [(topic.category, phrase) for phrase in _parsed(name, "not", document.get("not"), groups)]
    idioms = documents["idioms.yml"]
    _check_keys("idioms.yml", idioms, {"idioms", "never_typos"})
    homonyms += [(None, phrase) for phrase in _parsed("idioms.yml", "idioms", idioms.get("idioms"), groups)]
    never = idioms.get("never_typos") or []
    if not isinstance(never, list) or not all(isinstance(word, str) for word in never):
        raise ValueError("idioms.yml: never_typos: must be a list of words")
    members = [
        (group, phrase)
        for group in dict.fromkeys(group for _, used in together for group in used)
        for phrase in _parsed("groups.yml", group, documents["groups.yml"][group], groups)
    ]
    lexicon = Lexicon(
        phrases=tuple(phrases),
        names=tuple(names),
        together=tuple(together),
        groups=tuple(members),
        homonyms=tuple(homonyms),
        never_typos=frozenset(never),
        version=digest.hexdigest()[:12],
    )
    return lexicon, Cues(tuple(cues))


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=_EveryScalarIsText)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{path.name}: not readable as YAML: {' '.join(str(error).split())}") from None
    if not isinstance(document, dict):
        raise ValueError(f"{path.name}: must hold keys and values")
    return document


def _check_keys(name: str, document: dict[str, Any], known: set[str]) -> None:
    for key in document:
        if key not in known:
            raise ValueError(f"{name}: unknown key '{key}' (known: {', '.join(sorted(known))})")


def _topic(name: str, document: dict[str, Any]) -> Topic:
    _check_keys(name, document, _CATEGORY_KEYS)
    category = document.get("category")
    if not isinstance(category, str) or not category:
        raise ValueError(f"{name}: category: must be a word")
    kind = document.get("kind")
    if kind is not None and not isinstance(kind, str):
        raise ValueError(f"{name}: kind: must be a word")
    level, urgency = "personal", "routine"
    if category == EMERGENCY_CATEGORY:
        level, urgency = "emergency", "emergency"
    elif category in URGENT_CATEGORIES:
        urgency = "urgent"
    for key, must in (("level", level), ("urgency", urgency)):
        if document.get(key) != must:
            raise ValueError(f"{name}: {key}: must be '{must}' for the category '{category}'")
    if not any(document.get(key) for key in ("phrases", "names", "together")):
        raise ValueError(f"{name}: phrases: there are none")
    try:
        about = About(document.get("about", "condition"))
    except ValueError:
        raise ValueError(f"{name}: about: must be condition, event or danger") from None
    try:
        past = Silence(document.get("past_silences", "never"))
    except ValueError:
        raise ValueError(f"{name}: past_silences: must be never, when_over or always") from None
    return Topic(category, about, kind, past)


def _together(name: str, value: object, groups: Groups) -> Iterator[tuple[str, ...]]:
    for line in value if isinstance(value, list) else []:
        used = tuple(re.findall(r"\{(\w+)\}", str(line)))
        unknown = [group for group in used if group not in groups]
        if len(used) < 2 or unknown:
            raise ValueError(f"{name}: together: '{line}' must name two or more groups of groups.yml")
        yield used


def _groups(document: dict[str, Any]) -> Groups:
    groups: dict[str, tuple[tuple[str, str], ...]] = {}
    for name, value in document.items():
        entries = tuple(_entries("groups.yml", name, value))
        used = [(phrase, script) for phrase, script in entries if "{" in phrase]
        if used:
            raise ValueError(f"groups.yml: {name}: a group cannot use another group ('{used[0][0]}')")
        groups[name] = entries
    return groups


def _entries(name: str, key: str, value: object) -> Iterator[tuple[str, str]]:
    if not value:
        return
    if not isinstance(value, dict):
        raise ValueError(f"{name}: {key}: must have the keys arabic, arabizi, english")
    for script, phrases in value.items():
        if script not in SCRIPTS:
            raise ValueError(f"{name}: {key}: unknown key '{script}' (known: arabic, arabizi, english)")
        for phrase in phrases or []:
            if not isinstance(phrase, str) or not phrase.strip():
                raise ValueError(f"{name}: {key}: {script}: '{phrase}' is not text; put it in quotes")
            yield phrase, script


def _parsed(name: str, key: str, value: object, groups: Groups, *, typos: bool = False) -> Iterator[Phrase]:
    for text, script in dict.fromkeys(_entries(name, key, value)):
        try:
            yield parse(text, script, groups, typos=typos)
        except BadPattern as error:
            raise ValueError(f"{name}: {key}: {script}: {error}") from None
