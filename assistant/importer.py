"""Loads the domain from `domain.yml` and the answers beside it, one file per topic; reads each file once."""

from __future__ import annotations

from pathlib import Path

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.common import cached_method

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
            self._nlu_data = super().get_nlu_data(language)
        return self._nlu_data
