"""The request's id in front of what is logged, in the assistant and in the actions."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.log import logged
from assistant.request_ids import current_request_id, name_requests_in_logs, working_on

log = logging.getLogger("somebody's")


@pytest.fixture(autouse=True)
def as_in_the_servers() -> Iterator[None]:
    before = logging.getLogRecordFactory()
    name_requests_in_logs()
    yield
    logging.setLogRecordFactory(before)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records]


def test_every_line_meanwhile_carries_it(caplog: pytest.LogCaptureFixture) -> None:
    log.warning("before")
    with working_on("r_01:A.b-c"):
        log.warning("%s of %d%%", "half", 50)
        log.warning(ValueError("no text"))
    log.warning("after")
    assert lines(caplog) == ["before", "[r_01:A.b-c] half of 50%", "[r_01:A.b-c] no text", "after"]


@pytest.mark.parametrize("given", [None, "", "two words", "%s", "ر", "x" * 41, "a\nb", 7])
def test_what_is_not_well_formed_is_none(given: object, caplog: pytest.LogCaptureFixture) -> None:
    with working_on(given):
        log.warning("a line")
        assert current_request_id() == ""
    assert lines(caplog) == ["a line"]


class Speaks(Action):
    def name(self) -> str:
        return "action_speaks"

    @logged
    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        log.warning("speaking")
        return []


def said(metadata: dict[str, Any] | None) -> dict[str, Any]:
    return {"event": "user", "text": "hello", "metadata": metadata}


@pytest.mark.parametrize(
    ("events", "mark"),
    [
        ([said({"request_id": "r_old"}), said({"request_id": "r_new"}), {"event": "slot"}], "[r_new] "),
        ([said({"request_id": "two words"})], ""),
        ([said(None)], ""),
        ([], ""),
    ],
)
def test_an_action_speaks_in_the_name_of_the_last_message(
    events: list[dict[str, Any]], mark: str, caplog: pytest.LogCaptureFixture
) -> None:
    tracker = Tracker("c_1", {}, {}, events, False, None, {}, "action_listen")
    with caplog.at_level(logging.INFO):
        assert Speaks().run(CollectingDispatcher(), tracker, {}) == []
    assert lines(caplog) == [f"{mark}speaking", f"{mark}action_speaks ran for c_1"]
