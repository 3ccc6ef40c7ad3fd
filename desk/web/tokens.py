"""The website visitor's token: signed, bound to one conversation, expiring."""

from __future__ import annotations

from datetime import timedelta

from django.core import signing

SALT = "desk.web.visitor"
LIFETIME = timedelta(days=90)


class BadToken(Exception):
    """Not a token of ours, or an old one."""


def token_for(conversation_id: str) -> str:
    return signing.dumps(conversation_id, salt=SALT)


def conversation_of(token: str) -> str:
    """Return the conversation's id; raises BadToken."""
    try:
        conversation_id = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature:
        raise BadToken from None
    if not isinstance(conversation_id, str):
        raise BadToken
    return conversation_id
