"""Whether a webhook post comes from Meta: HMAC-SHA256 of the raw body with the app's secret."""

from __future__ import annotations

import hashlib
import hmac

PREFIX = "sha256="


def signature_of(body: bytes, secret: str) -> str:
    return PREFIX + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, header: str | None, secret: str) -> bool:
    """Compare in constant time; any header at all may come, also one that is not ASCII."""
    given = (header or "").encode("utf-8", "surrogatepass")
    return hmac.compare_digest(signature_of(body, secret).encode(), given)
