"""Pipeline step 2: which language and script the message is in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.language import Detected, LanguageDetector, load_detector
from assistant.nlu.entities import add_entity, note
from assistant.nlu.keys import DETECTED, ENTITY_LANGUAGE


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class LanguageDetectorComponent(GraphComponent):
    """Emit the message's language as an entity (it fills the `language` slot) and note its script.

    A message that tells no language (emoji, digits, "ok") emits nothing, so the slot keeps what it holds.
    """

    def __init__(self, detector: LanguageDetector) -> None:
        self._detector = detector

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> LanguageDetectorComponent:
        return cls(load_detector(Path(config["words"])))

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"words": "data/language.yml"}

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        words = config.get("words", cls.get_default_config()["words"])
        if not Path(words).is_file():
            raise InvalidConfigException(f"LanguageDetectorComponent: words: no file {words}")

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        for message in training_data.training_examples:
            message.set(DETECTED, self._detect(message))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            detected = self._detect(message)
            message.set(DETECTED, detected)
            if detected.language:
                add_entity(message, ENTITY_LANGUAGE, detected.language.value)
            note(
                message,
                language=detected.language.value if detected.language else None,
                script=detected.script.value if detected.script else None,
            )
        return messages

    def _detect(self, message: Message) -> Detected:
        return self._detector.detect(message.get(TEXT) or "")
