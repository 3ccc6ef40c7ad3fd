"""A channel that keeps to the sender's contract: each id once, in order, and only what the outbox claimed."""

from __future__ import annotations

from collections.abc import Callable

from desk.channels.senders import Sent
from desk.conversations.models import Delivery, Message


class FakeSender:
    """`trouble` is called with each message first, and may raise what a sender may raise."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.typing: list[str] = []
        self.trouble: Callable[[Message], None] = lambda message: None

    async def send(self, message: Message) -> Sent:
        assert message.delivery == Delivery.SENDING, "only what was claimed is sent"
        assert message.pk not in {each.pk for each in self.sent}, "no message is sent twice"
        self.trouble(message)
        self.sent.append(message)
        return Sent(f"wamid.{message.pk}")

    async def show_typing(self, message: Message) -> None:
        self.typing.append(message.pk)
