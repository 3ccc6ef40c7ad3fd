"""Loads the domain from `domain.yml` and the answers beside it, one file per topic; reads each file once, and fast."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from rasa.shared.constants import LATEST_TRAINING_DATA_FORMAT_VERSION
from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.formats import RasaYAMLReader
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

from assistant.yaml_loader import LOADER

RESPONSES = "data/responses"


class SplitDomainImporter(RasaFileImporter):
    """Rasa's own importer, with `data/responses/*.yml` merged into the domain."""

    _nlu_data: TrainingData | None = None

    @cached_method
    def get_domain(self) -> Domain:
        domain = super().get_domain()
        if not self._domain_path:
            return domain
        folder = Path(self._domain_path).resolve().parent / RESPONSES
        return domain.merge(Domain.from_directory(str(folder))) if folder.is_dir() else domain

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """Rasa asks three times, in three ways that its own cache takes for three questions."""
        if self._nlu_data is None:
            self._nlu_data = TrainingData().merge(*(PhraseReader().read(path) for path in self._nlu_files))
        return self._nlu_data


class PhraseReader(RasaYAMLReader):
    """Rasa's own reader, but that a file of nothing but intents and their phrases is parsed in C, and once.

    Rasa 3.6 parses each file twice with a YAML reader in Python. Whatever is not just that is left to it.
    """

    def reads(self, string: str, **options: Any) -> TrainingData:
        document = _parsed(string)
        if not _holds_phrases_alone(document):
            read: TrainingData = super().reads(string, **options)
            return read
        self._parse_nlu(document["nlu"])
        return TrainingData(self.training_examples)


def _parsed(string: str) -> Any:
    try:
        return yaml.load(string, Loader=LOADER)
    except yaml.YAMLError:
        return None  # Rasa says what is wrong, and where


def _holds_phrases_alone(document: Any) -> bool:
    return (
        isinstance(document, dict)
        and document.keys() == {"version", "nlu"}
        and document["version"] == LATEST_TRAINING_DATA_FORMAT_VERSION
        and isinstance(document["nlu"], list)
        and all(_is_intent(item) for item in document["nlu"])
    )


def _is_intent(item: Any) -> bool:
    return isinstance(item, dict) and item.keys() == {"intent", "examples"} and all(map(_is_text, item.values()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value)
