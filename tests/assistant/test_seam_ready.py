"""The seam says whether it is ready, with which model, and whether actions answer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assistant.action_switch import ActionSwitch
from tests.assistant.seam_client import Desk, request
from tests.servers import assistant_server

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def desk_without_model(
    switch: ActionSwitch, server_logs: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    empty = tmp_path_factory.mktemp("no-model")
    with assistant_server(server_logs, action_endpoint=switch.endpoint, model=empty) as server:
        yield Desk(server.url)


def test_without_a_model_it_is_not_ready(desk_without_model: Desk) -> None:
    response = desk_without_model.post(request(text="كم جلسة؟"))
    assert (response.status_code, response.json()) == (503, {"error": "not_ready"})
    ready = desk_without_model.ready()
    assert (ready.status_code, ready.json()["ready"]) == (503, False)


def test_ready_names_the_model_and_the_actions(desk: Desk) -> None:
    response = desk.ready()
    model_id = desk.ask("hello")["model_id"]
    assert response.status_code == 200
    assert response.json() == {"ready": True, "model_id": model_id, "actions": "ok"}


def test_ready_without_actions_is_ready_and_says_so(desk: Desk, switch: ActionSwitch) -> None:
    assert desk.ready().status_code == 200
    with switch.away():
        response = desk.ready()
    assert (response.status_code, response.json()["actions"]) == (200, "down")
    assert desk.ready().json()["actions"] == "ok"
