"""From where a request comes: what the outermost of our own proxies saw, never what a client claims."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from django.conf import settings
from django.http import HttpRequest

Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str | None:
    """The client's IP address: each configured proxy is believed about whom it saw, and nobody else is."""
    address = _read(request.META.get("REMOTE_ADDR", ""))
    claimed = request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")
    while claimed and address is not None and _is_proxy(address):
        seen = _read(claimed.pop())
        if seen is None:
            break
        address = seen
    return str(address) if address is not None else None


def _is_proxy(address: Address) -> bool:
    return any(address in network for network in settings.TRUSTED_PROXIES)


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
