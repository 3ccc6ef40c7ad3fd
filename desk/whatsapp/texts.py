"""What the desk says on WhatsApp alone, in both languages."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

TEXTS_FILE = Path(__file__).with_name("texts.yml")


def whatsapp_text(name: str, language: str) -> str:
    return _load()[name][language]


@cache
def _load() -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = yaml.safe_load(TEXTS_FILE.read_text(encoding="utf-8"))
    return texts
