"""The desk's own fixed texts, loaded and checked once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

TEXTS_FILE = Path(__file__).with_name("texts.yml")
LANGUAGES = ("ar", "en")
NAMES = (
    "emergency",
    "self_harm",
    "safety",
    "staff_will_answer",
    "hand_off",
    "closed",
    "privacy",
    "privacy_whatsapp",
    "cannot_read",
    "file_received",
)


@dataclass(frozen=True)
class FixedText:
    """A text with the name and version under which it is stored."""

    name: str
    version: str
    by_language: dict[str, str]

    @property
    def answer_name(self) -> str:
        return f"desk_{self.name}"

    def text(self, language: str) -> str:
        return self.by_language[language]


def fixed_text(name: str) -> FixedText:
    return load_texts(TEXTS_FILE)[name]


@cache
def load_texts(path: Path, names: tuple[str, ...] = NAMES) -> dict[str, FixedText]:
    """Read the texts of these names; raises ValueError naming what is missing."""
    content = path.read_bytes()
    version = hashlib.sha256(content).hexdigest()[:12]
    texts = yaml.safe_load(content)
    for name in names:
        for language in LANGUAGES:
            if not (texts.get(name) or {}).get(language):
                raise ValueError(f"{path.name}: {name} has no text in {language!r}")
    return {name: FixedText(name, version, texts[name]) for name in names}
