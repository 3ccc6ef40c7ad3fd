"""The topics the assistant can answer: which are harmless beside a personal risk, and their button titles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Topic:
    """One answerable intent."""

    intent: str
    harmless: bool
    """May be answered while a personal risk is being handled (price, hours, session count...)."""
    title: Mapping[str, str]
    """Button title per language, at most 20 characters (WhatsApp's limit)."""
    related: tuple[str, ...] = ()


def load_topics(path: Path) -> dict[str, Topic]:
    """Read `data/topics.yml`; raises ValueError naming the topic that lacks something."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    entries = data.get("topics", data)
    topics = {}
    for intent, entry in entries.items():
        try:
            topics[intent] = Topic(
                intent=intent,
                harmless=bool(entry["harmless"]),
                title=dict(entry["title"]),
                related=tuple(entry.get("related", ())),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path}: topic {intent}: missing {error}") from None
    return topics


def load_followups(path: Path) -> dict[str, dict[str, str]]:
    """Read `data/followups.yml`: follow-up intent -> last topic -> the intent that answers it."""
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    return {follow: dict(pairs) for follow, pairs in data.get("followups", data).items()}
