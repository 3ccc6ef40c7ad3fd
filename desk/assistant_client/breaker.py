"""Stops asking an assistant that fails again and again, so that nobody waits for it in vain."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum

FAILURES = 3


class State(str, Enum):
    CLOSED = "closed"
    OPEN = "open"
    TRYING = "trying"
    """It says that it is ready again: one question at a time finds out whether it is."""


class Breaker:
    """Closed until some failures in a row; then open until a probe succeeds and after it one question."""

    def __init__(self, *, failures: int = FAILURES) -> None:
        self._limit = failures
        self._failures = 0
        self._has_trial = False
        self.state = State.CLOSED

    @property
    def allows(self) -> bool:
        return self.state is State.CLOSED or (self.state is State.TRYING and not self._has_trial)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Hold the one place of a trial while it runs."""
        is_trial = self.state is State.TRYING
        self._has_trial = self._has_trial or is_trial
        try:
            yield
        finally:
            if is_trial:
                self._has_trial = False

    def succeeded(self) -> None:
        self._failures = 0
        self.state = State.CLOSED

    def failed(self) -> None:
        self._failures += 1
        if self.state is State.TRYING or self._failures >= self._limit:
            self.state = State.OPEN

    def probed(self, *, is_ready: bool) -> None:
        """Hear what a probe found; a closed breaker judges by real questions alone."""
        if self.state is not State.CLOSED:
            self.state = State.TRYING if is_ready else State.OPEN
