"""The commands behind `make`: training only when content changed, clear words when something is missing."""

import shutil
import socket
from pathlib import Path

import pytest

from desk.review.patches import RISK_EXAMPLES
from scripts import run, train

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in train.SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for folder in train.FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    models = tmp_path / "models"
    models.mkdir()
    (models / "model.tar.gz").touch()
    (models / "model.sha256").write_text(train.fingerprint(tmp_path))
    return tmp_path


def test_nothing_changed_is_no_training(copy: Path) -> None:
    for path in copy.rglob("*.yml"):
        path.touch()
    assert train.is_trained(copy)


TRAINED_IN = ("data/nlu/ar/pain.yml", "data/risk/examples/personal.yml", "data/rules/pain.yml", "config.yml")


@pytest.mark.parametrize("name", [*TRAINED_IN, "assistant/text.py"])
def test_changed_content_is_trained(copy: Path, name: str) -> None:
    with (copy / name).open("a") as file:
        file.write("\n# changed\n")
    assert not train.is_trained(copy)


@pytest.mark.parametrize("name", RISK_EXAMPLES.values())
def test_a_corrected_risk_is_trained(copy: Path, name: str) -> None:
    """The files that corrections write beside the clinician's own examples."""
    (copy / name).write_text("pregnancy_breastfeeding:\n- my belly holds a little one\n", encoding="utf-8")
    assert not train.is_trained(copy)


def test_a_missing_model_is_trained(copy: Path) -> None:
    (copy / "models/model.tar.gz").unlink()
    assert not train.is_trained(copy)


def test_a_busy_port_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with pytest.raises(SystemExit, match=f"Port {port} is in use: set DESK_PORT"):
            run.refuse_busy_ports({**run.PORTS, "DESK_PORT": port})


def test_a_wrong_port_is_refused_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESK_PORT", "eighty")
    with pytest.raises(SystemExit, match="port numbers"):
        run.environment()
