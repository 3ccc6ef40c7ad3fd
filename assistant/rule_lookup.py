"""RulePolicy's rules are found by the newest intent and action, not by trying each of them.

Rasa 3.6 tries every rule against every turn, and does so twice for each prediction: once for rules that are written
with a text in place of an intent, be there any or not.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.shared.core.constants import ACTION_LISTEN_NAME, PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

ANY = ""
"""What a rule says that asks for no intent, or for no action, in its newest state."""

_possible_keys = RulePolicy._get_possible_keys
_find_action_from_rules = RulePolicy._find_action_from_rules


class RuleIndex:
    """The keys of a lookup by what their newest state asks for."""

    def __init__(self, lookup: Mapping[str, str]) -> None:
        self._lookup = lookup
        self._size = len(lookup)
        self._keys: dict[tuple[str, str], list[str]] = defaultdict(list)
        for key in lookup:
            intent, action = _newest(RulePolicy._rule_key_to_state(key)[-1])
            self._keys[ANY if intent == SHOULD_NOT_BE_SET else intent, action].append(key)

    def is_of(self, lookup: Mapping[str, str]) -> bool:
        return self._lookup is lookup and self._size == len(lookup)

    @property
    def may_match_a_text(self) -> bool:
        """Whether some rule could speak right after a message whatever its intent, or by its text."""
        return any(not intent and action in (ANY, ACTION_LISTEN_NAME) for intent, action in self._keys)

    def candidates(self, newest: State) -> dict[str, str]:
        """Rules that may match: all that do are among them."""
        intent, action = _newest(newest)
        if not action:
            return dict(self._lookup)  # the start of a conversation: Rasa compares nothing there
        wanted = {(i, a) for i in (intent, ANY) for a in (action, ANY)}
        return {key: self._lookup[key] for each in wanted for key in self._keys.get(each, ())}


def look_rules_up_quickly() -> None:
    """Have Rasa's RulePolicy use an index of its rules."""
    RulePolicy._get_possible_keys = _get_possible_keys  # type: ignore[method-assign]
    RulePolicy._find_action_from_rules = _find_action  # type: ignore[method-assign]


def _get_possible_keys(policy: RulePolicy, lookup: dict[str, str], states: list[State]) -> set[str]:
    candidates = _index_of(policy, lookup).candidates(states[-1]) if states else lookup
    found: set[str] = _possible_keys(policy, candidates, states)
    return found


def _find_action(
    policy: RulePolicy, tracker: DialogueStateTracker, domain: Domain, use_text_for_last_user_input: bool
) -> tuple[str | None, str | None, bool]:
    by_text = use_text_for_last_user_input
    if by_text and not tracker.active_loop_name and not _index_of(policy, policy.lookup["rules"]).may_match_a_text:
        return None, None, False
    found: tuple[str | None, str | None, bool] = _find_action_from_rules(policy, tracker, domain, by_text)
    return found


def _index_of(policy: RulePolicy, lookup: Mapping[str, str]) -> RuleIndex:
    indices: dict[int, RuleIndex] = policy.__dict__.setdefault("_indices", {})
    index = indices.get(id(lookup))
    if index is None or not index.is_of(lookup):
        index = indices[id(lookup)] = RuleIndex(lookup)
    return index


def _newest(state: Mapping[str, Any]) -> tuple[str, str]:
    """The intent and the action before it that a state names."""
    user: Mapping[str, Any] = state.get(USER) or {}
    previous: Mapping[str, Any] = state.get(PREVIOUS_ACTION) or {}
    return str(user.get(INTENT) or ANY), str(previous.get(ACTION_NAME) or ANY)
