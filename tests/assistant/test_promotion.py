"""A model goes into service after a real assistant has loaded it and played a turn; one that cannot does not."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from scripts import promote
from scripts.models import Models
from tests.servers import ENVIRONMENT, Server

GOOD, BROKEN = "a" * 64, "b" * 64

pytestmark = pytest.mark.server


@pytest.fixture
def models(tmp_path: Path, trained_model: Path, monkeypatch: pytest.MonkeyPatch) -> Models:
    monkeypatch.setattr(promote, "SUPERVISOR", tmp_path / "none.sock")
    made = Models(tmp_path / "models")
    made.candidates.mkdir(parents=True)
    shutil.copy(trained_model, made.path(GOOD))
    os.truncate(shutil.copy(trained_model, made.path(BROKEN)), 100_000)
    return made


def test_only_what_answers_goes_into_service(models: Models, actions: Server) -> None:
    settings = {**ENVIRONMENT, "ACTION_ENDPOINT_URL": f"{actions.url}/webhook"}
    assert promote.promote(models, "aaaa", settings) == GOOD
    assert models.in_service() == GOOD
    with pytest.raises(promote.NotReady, match="does not become ready"):
        promote.promote(models, "bbbb", settings)
    assert models.in_service() == GOOD
    assert models.live.read_bytes() == models.path(GOOD).read_bytes()
