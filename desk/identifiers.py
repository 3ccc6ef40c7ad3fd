"""Our own ids: a prefix that tells the kind, then 26 characters that sort by time (the ULID layout)."""

from __future__ import annotations

import secrets
import time

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 26
ID_MAX_LENGTH = 40


def new_id(prefix: str) -> str:
    """Return e.g. `m_01J9Z3...`: 48 bits of milliseconds, then 80 random bits."""
    number = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    return prefix + "_" + "".join(_ALPHABET[number >> (5 * place) & 31] for place in reversed(range(_LENGTH)))


def person_id() -> str:
    return new_id("p")


def conversation_id() -> str:
    return new_id("c")


def message_id() -> str:
    return new_id("m")


def handoff_id() -> str:
    return new_id("h")


class IdConverter:
    """What may be an id of ours in an address (`<id:message_id>`); anything else is not found and reaches no query."""

    regex = rf"[A-Za-z0-9_]{{1,{ID_MAX_LENGTH}}}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value
