"""Erasing a person and everything the desk keeps of them."""

from __future__ import annotations

from functools import partial

from django.db import transaction

from desk.conversations.models import Conversation, Person
from desk.conversations.wake import STAFF, switchboard
from desk.staff.models import AuditEntry, User

PERSON_ERASED = "person_erased"


@transaction.atomic
def person_erase(*, person_id: str, staff: User | None = None) -> int:
    """Erase the person, their identities, conversations, messages and handoffs; returns how many messages went.

    What stays is one audit entry per conversation: that it was erased, when, how much, and by whom (nobody: by the
    patient). Erasing again erases nothing.
    """
    conversations = list(Conversation.objects.select_for_update().filter(person_id=person_id))
    counts = {each.pk: (each.messages.count(), each.handoffs.count()) for each in conversations}
    Person.objects.filter(pk=person_id).delete()
    for conversation_id, (messages, handoffs) in counts.items():
        AuditEntry.objects.create(
            actor_id=staff.pk if staff else None,
            actor_name=staff.get_username() if staff else "",
            action=PERSON_ERASED,
            conversation_id=conversation_id,
            details={"messages": messages, "handoffs": handoffs, "by": "staff" if staff else "patient"},
        )
        transaction.on_commit(partial(switchboard.ring, conversation_id))
    transaction.on_commit(partial(switchboard.ring, STAFF))
    return sum(messages for messages, _ in counts.values())
