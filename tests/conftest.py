"""What several kinds of tests share: the trained model, real servers, and the assistant in this process."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.desk.second_run import SecondRun, SecondRunPlugin
from tests.servers import ENVIRONMENT, MODEL, ROOT, Server, action_server, assistant_server

if TYPE_CHECKING:
    from assistant.turn import TurnPlayer

SECONDS = 180  # to load the model on a busy machine; a turn ends itself after 5

RunAsync = Callable[[Coroutine[Any, Any, Any]], Any]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SecondRunPlugin(), "second-run")


@pytest.fixture
def second_run(pytestconfig: pytest.Config) -> SecondRun | None:
    """The desk's tests on PostgreSQL, beside these; None where they do not run."""
    plugin: SecondRunPlugin = pytestconfig.pluginmanager.get_plugin("second-run")  # type: ignore[assignment]
    return plugin.run


@pytest.fixture(scope="session")
def trained_model() -> Path:
    """The model under test: the one there is, else one trained now."""
    if not MODEL.is_file():
        from scripts.train import train

        train()
    return MODEL


@pytest.fixture(scope="session")
def server_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def actions(server_logs: Path) -> Iterator[Server]:
    """The clinic's real action server."""
    with action_server(server_logs) as server:
        yield server


@pytest.fixture(scope="session")
def assistant(trained_model: Path, actions: Server, server_logs: Path) -> Iterator[Server]:
    """The real assistant, over HTTP, with the real action server behind it."""
    with assistant_server(server_logs, action_endpoint=f"{actions.url}/webhook") as server:
        yield server


@pytest.fixture(scope="session")
def in_loop() -> Iterator[RunAsync]:
    """Run a coroutine in one loop of its own thread: Rasa's objects stay with the loop they met first."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="assistant-loop", daemon=True)
    thread.start()
    yield lambda work: asyncio.run_coroutine_threadsafe(work, loop).result(SECONDS)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(5)
    loop.close()


@pytest.fixture(scope="session")
def turn_player(trained_model: Path, actions: Server, in_loop: RunAsync) -> Iterator[TurnPlayer]:
    """The trained model in this process, speaking through the real action server."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(ROOT)
        for name, value in {**ENVIRONMENT, "ACTION_ENDPOINT_URL": f"{actions.url}/webhook"}.items():
            patch.setenv(name, value)
        yield in_loop(load_player(trained_model))


async def load_player(model: Path) -> TurnPlayer:
    import structlog
    from rasa.core.agent import load_agent
    from rasa.core.utils import AvailableEndpoints

    from assistant.turn import TurnPlayer

    # Rasa logs what patients write at debug level
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    agent = await load_agent(str(model), endpoints=AvailableEndpoints.read_endpoints("endpoints.yml"))
    assert agent.processor, f"{model} does not load: train again"
    return TurnPlayer(agent)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A file, as in production, whichever test comes first: the worker's threads and the requests meet in it."""
    from django.conf import settings

    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database.setdefault("TEST", {})["NAME"] = str(tmp_path_factory.mktemp("desk") / "test.sqlite3")
