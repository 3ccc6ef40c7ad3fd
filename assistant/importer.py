"""Loads the domain from `domain.yml` and the answers beside it, one file per topic."""

from __future__ import annotations

from pathlib import Path

from rasa.shared.core.domain import Domain
from rasa.shared.importers.rasa import RasaFileImporter

RESPONSES = "data/responses"


class SplitDomainImporter(RasaFileImporter):
    """Rasa's own importer, with `data/responses/*.yml` merged into the domain."""

    def get_domain(self) -> Domain:
        domain = super().get_domain()
        if not self._domain_path:
            return domain
        folder = Path(self._domain_path).resolve().parent / RESPONSES
        for path in sorted(folder.glob("*.yml")):
            domain = domain.merge(Domain.from_path(str(path)))
        return domain
