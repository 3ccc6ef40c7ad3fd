"""The served assistant and its training without TensorFlow."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import pytest

from assistant.without_tensorflow import NEURAL_MODULES
from tests.servers import ENVIRONMENT, ROOT


def run(code: str) -> str:
    ended = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=ROOT,
        env={**os.environ, **ENVIRONMENT},
        capture_output=True,
        text=True,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.strip()


def test_serving_and_training_load_no_tensorflow() -> None:
    loaded = run(
        """
        import sys
        from assistant.without_tensorflow import leave_tensorflow_out
        leave_tensorflow_out()
        import rasa.core.run, rasa.core.agent, rasa.model_training
        import rasa.graph_components.validators.default_recipe_validator
        from rasa.engine.recipes.default_recipe import DefaultV1Recipe
        import assistant.channel, assistant.nlu.hybrid_intent_classifier
        print(DefaultV1Recipe._from_registry("RulePolicy").clazz.__name__, "tensorflow" in sys.modules)
        """
    )
    assert loaded == "RulePolicy False"


def test_each_module_left_out_is_one_of_rasa_that_loads_tensorflow() -> None:
    loaded = run(
        f"""
        import importlib, sys
        for name in {NEURAL_MODULES!r}:
            importlib.import_module(name)
        print("tensorflow" in sys.modules)
        """
    )
    assert loaded == "True"


def test_a_neural_component_in_the_configuration_is_refused_by_name() -> None:
    said = run(
        """
        from assistant.without_tensorflow import leave_tensorflow_out
        leave_tensorflow_out()
        from rasa.engine.recipes.default_recipe import DefaultV1Recipe
        try:
            DefaultV1Recipe._from_registry("DIETClassifier")
        except Exception as error:
            print(type(error).__name__, error)
        """
    )
    assert said.startswith("InvalidConfigException")
    assert "DIETClassifier" in said


def test_what_comes_from_a_stand_in_cannot_be_used() -> None:
    said = run(
        """
        from assistant.without_tensorflow import leave_tensorflow_out
        leave_tensorflow_out()
        from rasa.nlu.classifiers.diet_classifier import DIETClassifier
        try:
            DIETClassifier({})
        except RuntimeError as error:
            print(error)
        """
    )
    assert said == "DIETClassifier needs TensorFlow, which this assistant leaves out"


def test_where_tensorflow_is_loaded_already_nothing_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant import without_tensorflow

    monkeypatch.setitem(sys.modules, "tensorflow", sys)
    before = {name: sys.modules.get(name) for name in NEURAL_MODULES}
    without_tensorflow.leave_tensorflow_out()
    assert {name: sys.modules.get(name) for name in NEURAL_MODULES} == before
