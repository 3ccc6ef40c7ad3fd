"""The one door to a handoff's audit trail: each event also rings the staff pages and the patient's chat."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db import transaction

from desk.conversations.models import Message
from desk.conversations.wake import STAFF, switchboard
from desk.handoffs.models import Handoff, HandoffEvent
from desk.staff.models import User


def event_add(
    handoff: Handoff,
    kind: HandoffEvent.Kind,
    *,
    actor: User | None = None,
    message: Message | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write down what happened to a handoff; `actor` is None when the desk did it."""
    HandoffEvent.objects.create(handoff=handoff, kind=kind, actor=actor, message=message, details=details or {})
    for topic in (STAFF, handoff.conversation_id):
        transaction.on_commit(partial(switchboard.ring, topic))
