"""The website visitor's tokens: signed, bound to one conversation, expiring, and counted in generations.

A short-lived one goes with every request; a long-lived one does nothing but fetch the next pair.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from time import time

from django.conf import settings
from django.core import signing


class Purpose(Enum):
    """What a token may be used for; each is signed apart from the other."""

    ACCESS = "desk.web.access"
    RENEWAL = "desk.web.renewal"

    @property
    def lifetime(self) -> int:
        """Seconds."""
        lifetime = settings.VISITOR_TOKEN_LIFETIME if self is Purpose.ACCESS else settings.VISITOR_RETURN_WITHIN
        return int(lifetime.total_seconds())


class BadToken(Exception):
    """Not a token of ours for this purpose, or one that has expired or was replaced."""


@dataclass(frozen=True)
class Token:
    conversation_id: str
    generation: int
    expires_at: int
    """Seconds since 1970."""


def issue(purpose: Purpose, conversation_id: str, generation: int) -> str:
    expires_at = int(time()) + purpose.lifetime
    return signing.dumps([conversation_id, generation, expires_at], salt=purpose.value)


def read(purpose: Purpose, token: str) -> Token:
    """Return what a token says; raises BadToken."""
    try:
        content = signing.loads(token, salt=purpose.value)
    except signing.BadSignature:
        raise BadToken from None
    if not (isinstance(content, list) and [type(part) for part in content] == [str, int, int]):
        raise BadToken
    found = Token(*content)
    if found.expires_at <= time():
        raise BadToken
    return found
