"""The patients' phones: what each shows, as WhatsApp on a phone would."""

from __future__ import annotations

import secrets
from dataclasses import asdict, dataclass, field
from typing import Any

from simulator.buckets import Bucket

PAIR_BURST, PAIR_PER_SECOND = 45, 1 / 6
"""Meta: one message each 6 seconds to one user, up to 45 at once, borrowed from the time to come."""
TYPING_SECONDS = 25


@dataclass
class Bubble:
    wamid: str
    mine: bool
    """Written by the patient."""
    type: str
    text: str
    at: float
    buttons: list[dict[str, str]] = field(default_factory=list)
    """Reply buttons: id, title."""
    rows: list[dict[str, str]] = field(default_factory=list)
    """List rows: id, title, description."""
    list_button: str = ""
    ticks: str = "sent"
    """sent, delivered, read; of a patient's message also pending until the desk took it."""
    media_id: str = ""
    filename: str = ""
    reaction: str = ""
    edited: bool = False
    deleted: bool = False
    callback_data: str = ""


@dataclass
class Phone:
    id: str
    name: str
    wa_id: str
    user_id: str
    shares_number: bool
    bubbles: list[Bubble] = field(default_factory=list)
    last_wrote_at: float | None = None
    typing_until: float = 0
    pair: Bucket = field(default_factory=lambda: Bucket(PAIR_BURST, PAIR_PER_SECOND))

    @property
    def shown_wa_id(self) -> str:
        """The number as webhooks tell it: a patient with a username shows none."""
        return self.wa_id if self.shares_number else ""

    def bubble(self, wamid: str) -> Bubble | None:
        return next((bubble for bubble in self.bubbles if bubble.wamid == wamid), None)

    def as_json(self, now: float) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "number": f"+{self.wa_id}" if self.shares_number else "@" + self.name.casefold(),
            "typing": self.typing_until > now,
            "bubbles": [asdict(bubble) for bubble in self.bubbles],
        }


def new_phone(number: int, name: str, *, shares_number: bool = True) -> Phone:
    """A phone with a Saudi number of the form 9665000000xx."""
    return Phone(f"phone-{number}", name, f"9665{number:08d}", new_user_id(), shares_number)


def new_user_id() -> str:
    return "SA." + str(secrets.randbelow(9 * 10**15) + 10**15)


def new_wamid() -> str:
    return "wamid." + secrets.token_hex(24).upper()
