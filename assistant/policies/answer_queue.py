"""The policy that plays a turn's plan, above RulePolicy."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rasa.core.featurizers.tracker_featurizers import TrackerFeaturizer
from rasa.core.policies.policy import Policy, PolicyPrediction, SupportedData
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, SlotSet, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from assistant.nlu.keys import ENTITY_ANSWER, ENTITY_RISK
from assistant.policies.plan import OFFER_STAFF, Knowledge, Turn, plan_turn
from assistant.topics import load_followups, load_topics

_FILE = "actions.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class AnswerQueuePolicy(Policy):
    """Predict the next action of the turn's plan; abstain where the rules suffice.

    Which action answers an intent is learnt from the rules, so rules stay the one place that says it.
    """

    def __init__(
        self,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        featurizer: TrackerFeaturizer | None = None,
        actions: dict[str, list[str]] | None = None,
    ) -> None:
        super().__init__(config, model_storage, resource, execution_context, featurizer)
        topics = load_topics(Path(config["topics"]))
        self._knowledge = Knowledge(
            actions=actions or {},
            harmless=frozenset(topic.intent for topic in topics.values() if topic.harmless),
            followups=load_followups(Path(config["followups"])),
        )

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 7, "topics": "data/topics.yml", "followups": "data/followups.yml"}

    @staticmethod
    def supported_data() -> SupportedData:
        return SupportedData.ML_AND_RULE_DATA

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        actions: dict[str, list[str]] = {}
        for tracker in training_trackers:
            intent = next((e.intent_name for e in tracker.events if isinstance(e, UserUttered)), None)
            if intent:
                actions[intent] = _actions_after_message(tracker)
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(actions), encoding="utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> AnswerQueuePolicy:
        with model_storage.read_from(resource) as folder:
            actions = json.loads((folder / _FILE).read_text(encoding="utf-8"))
        return cls(config, model_storage, resource, execution_context, actions=actions)

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        done = _actions_after_message(tracker)
        if not any(isinstance(event, UserUttered) for event in tracker.events):
            return self._prediction(probabilities)
        plan = plan_turn(_read_turn(tracker), self._knowledge)
        if plan is None:
            return self._prediction(probabilities)
        following = plan[len(done)] if len(done) < len(plan) else ACTION_LISTEN_NAME
        probabilities[domain.index_for_action(following)] = 1.0
        events = [SlotSet("staff_offered", True)] if following == OFFER_STAFF else None
        return self._prediction(probabilities, events=events)


def _actions_after_message(tracker: DialogueStateTracker) -> list[str]:
    """Actions run since the last message of the patient, without listening."""
    names: list[str] = []
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            break
        if isinstance(event, ActionExecuted) and event.action_name and event.action_name != ACTION_LISTEN_NAME:
            names.append(event.action_name)
    return names[::-1]


def _read_turn(tracker: DialogueStateTracker) -> Turn:
    message = tracker.latest_message
    assert message is not None
    slots = _slots_at_message(tracker)
    return Turn(
        intent=message.intent.get("name") or "",
        answers=_values(message.entities, ENTITY_ANSWER),
        risk_level=next(iter(_values(message.entities, ENTITY_RISK)), "none"),
        risk_open=bool(slots.get("risk_open")),
        staff_offered=bool(slots.get("staff_offered")),
        last_topic=slots.get("last_topic"),
    )


def _slots_at_message(tracker: DialogueStateTracker) -> dict[str, Any]:
    """Slot values as the message found them: the actions run since must not change the turn's plan."""
    events = list(tracker.events)
    last = max(i for i, event in enumerate(events) if isinstance(event, UserUttered))
    values = {name: slot.initial_value for name, slot in tracker.slots.items()}
    for position, event in enumerate(events):
        if position > last and isinstance(event, ActionExecuted):
            break
        if isinstance(event, SlotSet):
            values[event.key] = event.value
    return values


def _values(entities: Iterable[dict[str, Any]], name: str) -> list[str]:
    return [entity["value"] for entity in entities if entity["entity"] == name]
