from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.nlu.hybrid_intent_classifier import HybridIntentClassifier
from assistant.nlu.keys import CLAUSES, RISK_SIGNAL, UNDERSTANDING

from .test_hybrid import PHRASES

PERSONAL = """
pregnancy_breastfeeding: ["انا حامل بالشهر الخامس", "am pregnant, five months", "ana 7amel"]
allergy: ["عندي حساسية من البنج", "allergic to numbing cream", "3ndi 7asasyah mn el latex"]
"""
HARMLESS = """
negated: ["ماني حامل", "no allergies at all", "ma 3ndi 7asasyah"]
"""


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    """A few risk examples: the real ones take half a minute to learn."""
    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "personal.yml").write_text(PERSONAL, encoding="utf-8")
    (folder / "harmless.yml").write_text(HARMLESS, encoding="utf-8")
    return folder


@pytest.fixture
def trained(make: Callable[..., Any], prepared: Callable[[str], Message], examples: Path) -> HybridIntentClassifier:
    messages = []
    for intent, texts in PHRASES.items():
        for text in texts:
            message = prepared(text)
            message.set("intent", intent)
            messages.append(message)
    component: HybridIntentClassifier = make(HybridIntentClassifier, risk_examples=str(examples))
    component.train(TrainingData(messages))
    return component


def test_the_intent_and_its_ranking_are_written(
    trained: HybridIntentClassifier, prepared: Callable[[str], Message]
) -> None:
    message = prepared("kam se3r el jalsah")
    trained.process([message])
    assert message.get("intent")["name"] == "ask_price"
    assert message.get("intent_ranking")[0] == message.get("intent")
    assert message.get(UNDERSTANDING)["threshold"] == trained.threshold


def test_the_models_own_ear_for_risks_is_trained_with_it(
    trained: HybridIntentClassifier, prepared: Callable[[str], Message]
) -> None:
    risk, harmless = prepared("انا حامل بالشهر السابع"), prepared("ماني حامل")
    trained.process([risk, harmless])
    assert risk.get(RISK_SIGNAL).margin > harmless.get(RISK_SIGNAL).margin
    assert risk.get(RISK_SIGNAL).category == "pregnancy_breastfeeding"


def test_clauses_are_scored_beside_the_whole(
    trained: HybridIntentClassifier, prepared: Callable[[str], Message]
) -> None:
    message = prepared("كم السعر؟ وهل يعور؟")
    trained.process([message])
    assert [clause.intent for clause in message.get(CLAUSES)] == ["ask_price", "ask_pain"]


def test_an_empty_message_is_no_error(trained: HybridIntentClassifier, prepared: Callable[[str], Message]) -> None:
    message = prepared("")
    trained.process([message])
    assert message.get(CLAUSES) == []


def test_it_loads_from_model_storage_without_training(
    trained: HybridIntentClassifier, storage: LocalModelStorage, prepared: Callable[[str], Message]
) -> None:
    loaded = HybridIntentClassifier.load(
        HybridIntentClassifier.get_default_config(),
        storage,
        Resource("component"),
        ExecutionContext(GraphSchema({})),
    )
    first, second = prepared("yuja3?"), prepared("yuja3?")
    trained.process([first])
    loaded.process([second])
    assert first.get("intent")["name"] == second.get("intent")["name"]
    assert first.get("intent")["confidence"] == pytest.approx(second.get("intent")["confidence"], abs=1e-3)
    assert loaded.threshold == trained.threshold


def test_a_misspelt_option_is_named() -> None:
    with pytest.raises(InvalidConfigException, match="ngram_wieght"):
        HybridIntentClassifier.validate_config({"ngram_wieght": 0.5})
    with pytest.raises(InvalidConfigException, match="between 0 and 1"):
        HybridIntentClassifier.validate_config({"ngram_weight": 3})
