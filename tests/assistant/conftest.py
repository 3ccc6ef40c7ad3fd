"""One Rasa server with the trained model for all tests of the seam.

Its action server is a switch in front of the real one, so that a test can make actions fail, sleep or go away;
wording and dialogue are always the real ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assistant.action_switch import ActionSwitch
from tests.assistant.seam_client import Desk
from tests.servers import Server, assistant_server


@pytest.fixture(scope="session")
def switch(actions: Server) -> Iterator[ActionSwitch]:
    switch = ActionSwitch(actions.url)
    switch.start()
    yield switch
    switch.stop()


@pytest.fixture(scope="session")
def desk(trained_model: Path, switch: ActionSwitch, server_logs: Path) -> Iterator[Desk]:
    with assistant_server(server_logs, action_endpoint=switch.endpoint, model=trained_model) as server:
        yield Desk(server.url)
