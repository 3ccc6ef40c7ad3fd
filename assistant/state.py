"""The conversation's state: it comes with each message and leaves with the answer. Nothing stays here."""

from __future__ import annotations

import json
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field
from typing import Any

from rasa.core.tracker_store import InMemoryTrackerStore
from rasa.shared.core.constants import ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.language import Language, ReplyLanguage

VERSION = 1
MAX_BYTES = 32 * 1024
_KEPT_SLOTS: dict[str, tuple[type, ...]] = {
    "language": (str,),
    "last_topic": (str,),
    "risk_open": (bool,),
    "staff_offered": (bool,),
    "clarify_count": (int, float),
    "answered": (list,),
}
_MAX_ANSWERED = 20


class BadState(ValueError):
    """The state that came with a message is not one that this assistant gave out."""


@dataclass(frozen=True)
class State:
    """All that the assistant needs to know of a conversation, as JSON of well under 32 KB."""

    slots: dict[str, Any] = field(default_factory=dict)
    current: str | None = None
    """Language of the last reply."""
    chosen: str | None = None
    against_choice: int = 0
    fixed_seen: str | None = None
    """The desk's `language_fixed` as last seen, so that an overruled choice is not taken up again."""

    @classmethod
    def from_json(cls, data: Any) -> State:
        if data is None:
            return cls()
        if not isinstance(data, dict) or data.get("version") != VERSION:
            raise BadState("state is not of this version")
        if len(json.dumps(data)) > MAX_BYTES:
            raise BadState(f"state is over {MAX_BYTES} bytes")
        slots = data.get("slots")
        if not isinstance(slots, dict) or not all(_fits(name, value) for name, value in slots.items()):
            raise BadState("state holds a slot that is not one of ours")
        languages = [data.get(name) for name in ("current", "chosen", "fixed_seen")]
        against_choice = data.get("against_choice", 0)
        if any(language not in ("ar", "en", None) for language in languages) or not isinstance(against_choice, int):
            raise BadState("state holds an unknown language")
        current, chosen, fixed_seen = languages
        return cls(slots, current, chosen, against_choice, fixed_seen)

    def as_json(self) -> dict[str, Any]:
        return {"version": VERSION, **asdict(self)}

    def reply_language(self, *, hint: str | None, fixed: str | None) -> ReplyLanguage:
        """The language rules as this message finds them; a new choice made on the desk's side counts at once."""
        current = self.current or hint
        language = ReplyLanguage(
            current=Language(current) if current else None,
            chosen=Language(self.chosen) if self.chosen else None,
            against_choice=self.against_choice,
        )
        if fixed and fixed != self.fixed_seen:
            return language.choose(Language(fixed))
        return language

    def events(self) -> list[Any]:
        """The tracker events that stand for this state."""
        slots = [SlotSet(name, value) for name, value in self.slots.items() if value is not None]
        return [
            ActionExecuted(ACTION_SESSION_START_NAME),
            SessionStarted(),
            *slots,
            ActionExecuted(ACTION_LISTEN_NAME),
        ]

    @classmethod
    def after(
        cls, tracker: DialogueStateTracker, *, language: ReplyLanguage, fixed: str | None, answered: list[str]
    ) -> State:
        """The state to give back once the turn is played; `answered` are topics answered in it."""
        slots = {name: tracker.get_slot(name) for name in _KEPT_SLOTS}
        before = [topic for topic in slots.get("answered") or [] if topic not in answered]
        slots["answered"] = [*before, *answered][-_MAX_ANSWERED:]
        return cls(
            slots={name: value for name, value in slots.items() if value not in (None, [], False)},
            current=language.current.value if language.current else None,
            chosen=language.chosen.value if language.chosen else None,
            against_choice=language.against_choice,
            fixed_seen=fixed,
        )


def _fits(name: str, value: Any) -> bool:
    return name in _KEPT_SLOTS and isinstance(value, _KEPT_SLOTS[name])


class Turn:
    """One turn's tracker: put in before the turn, saved by Rasa at its end."""

    def __init__(self, sender_id: str, state: State, domain: Domain) -> None:
        self.tracker = DialogueStateTracker.from_events(sender_id, state.events(), domain.slots)
        self.saved = False


CURRENT_TURN: ContextVar[Turn | None] = ContextVar("current_turn", default=None)


class TurnTrackerStore(InMemoryTrackerStore):
    """Hand Rasa the turn's tracker and take it back; without a turn (`rasa shell`) keep trackers in memory."""

    async def save(self, tracker: DialogueStateTracker) -> None:
        turn = CURRENT_TURN.get()
        if turn is None:
            await super().save(tracker)
        else:
            turn.tracker, turn.saved = tracker, True

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        turn = CURRENT_TURN.get()
        return turn.tracker if turn else await super().retrieve(sender_id)
