"""What a reviewer can say a message was: the intents that have phrases, and the clinic's risk categories."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml
from django.conf import settings

from assistant.text import normalise
from desk.handoffs.models import Urgency
from desk.staff.words import LANGUAGES, Words


@cache
def correctable_intents() -> tuple[str, ...]:
    """Intents whose phrases a reviewer may add to; a risk has its own verdict."""
    domain = yaml.safe_load((settings.BASE_DIR / "domain.yml").read_text(encoding="utf-8"))
    names = [next(iter(entry)) if isinstance(entry, dict) else str(entry) for entry in domain["intents"]]
    return tuple(name for name in names if not name.startswith("report_") and name != "nlu_fallback")


@cache
def risk_categories() -> dict[str, Urgency]:
    """Each category of the clinic's word lists, and how fast staff must answer it."""
    found: dict[str, Urgency] = {}
    for path in sorted((settings.BASE_DIR / "data" / "risk").glob("*.yml")):
        document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        if "category" in document:
            found[str(document["category"])] = Urgency(document["urgency"])
    return found


@cache
def intent_labels() -> dict[str, str]:
    """Each correctable intent with its title in both languages, to be found by typing either."""
    return {
        intent: " / ".join(dict.fromkeys(Words(language).topic(intent) for language in LANGUAGES))
        for intent in correctable_intents()
    }


def intent_typed(text: str) -> str:
    """The intent somebody means who types its label, its name, or a part that no other label holds; else empty."""
    typed = normalise(text)
    if not typed:
        return ""
    names = {
        intent: (normalise(label), *map(normalise, label.split(" / "))) for intent, label in intent_labels().items()
    }
    for intent, labels in names.items():
        if typed in (intent, *labels):
            return intent
    holding = [intent for intent, labels in names.items() if typed in labels[0]]
    return holding[0] if len(holding) == 1 else ""
