"""From where a request comes: what the outermost of our own proxies saw, never what a client claims."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address; each of our proxies appends whom it saw to X-Forwarded-For."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.PROXY_COUNT:
        seen = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if part.strip()]
        if len(seen) >= settings.PROXY_COUNT:
            address = seen[-settings.PROXY_COUNT]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None
