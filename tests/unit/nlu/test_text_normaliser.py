from collections.abc import Callable
from typing import Any

from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.nlu.keys import NORMALISED
from assistant.nlu.text_normaliser import TextNormaliser


def test_writes_the_normalised_text_beside_the_text_as_typed(make: Callable[..., Any]) -> None:
    message = Message({"text": "كَمْ جلسة؟"})
    make(TextNormaliser).process([message])
    assert message.get(NORMALISED) == "كم جلسه؟"
    assert message.get("text") == "كَمْ جلسة؟"


def test_training_phrases_are_normalised_the_same_way(make: Callable[..., Any]) -> None:
    data = TrainingData([Message({"text": "كَمْ جلسة؟", "intent": "ask_session_count"})])
    make(TextNormaliser).process_training_data(data)
    assert data.training_examples[0].get(NORMALISED) == "كم جلسه؟"


def test_a_message_without_text_is_empty(make: Callable[..., Any]) -> None:
    message = Message({})
    make(TextNormaliser).process([message])
    assert message.get(NORMALISED) == ""
