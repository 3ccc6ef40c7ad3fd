"""Messages that staff have to look after by hand: they show until somebody has said that this is done."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Q, QuerySet

from desk.conversations.models import Delivery, Message
from desk.conversations.services import conversation_lock
from desk.conversations.wake import STAFF, switchboard

UNSURE_SENDS = (Delivery.UNCERTAIN, Delivery.FAILED, Delivery.DEAD)
_UNSURE = Q(delivery__in=UNSURE_SENDS)
_DEAD = Q(state=Message.State.DEAD)


class NotAProblem(Exception):
    """Nothing is wrong with this message, or it has come right by itself."""


def messages_unsure() -> QuerySet[Message]:
    """Outgoing messages that a patient may not have, the newest first."""
    return _open(_UNSURE)


def messages_dead() -> QuerySet[Message]:
    """Messages of patients that the desk failed on again and again."""
    return _open(_DEAD)


@transaction.atomic
def message_deal_with(*, message_id: str, now: datetime) -> bool:
    """Note that staff have dealt with it; tells whether this is news. Raises NotAProblem.

    How far the message came stays as it is: this only says that nobody has to look any more.
    """
    conversation_lock(Message.objects.values_list("conversation_id", flat=True).get(pk=message_id))
    message = Message.objects.filter(_UNSURE | _DEAD, pk=message_id).first()
    if message is None:
        raise NotAProblem(message_id)
    if message.dealt_with_at is not None:
        return False
    message.dealt_with_at = now
    message.save(update_fields=["dealt_with_at"])
    transaction.on_commit(partial(switchboard.ring, STAFF))
    return True


def _open(which: Q) -> QuerySet[Message]:
    found = Message.objects.filter(which, dealt_with_at__isnull=True)
    return found.select_related("conversation").order_by("-created_at")
