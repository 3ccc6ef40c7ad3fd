"""Phrases are read as Rasa's own reader reads them, only faster."""

from __future__ import annotations

from pathlib import Path

import pytest
from rasa.shared.exceptions import YamlException
from rasa.shared.nlu.training_data.formats import RasaYAMLReader
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant import importer
from assistant.importer import PhraseReader

ROOT = Path(__file__).resolve().parents[2]
WITH_AN_ENTITY = """version: "3.1"
nlu:
- intent: ask_price
  examples: |
    - how much in [Jeddah](city)?
    -   "بكم" الجلسة #1
"""
WITH_A_SYNONYM = WITH_AN_ENTITY + "- synonym: jeddah\n  examples: |\n    - jiddah\n"
WITH_RESPONSES = WITH_AN_ENTITY + "responses:\n  utter_x:\n  - text: x\n"


def as_told(data: TrainingData) -> tuple[object, ...]:
    examples = [message.as_dict() for message in data.training_examples]
    return examples, data.entity_synonyms, data.regex_features, data.lookup_tables, data.responses


@pytest.mark.parametrize("name", ["ar/pain.yml", "en/pain.yml", "ar/greet.yml"])
def test_the_projects_files_are_read_the_same(name: str) -> None:
    path = ROOT / "data" / "nlu" / name
    read = PhraseReader().read(path)
    assert len(read.training_examples) > 10
    assert as_told(read) == as_told(RasaYAMLReader().read(path))


def test_files_of_phrases_are_not_left_to_the_slow_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RasaYAMLReader, "validate", lambda reader, string: pytest.fail("Rasa's own reader was asked"))
    for path in (ROOT / "data" / "nlu").rglob("*.yml"):
        assert importer._holds_phrases_alone(importer._parsed(path.read_text(encoding="utf-8"))), path
    assert PhraseReader().reads(WITH_AN_ENTITY).training_examples


@pytest.mark.parametrize("text", [WITH_AN_ENTITY, WITH_A_SYNONYM, WITH_RESPONSES, 'version: "3.1"\n'])
def test_other_content_is_read_the_same(text: str) -> None:
    assert as_told(PhraseReader().reads(text)) == as_told(RasaYAMLReader().reads(text))


@pytest.mark.parametrize(
    "text",
    [
        'version: "3.1"\nnlu:\n- intent: [a\n',
        'version: "3.1"\nnlu:\n- intent: 7\n  examples: |\n    - a\n',
        'version: "3.1"\nnlu:\n- intent: a\n  phrases: |\n    - a\n',
    ],
)
def test_what_is_wrong_is_refused_by_rasa(text: str) -> None:
    with pytest.raises(YamlException):
        PhraseReader().reads(text)
