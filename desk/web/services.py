"""The website's visitors: who is let in, and how their tokens are renewed."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.utils import timezone

from desk.conversations.models import Channel, Conversation, Message
from desk.conversations.services import conversation_open, message_receive
from desk.prepared import PreparedQuery
from desk.web.models import Visitor
from desk.web.tokens import BadToken, Purpose, Token, issue, read

log = logging.getLogger(__name__)

GRACE = timedelta(minutes=5)
"""A tab that slept through a renewal, or a request on its way, may still use the tokens before."""

_visitor_with_lock = PreparedQuery(
    lambda conversation_id: (
        Visitor.objects.select_related("conversation")
        .select_for_update(of=("conversation",))
        .filter(pk=conversation_id)
    ),
    conversation_id="",
)
_visitor_and_conversation = PreparedQuery(
    lambda conversation_id: Visitor.objects.select_related("conversation").filter(pk=conversation_id),
    conversation_id="",
)


@dataclass(frozen=True)
class Tokens:
    access: str
    renewal: str

    @classmethod
    def of(cls, conversation_id: str, generation: int) -> Tokens:
        return cls(*(issue(purpose, conversation_id, generation) for purpose in (Purpose.ACCESS, Purpose.RENEWAL)))


@transaction.atomic
def visitor_open(*, language: str = "") -> tuple[Conversation, Tokens]:
    """Start a conversation with somebody new on the website."""
    conversation = conversation_open(channel=Channel.WEB, language=language)
    visitor = Visitor.objects.create(conversation=conversation)
    return conversation, Tokens.of(conversation.pk, visitor.generation)


def visitor_admit(*, token: Token) -> Conversation:
    """Return the conversation that an access token opens; raises BadToken."""
    return _admitted(_visitor_and_conversation(conversation_id=token.conversation_id), token)


def visitor_write(
    *, token: Token, client_id: str, text: str = "", choice: str = "", language: str = "", message_id: str = ""
) -> tuple[Message, bool]:
    """Store a visitor's message; returns it and whether it is new. Raises BadToken or ChoiceNotOffered."""
    return message_receive(
        partial(_lock, token),
        channel_message_id=f"{token.conversation_id}:{client_id}",
        text=text,
        choice=choice,
        language=language,
        message_id=message_id,
    )


def _lock(token: Token) -> Conversation:
    """Lock the conversation that an access token opens; raises BadToken."""
    return _admitted(_visitor_with_lock(conversation_id=token.conversation_id), token)


def _admitted(visitors: Sequence[Visitor], token: Token) -> Conversation:
    for visitor in visitors:
        if _counts(visitor, token.generation):
            return visitor.conversation
    raise BadToken


def visitor_renew(*, renewal: str) -> Tokens:
    """Return the next pair of tokens; raises BadToken.

    Until the next pair is used, asking again gives it again: an answer lost on its way locks nobody out. A token
    that was replaced long ago is held by somebody else than the visitor: then none of them counts any more.
    """
    token = read(Purpose.RENEWAL, renewal)
    with transaction.atomic():
        visitor = Visitor.objects.select_for_update().filter(pk=token.conversation_id).first()
        if visitor is None:
            raise BadToken
        counts = _counts(visitor, token.generation)
        if not counts:
            _revoke(visitor)
    if not counts:
        raise BadToken
    return Tokens.of(visitor.pk, visitor.generation + 1)


def _counts(visitor: Visitor, generation: int) -> bool:
    """Tell whether tokens of this generation may be used; the first use of the next one retires the present one."""
    if generation == visitor.generation + 1:
        now = timezone.now()
        present = Visitor.objects.filter(pk=visitor.pk, generation=visitor.generation)
        present.update(generation=generation, previous_until=now + GRACE)
        visitor.generation, visitor.previous_until = generation, now + GRACE
    if generation == visitor.generation:
        return True
    until = visitor.previous_until
    return generation == visitor.generation - 1 and until is not None and until > timezone.now()


def _revoke(visitor: Visitor) -> None:
    log.warning("an old renewal token came for conversation %s: its visitor has to start afresh", visitor.pk)
    visitor.generation += 2  # past the generation in use and the one on offer
    visitor.previous_until = None
    visitor.save()
