from collections.abc import Callable
from typing import Any

import pytest
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.keys import UNDERSTANDING
from assistant.nlu.language_detector import LanguageDetectorComponent


def languages(message: Message) -> list[str]:
    return [e["value"] for e in message.get("entities") or [] if e["entity"] == "language"]


def test_the_language_becomes_an_entity(prepared: Callable[[str], Message]) -> None:
    assert languages(prepared("kam el se3r")) == ["ar"]
    assert languages(prepared("how much is it")) == ["en"]


def test_a_message_without_language_leaves_the_slot_alone(prepared: Callable[[str], Message]) -> None:
    message = prepared("👍")
    assert languages(message) == []
    assert message.get(UNDERSTANDING) == {"language": None, "script": None}


def test_the_script_is_noted(prepared: Callable[[str], Message]) -> None:
    assert prepared("kam el se3r").get(UNDERSTANDING)["script"] == "latin"


def test_a_missing_word_list_is_refused_at_start(make: Callable[..., Any]) -> None:
    with pytest.raises(InvalidConfigException, match=r"no file nowhere\.yml"):
        LanguageDetectorComponent.validate_config({"words": "nowhere.yml"})
