"""One line for each action that runs: which, for which conversation, in the name of which of the desk's requests."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from assistant.request_ids import METADATA_KEY, name_requests_in_logs, working_on

logger = logging.getLogger(__name__)
A = TypeVar("A", bound=Action)
Run = Callable[[A, CollectingDispatcher, Tracker, dict[str, Any]], list[dict[str, Any]]]

name_requests_in_logs()


def logged(run: Run[A]) -> Run[A]:
    """Log each run; what it logs itself carries the same request id."""

    @wraps(run)
    def wrapper(
        action: A, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        with working_on(_request_id(tracker)):
            events = run(action, dispatcher, tracker, domain)
            logger.info("%s ran for %s", action.name(), tracker.sender_id)
            return events

    return wrapper


def _request_id(tracker: Tracker) -> Any:
    """What came with the patient's last message."""
    for event in reversed(tracker.events):
        if event.get("event") == "user":
            return (event.get("metadata") or {}).get(METADATA_KEY)
    return None
