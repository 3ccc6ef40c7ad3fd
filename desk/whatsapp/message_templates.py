"""The approved message templates that staff may send outside WhatsApp's 24 hours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

TEMPLATES_FILE = Path(__file__).with_name("message_templates.yml")
LANGUAGES = ("ar", "en")
MAX_PARAMETER = 200
_NAME = re.compile(r"[a-z0-9_]{1,512}")
_PLACE = re.compile(r"\{\{(\d+)\}\}")
_BROKEN = re.compile(r"[\n\t\r]| {5,}")


class WrongParameters(ValueError):
    """Too few, too many, empty, too long, or of a form that Meta refuses."""


@dataclass(frozen=True)
class MessageTemplate:
    name: str
    title: dict[str, str]
    text: dict[str, str]
    parameters: tuple[dict[str, str], ...]

    def filled(self, language: str, values: Sequence[str]) -> str:
        """The text as the patient reads it; raises WrongParameters."""
        if len(values) != len(self.parameters):
            raise WrongParameters("a template needs each of its parts filled in")
        for value in values:
            if not value.strip() or len(value) > MAX_PARAMETER or _BROKEN.search(value):
                raise WrongParameters("a part is one line of 1 to 200 characters")
        return self._with(language, values)

    def outline(self, language: str, staff_language: str) -> str:
        """The text with the name of each part where it goes."""
        return self._with(language, [f"[{part[staff_language]}]" for part in self.parameters])

    def _with(self, language: str, values: Sequence[str]) -> str:
        return _PLACE.sub(lambda place: values[int(place[1]) - 1], self.text[language])


def message_templates() -> dict[str, MessageTemplate]:
    return _load(TEMPLATES_FILE)


@cache
def _load(path: Path) -> dict[str, MessageTemplate]:
    """Read the templates; raises ValueError naming what is wrong."""
    found: dict[str, MessageTemplate] = {}
    for item in yaml.safe_load(path.read_text(encoding="utf-8"))["templates"]:
        template = MessageTemplate(
            name=item["name"],
            title=item["title"],
            text=item["text"],
            parameters=tuple(item.get("parameters", ())),
        )
        if not _NAME.fullmatch(template.name) or template.name in found:
            raise ValueError(f"{path.name}: {template.name!r} is no name for a template, or is there twice")
        for language in LANGUAGES:
            places = {int(place) for place in _PLACE.findall(template.text[language])}
            if places != set(range(1, len(template.parameters) + 1)):
                raise ValueError(f"{path.name}: {template.name} ({language}) must use each of its parameters")
        found[template.name] = template
    return found
