"""The desk's request id in every log line of this process: one search finds a message's way through all of them."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

HEADER = "X-Request-ID"
METADATA_KEY = "request_id"
"""Under this name it goes with the message into the tracker, and so to the custom actions."""
_WELL_FORMED = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
_current: ContextVar[str] = ContextVar("request_id", default="")
_make_record = logging.getLogRecordFactory()


def current_request_id() -> str:
    """The id of the request that is being worked on; empty outside of one."""
    return _current.get()


@contextmanager
def working_on(request_id: Any) -> Iterator[None]:
    """Do what follows in the name of a request; an id that is not well formed counts as none."""
    is_well_formed = isinstance(request_id, str) and _WELL_FORMED.fullmatch(request_id)
    token = _current.set(request_id if is_well_formed else "")
    try:
        yield
    finally:
        _current.reset(token)


def name_requests_in_logs() -> None:
    """Put the id in front of each line that is logged, whoever logs it: Rasa's own lines do not ask us."""
    logging.setLogRecordFactory(_record)


def _record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _make_record(*args, **kwargs)
    if request_id := current_request_id():
        record.msg = f"[{request_id}] {record.msg}"  # before the arguments are filled in: the id holds no %
    return record
