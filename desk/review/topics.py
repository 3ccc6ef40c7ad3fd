"""What a reviewer can say a message was: the intents that have phrases, and the clinic's risk categories."""

from __future__ import annotations

from functools import cache
from typing import Any

import yaml
from django.conf import settings

from desk.handoffs.models import Urgency


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
