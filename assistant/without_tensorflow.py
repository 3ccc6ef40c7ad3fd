"""Rasa without TensorFlow, which costs two fifths of the memory and 2 s of the start, for parts that we have none of.

Rasa imports its neural classifiers and policies wherever it runs. Here their modules are empty stand-ins; a
configuration that names one of these parts is refused by Rasa as one with a name that it does not know.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

NEURAL_MODULES = (
    "rasa.core.policies.ted_policy",
    "rasa.core.policies.unexpected_intent_policy",
    "rasa.nlu.classifiers.diet_classifier",
    "rasa.nlu.featurizers.dense_featurizer.convert_featurizer",
    "rasa.nlu.featurizers.dense_featurizer.lm_featurizer",
    "rasa.nlu.selectors.response_selector",
    "rasa.utils.tensorflow.callback",
    "rasa.utils.tensorflow.data_generator",
    "rasa.utils.tensorflow.models",
)


def leave_tensorflow_out() -> None:
    """Call before Rasa is imported; where TensorFlow is loaded already, there is nothing to win."""
    if "tensorflow" not in sys.modules:
        for name in NEURAL_MODULES:
            sys.modules.setdefault(name, _StandIn(name))


class _StandIn(ModuleType):
    """Any name can be imported from it; what comes cannot be used."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        part = type(name, (_LeftOut,), {"__module__": self.__name__})
        setattr(self, name, part)
        return part


class _LeftOut:
    def __init__(self, *arguments: Any, **options: Any) -> None:
        raise RuntimeError(f"{type(self).__name__} needs TensorFlow, which this assistant leaves out")
