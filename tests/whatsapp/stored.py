"""What the desk has stored: messages in and out, in order, and the handoff."""

from __future__ import annotations

from desk.conversations.models import Direction, Message
from desk.database import in_database
from desk.handoffs.models import Handoff


async def incoming() -> list[Message]:
    found = Message.objects.filter(direction=Direction.IN).order_by("sequence")
    return await in_database(lambda: list(found))


async def outgoing() -> list[Message]:
    found = Message.objects.filter(direction=Direction.OUT).order_by("sequence")
    return await in_database(lambda: list(found))


async def handoff() -> Handoff | None:
    return await in_database(Handoff.objects.first)
