"""What a webhook body tells, in our own words: plain values that nothing of Meta's JSON shows through."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from desk.conversations.models import Kind


@dataclass(frozen=True)
class Identity:
    """How WhatsApp knows somebody: phone digits, a business-scoped user id, or both."""

    wa_id: str = ""
    user_id: str = ""

    @property
    def is_known(self) -> bool:
        return bool(self.wa_id or self.user_id)


@dataclass(frozen=True)
class Sender:
    identity: Identity
    name: str = ""


@dataclass(frozen=True)
class Received:
    """A message that a patient sent. `choice` is the id of a button or list row, not looked up yet."""

    wamid: str
    sender: Sender
    sent_at: datetime | None
    kind: Kind
    text: str = ""
    choice: str = ""
    attachment: dict[str, Any] | None = None
    request_id: str = ""


@dataclass(frozen=True)
class Amended:
    """A message that a patient edited (`text`) or deleted (`text` is None)."""

    wamid: str
    sender: Sender
    sent_at: datetime | None
    original: str
    text: str | None


@dataclass(frozen=True)
class IdentityChanged:
    """A patient's phone number or business-scoped user id became another."""

    wamid: str
    sent_at: datetime | None
    old: Identity
    new: Identity


@dataclass(frozen=True)
class StatusChanged:
    """How far a message of ours has come; `our_id` is our own message's id where WhatsApp returned it."""

    wamid: str
    status: str
    at: datetime | None
    our_id: str = ""
    code: int | None = None
    error: str = ""


@dataclass(frozen=True)
class Problem:
    """An error of the account itself, or something that could not be read at all."""

    code: int | None
    text: str


@dataclass(frozen=True)
class Events:
    """All of one or several webhook bodies, in the order they were told."""

    received: list[Received] = field(default_factory=list)
    amended: list[Amended] = field(default_factory=list)
    identities: list[IdentityChanged] = field(default_factory=list)
    statuses: list[StatusChanged] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def extend(self, other: Events) -> None:
        self.received.extend(other.received)
        self.amended.extend(other.amended)
        self.identities.extend(other.identities)
        self.statuses.extend(other.statuses)
        self.problems.extend(other.problems)
