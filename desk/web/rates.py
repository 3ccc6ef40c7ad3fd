"""How often one visitor or one address may ask. Counted in this process: with several, each counts for itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from ipaddress import ip_address

from django.conf import settings
from django.http import HttpRequest

from desk.addresses import client_address

SWEEP_AT = 10_000
IPV6_SITE = 64
"""One household or phone has a whole /64 to itself."""


class Bucket:
    """Lets `count` through in `seconds`, at once or spread out; 0 lets everything through.

    One number per key (the generic cell rate algorithm): when its last turn would be used up at the even pace.
    """

    def __init__(self, count: int, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pace = seconds / count if count else 0.0
        self._burst = seconds
        self._clock = clock
        self._used_until: dict[str, float] = {}

    def take(self, key: str) -> float:
        """Take a turn: 0.0, or the seconds until there is one."""
        now = self._clock()
        used_until = max(now, self._used_until.get(key, now)) + self._pace
        wait = used_until - now - self._burst
        if wait > 1e-9:
            return wait
        if len(self._used_until) >= SWEEP_AT:
            self._used_until = {each: until for each, until in self._used_until.items() if until > now}
        self._used_until[key] = used_until
        return 0.0


@cache
def visitor_messages() -> Bucket:
    return Bucket(settings.RATE_VISITOR_MESSAGES, 60)


@cache
def address_visitors() -> Bucket:
    return Bucket(settings.RATE_ADDRESS_VISITORS, 3600)


@cache
def address_requests() -> Bucket:
    return Bucket(settings.RATE_ADDRESS_REQUESTS, 60)


def forget() -> None:
    """Start counting anew, with the settings as they are now."""
    for bucket in (visitor_messages, address_visitors, address_requests):
        bucket.cache_clear()


def address_key(request: HttpRequest) -> str:
    """Whom an address stands for."""
    address = client_address(request)
    if address is None:
        return ""
    parsed = ip_address(address)
    return address if parsed.version == 4 else str(int(parsed) >> (128 - IPV6_SITE))
