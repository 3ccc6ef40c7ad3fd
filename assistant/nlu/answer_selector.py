"""Pipeline step 4: which questions the message asks, and whether it was understood at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY
from rasa.shared.nlu.training_data.message import Message

from assistant.answers import Cutoffs, compound_answers, rescued_answer
from assistant.nlu.entities import add_entity, note
from assistant.nlu.keys import (
    CLAUSES,
    ENTITY_ANSWER,
    ENTITY_TOPIC,
    FALLBACK_INTENT,
    NORMALISED,
    UNDERSTANDING,
)
from assistant.topics import load_topics

POLITE = frozenset({"greet", "thank", "goodbye", "affirm", "deny"})
"""What is said around a question: a question beside it is what counts."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class AnswerSelector(GraphComponent):
    """Emit one `answer` entity per question of a compound message; send what was not understood to the fallback."""

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config
        self._answerable = set(load_topics(Path(config["topics"])))

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AnswerSelector:
        return cls(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "topics": "data/topics.yml",
            # multiples of the classifier's threshold from which a clause is a question of its own
            "strong_boundary": 2.2,
            "weak_boundary": 4.5,
        }

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            self._select(message)
        return messages

    def _select(self, message: Message) -> None:
        threshold = (message.get(UNDERSTANDING) or {}).get("threshold", 0.0)
        intent = message.get(INTENT) or {INTENT_NAME_KEY: None, "confidence": 0.0}
        clauses = message.get(CLAUSES) or []
        cutoffs = Cutoffs(
            strong=threshold * self._config["strong_boundary"], weak=threshold * self._config["weak_boundary"]
        )
        answers = compound_answers(clauses, answerable=self._answerable, cutoffs=cutoffs)
        if intent["confidence"] < threshold or not _has_letters(message.get(NORMALISED) or ""):
            rescued = rescued_answer(clauses, answerable=self._answerable, cutoff=cutoffs.strong)
            name = answers[0] if answers else rescued or FALLBACK_INTENT
            intent = {INTENT_NAME_KEY: name, "confidence": intent["confidence"]}
            message.set(INTENT, intent, add_to_output=True)
        elif intent[INTENT_NAME_KEY] in POLITE and not answers:
            asked = rescued_answer(clauses, answerable=self._answerable, cutoff=cutoffs.strong)
            answers = [asked] if asked else []
        for answer in answers:
            add_entity(message, ENTITY_ANSWER, answer)
        spoken = answers or [name for name in [intent[INTENT_NAME_KEY]] if name in self._answerable]
        if spoken:
            add_entity(message, ENTITY_TOPIC, spoken[-1])
        note(message, answers=spoken)


def _has_letters(text: str) -> bool:
    return any(char.isalpha() for char in text)
