"""Small writers that the components share."""

from __future__ import annotations

from typing import Any

from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.keys import UNDERSTANDING


def add_entity(message: Message, name: str, value: str) -> None:
    """Append an entity that stands for the message as a whole."""
    entity = {"entity": name, "value": value, "start": 0, "end": 0, "extractor": "assistant"}
    message.set(ENTITIES, [*(message.get(ENTITIES) or []), entity], add_to_output=True)


def remove_entities(message: Message, name: str) -> None:
    kept = [entity for entity in message.get(ENTITIES) or [] if entity["entity"] != name]
    message.set(ENTITIES, kept, add_to_output=True)


def note(message: Message, **facts: Any) -> None:
    """Add to what the seam returns as the message's understanding."""
    message.set(UNDERSTANDING, {**(message.get(UNDERSTANDING) or {}), **facts}, add_to_output=True)
