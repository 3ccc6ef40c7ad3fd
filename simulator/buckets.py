"""Rate limits as Meta words them: so much at once, refilled steadily."""

from __future__ import annotations


class Bucket:
    def __init__(self, capacity: float, per_second: float) -> None:
        self._capacity = capacity
        self._per_second = per_second
        self._level = capacity
        self._at: float | None = None

    def take(self, now: float) -> bool:
        """Take one if there is one; `now` in seconds."""
        if self._at is not None:
            self._level = min(self._capacity, self._level + (now - self._at) * self._per_second)
        self._at = now
        if self._level < 1:
            return False
        self._level -= 1
        return True
