"""The switches: what goes wrong on the way, in either direction."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass
class Faults:
    duplicate_percent: float = 0
    reorder_percent: float = 0
    delay_ms: float = 0
    fail_code: int = 0
    """With this error the next sends are answered; 0: none."""
    fail_times: int = 0
    lose_answers: int = 0
    """So many sends are taken, but their answer is lost."""
    skew_hours: float = 0
    """The clock of WhatsApp is ahead by this: the 24 hours run out sooner."""
    refuse_window_at_once: bool = False
    """131047 as the answer, instead of in a `failed` status."""
    batch: bool = False
    """Several events in one post."""
    silent: bool = False
    """No statuses come."""

    def change(self, values: dict[str, Any]) -> None:
        """Take known switches from a request; a wrong one raises ValueError."""
        for field in fields(self):
            if field.name in values:
                kind = type(getattr(self, field.name))
                setattr(self, field.name, kind(values[field.name]))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def happens(self, percent: float, chance: random.Random) -> bool:
        return chance.random() * 100 < percent

    def take_failure(self) -> int:
        """The error for this send, if one was ordered."""
        if not self.fail_code or self.fail_times <= 0:
            return 0
        self.fail_times -= 1
        return self.fail_code

    def take_loss(self) -> bool:
        if self.lose_answers <= 0:
            return False
        self.lose_answers -= 1
        return True
