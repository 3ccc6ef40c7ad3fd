"""A model goes into service only when it answers, and the one before comes back: real models, a real supervisor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import promote as promotion
from scripts.models import Models
from scripts.promote import NotReady, promote, roll_back
from tests.servers import ENVIRONMENT, MODEL, Server, free_port, wait_until

pytestmark = pytest.mark.server
OLD, NEW, BROKEN = "a" * 64, "b" * 64, "c" * 64
# Stands for the assistant where only its restart matters: ready if the model in service says so
PROGRAM = """
import http.server, pathlib, sys
good = pathlib.Path(sys.argv[2]).read_text() == "good"
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if good else 503)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""
CONFIGURATION = """
[supervisord]
nodaemon=true
logfile={folder}/supervisord.log
pidfile={folder}/supervisord.pid
[unix_http_server]
file={folder}/supervisor.sock
[rpcinterface:supervisor]
supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface
[program:assistant]
command={python} {folder}/program.py {port} {folder}/models/model.tar.gz
startsecs=0
"""


@pytest.fixture
def no_supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promotion, "SUPERVISOR", tmp_path / "none.sock")


@pytest.fixture
def supervised(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Models, dict[str, str]]]:
    """A supervisor with a stand-in for the assistant, its models beside it, "old" in service."""
    with tempfile.TemporaryDirectory(prefix="sv") as name:  # a socket's path is short
        folder, port = Path(name), free_port()
        models = Models(folder / "models")
        models.folder.mkdir()
        _keep(models, OLD, b"good")
        models.put_in_service(OLD)
        (folder / "program.py").write_text(PROGRAM)
        configuration = CONFIGURATION.format(folder=folder, python=sys.executable, port=port)
        (folder / "supervisord.conf").write_text(configuration)
        monkeypatch.setattr(promotion, "SUPERVISOR", folder / "supervisor.sock")
        monkeypatch.setattr(promotion, "READY_SECONDS", 5)
        monkeypatch.setattr(promotion, "try_out", lambda model, settings: None)
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(folder / "supervisord.conf")]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            wait_until(promotion.SUPERVISOR.exists, "the supervisor did not start", seconds=20)
            yield models, {"ASSISTANT_PORT": str(port)}
        finally:
            process.terminate()
            process.wait(20)


def _keep(models: Models, fingerprint: str, content: bytes) -> None:
    fresh = models.folder / "fresh"
    fresh.write_bytes(content)
    models.keep(fresh, fingerprint)


def test_real_models_go_in_and_come_back(tmp_path: Path, no_supervisor: None, actions: Server) -> None:
    models = Models(tmp_path)
    for fingerprint in (OLD, NEW):
        shutil.copy(MODEL, tmp_path / "fresh")
        models.keep(tmp_path / "fresh", fingerprint)
    _keep(models, BROKEN, b"no model at all")
    models.put_in_service(OLD)
    settings = {**os.environ, **ENVIRONMENT, "ACTION_ENDPOINT_URL": f"{actions.url}/webhook"}

    with pytest.raises(NotReady, match="does not become ready"):
        promote(models, BROKEN, settings)
    assert models.in_service() == OLD

    assert promote(models, NEW, settings) == NEW
    assert models.in_service() == NEW

    assert roll_back(models, settings) == OLD
    assert models.in_service() == OLD
    assert models.pin.is_file()


def test_the_assistant_is_restarted_with_the_new_model(supervised: tuple[Models, dict[str, str]]) -> None:
    models, settings = supervised
    _keep(models, NEW, b"good")
    assert promote(models, NEW, settings) == NEW
    assert (models.in_service(), models.before()) == (NEW, OLD)


def test_a_model_that_fails_in_service_gives_way_to_the_one_before(
    supervised: tuple[Models, dict[str, str]],
) -> None:
    models, settings = supervised
    _keep(models, BROKEN, b"bad")
    with pytest.raises(NotReady, match="the model before is back"):
        promote(models, BROKEN, settings)
    assert models.in_service() == OLD
    assert promotion._becomes_ready(int(settings["ASSISTANT_PORT"]))
