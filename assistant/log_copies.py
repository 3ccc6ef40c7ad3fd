"""Rasa's debug lines are given what they name as it is.

Rasa 3.6 makes deep copies of events and states for them, several in each turn, also where nobody logs at that level.
"""

from __future__ import annotations

from typing import TypeVar

from rasa.core import processor
from rasa.core.policies import rule_policy

COPYING = (processor, rule_policy)
"""Rasa's modules that use `copy` for nothing but their debug lines."""
_T = TypeVar("_T")


class _AsItIs:
    """Stands in for the module `copy`."""

    @staticmethod
    def deepcopy(value: _T) -> _T:
        return value


def log_without_copies() -> None:
    """A line is written, if at all, before anything can change what it names."""
    for module in COPYING:
        module.copy = _AsItIs
