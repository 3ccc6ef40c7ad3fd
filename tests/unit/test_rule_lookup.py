"""Rules found by an index are those that Rasa finds by trying each."""

from __future__ import annotations

import json
import random
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

from assistant import rule_lookup
from assistant.rule_lookup import RuleIndex, look_rules_up_quickly

DOMAIN = Domain.from_dict({"intents": ["price", "pain"], "responses": {"utter_price": [{"text": "x"}]}})


def state(intent: str = "", action: str = "", **more: Any) -> dict[str, Any]:
    """A state as Rasa keeps it."""
    user = {"user": {"intent": intent}} if intent else {}
    return {**user, **({"prev_action": {"action_name": action}} if action else {}), **more}


INTENTS = ["", "price", "pain", "should_not_be_set"]
ACTIONS = ["", "action_listen", "utter_price", "utter_pain"]
SLOTS = [{}, {"slots": {"known": [1.0]}}, {"slots": {"known": "should_not_be_set"}}]
STATES = [state(intent, action, **slots) for intent, action, slots in product(INTENTS, ACTIONS, SLOTS)]
RULES = {json.dumps([one]): "a" for one in STATES} | {
    json.dumps(random.Random(number).sample(STATES, 2)): "b" for number in range(150)
}


def policy_with(tmp_path: Path, rules: dict[str, str]) -> RulePolicy:
    lookup = {"rules": rules, "rules_for_loop_unhappy_path": {}}
    context = ExecutionContext(GraphSchema({}))
    config = RulePolicy.get_default_config()
    return RulePolicy(config, LocalModelStorage(tmp_path), Resource("rules"), context, lookup=lookup)


def test_the_same_rules_match(tmp_path: Path) -> None:
    look_rules_up_quickly()
    policy = policy_with(tmp_path, RULES)
    matched = 0
    for number in range(400):
        chance = random.Random(number)
        states = [state(chance.choice(INTENTS[:3]), chance.choice(ACTIONS)) for _ in range(chance.randint(0, 3))]
        expected = rule_lookup._possible_keys(policy, RULES, states)
        assert policy._get_possible_keys(RULES, states) == expected
        matched += bool(expected)
    assert matched > 100


def test_few_rules_are_left_to_try() -> None:
    rules = {json.dumps([state(f"intent_{number}", "action_listen")]): "utter" for number in range(100)}
    assert len(RuleIndex(rules).candidates(state("intent_7", "action_listen"))) == 1  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("newest", "may"),
    [
        (state("price", "action_listen"), False),
        (state("", "utter_price"), False),
        (state("", "action_listen"), True),
        ({"user": {"text": "hello"}, "prev_action": {"action_name": "action_listen"}}, True),
    ],
)
def test_rules_for_texts_are_only_looked_for_where_there_are_some(
    tmp_path: Path, newest: dict[str, Any], may: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    look_rules_up_quickly()
    tried: list[bool] = []
    found = rule_lookup._find_action_from_rules

    def note(policy: RulePolicy, tracker: Any, domain: Any, by_text: bool) -> Any:
        tried.append(by_text)
        return found(policy, tracker, domain, by_text)

    monkeypatch.setattr(rule_lookup, "_find_action_from_rules", note)
    policy = policy_with(tmp_path, {json.dumps([newest]): "utter_price"})
    tracker = DialogueStateTracker.from_events(
        "c", [ActionExecuted("action_listen"), UserUttered("hi", {"name": "price"})], domain=DOMAIN
    )
    policy.predict_action_probabilities(tracker, DOMAIN)
    assert tried
    assert (True in tried) is may
