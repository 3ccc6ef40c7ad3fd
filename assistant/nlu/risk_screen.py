"""Pipeline's last step: the clinic's risk words and the model's own signal overrule the intent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from assistant.answers import answers_beside_risk, rescued_answer
from assistant.model_signal import SignalCutoffs, model_risk, second_look
from assistant.nlu.entities import add_entity, note, remove_entities
from assistant.nlu.keys import (
    CLAUSES,
    ENTITY_ANSWER,
    ENTITY_RISK,
    ENTITY_TOPIC,
    FALLBACK_INTENT,
    RISK_SIGNAL,
    UNDERSTANDING,
)
from assistant.nlu.shapes import screen_of
from assistant.risk import Level, Risk, combine
from assistant.text import normalise_spans
from assistant.topics import load_topics

EMERGENCY = "report_emergency"
REACTION = "report_reaction"
CONDITION = "report_condition"
EFFECTS = frozenset({"post_treatment_warning", "home_injury", "emergency"})
"""Asked about in general ("will it bruise?") these are ordinary questions: staff are offered for conditions only."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class RiskScreenComponent(GraphComponent):
    """Screen every message; the union of lexicon and model decides, in `assistant.risk` alone.

    A personal risk turns the intent into `report_*` and leaves as answers only harmless questions in clauses that hold
    no risk.
    """

    def __init__(self, config: dict[str, Any]) -> None:
        self._screen = screen_of(Path(config["lexicon"]))
        topics = load_topics(Path(config["topics"]))
        self._answerable = set(topics)
        self._harmless = {topic.intent for topic in topics.values() if topic.harmless}
        self._intent_alone = float(config["intent_alone"])
        self._beside_risk = float(config["beside_risk"])
        self._cutoffs = SignalCutoffs(
            alone=config["model_alone"],
            against_general=config["model_against_general"],
            against_negation=config["model_against_negation"],
            doubtful=config["model_doubtful"],
            of_another=config["model_of_another"],
            joking=config["model_joking"],
            topic_weight=config["model_topic_weight"],
            topic_from=config["model_topic_from"],
        )

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> RiskScreenComponent:
        return cls(config)

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "lexicon": "data/risk",
            "topics": "data/topics.yml",
            # score from which a `report_*` intent hands over although no risk was heard
            "intent_alone": 0.8,
            # score from which a harmless question beside a risk is answered
            "beside_risk": 0.6,
            # margins from which the model's signal counts, or a doubtful finding holds (chosen on the development sets)
            "model_alone": -0.5,
            "model_against_general": -0.5,
            "model_against_negation": -0.1,
            "model_doubtful": -0.4,
            "model_of_another": -0.35,
            "model_joking": -0.6,
            "model_topic_weight": 2.0,
            "model_topic_from": 0.2,
        }

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT) or ""
            risk = self._screen.screen(text)
            if signal := message.get(RISK_SIGNAL):
                risk = second_look(risk, signal, self._cutoffs)
            heard = self._model_risk(message, text, risk)
            self._write(message, combine(risk, heard) if heard else risk)
        return messages

    def _model_risk(self, message: Message, text: str, lexicon: Risk) -> Risk | None:
        signal = message.get(RISK_SIGNAL)
        if signal is None:
            return None
        ranking: list[dict[str, Any]] = message.get("intent_ranking") or []
        sure = ranking[0]["confidence"] if ranking and ranking[0][INTENT_NAME_KEY].startswith("ask_") else 0.0
        return model_risk(text, signal, lexicon=lexicon, topic_confidence=sure, cutoffs=self._cutoffs)

    def _write(self, message: Message, risk: Risk) -> None:
        note(message, risk=risk.as_dict())
        if risk.level in (Level.NONE, Level.GENERAL):
            cleared = any(finding.cleared for finding in risk.findings)
            self._second_thought(message, denied=cleared or (risk.level is Level.NONE and bool(risk.findings)))
        if risk.level is Level.NONE:
            return
        if risk.level is Level.GENERAL:
            if not {finding.category for finding in risk.findings if not finding.negated} <= EFFECTS:
                add_entity(message, ENTITY_RISK, risk.level.value)
            return
        add_entity(message, ENTITY_RISK, risk.level.value)
        intent = message.get(INTENT) or {}
        message.set(INTENT, {**intent, INTENT_NAME_KEY: _risk_intent(risk)}, add_to_output=True)
        remove_entities(message, ENTITY_ANSWER)
        remove_entities(message, ENTITY_TOPIC)
        answers = self._answers_beside(message, risk)
        for answer in answers:
            add_entity(message, ENTITY_ANSWER, answer)
        note(message, answers=answers)

    def _second_thought(self, message: Message, *, denied: bool) -> None:
        """Without a risk heard, a `report_*` intent stands only where the model is sure; else the next best counts."""
        intent = message.get(INTENT) or {}
        name, confidence = intent.get(INTENT_NAME_KEY) or "", intent.get("confidence", 0.0)
        if not name.startswith("report_") or (confidence >= self._intent_alone and not denied):
            return
        others = [e for e in message.get("intent_ranking") or [] if not e[INTENT_NAME_KEY].startswith("report_")]
        threshold = (message.get(UNDERSTANDING) or {}).get("threshold", 0.0)
        asked = rescued_answer(message.get(CLAUSES) or [], answerable=self._answerable, cutoff=threshold * 2)
        best = others[0] if others and others[0]["confidence"] >= threshold / 2 else {INTENT_NAME_KEY: FALLBACK_INTENT}
        best = {INTENT_NAME_KEY: asked} if asked else best
        message.set(INTENT, {"confidence": confidence, **best}, add_to_output=True)
        if best[INTENT_NAME_KEY].startswith("ask_"):
            add_entity(message, ENTITY_TOPIC, best[INTENT_NAME_KEY])
            note(message, answers=[best[INTENT_NAME_KEY]])

    def _answers_beside(self, message: Message, risk: Risk) -> list[str]:
        if risk.level is Level.EMERGENCY:
            return []
        place = normalise_spans(message.get(TEXT) or "")
        clauses = message.get(CLAUSES) or []
        risky = [(finding.start, finding.end) for finding in risk.findings]
        spans = {clause: place.span(clause.start, clause.end) for clause in clauses}
        safe = [c for c in clauses if not any(s < spans[c][1] and e > spans[c][0] for s, e in risky)]
        return answers_beside_risk(safe, harmless=self._harmless, cutoff=self._beside_risk)


def _risk_intent(risk: Risk) -> str:
    if risk.level is Level.EMERGENCY:
        return EMERGENCY
    reactions = {"post_treatment_warning", "home_injury"}
    return REACTION if reactions & set(risk.categories) else CONDITION
