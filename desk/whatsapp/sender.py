"""The outbox's way to WhatsApp."""

from __future__ import annotations

import logging
from typing import Any

from django.utils import timezone

from desk.channels.senders import SendLater, SendRefused, SendUncertain, Sent
from desk.conversations.models import Message
from desk.database import in_database
from desk.whatsapp.bodies import Body, message_bodies, template_body
from desk.whatsapp.errors import WINDOW_CODE, stored_error
from desk.whatsapp.events import Identity
from desk.whatsapp.graph import GraphClient
from desk.whatsapp.people import recipient_of
from desk.whatsapp.window import window_of

log = logging.getLogger(__name__)


class WhatsAppSender:
    def __init__(self, graph: GraphClient) -> None:
        self._graph = graph

    async def send(self, message: Message) -> Sent:
        """Deliver one message; raises SendLater, SendRefused or SendUncertain.

        Nearly every message is one request. Of a longer one, each piece that went out is remembered, so that
        trying again later goes on where it stopped.
        """
        bodies, recipient = await in_database(_prepare, message)
        sent = list((message.attachment or {}).get("sent", ()))
        for body in bodies[len(sent) : -1]:
            sent.append(await self._graph.send(_request(body, recipient)))
            message.attachment = {**(message.attachment or {}), "sent": sent}
            await in_database(message.save, update_fields=["attachment"])
        # Statuses name our own id, so that one that comes before this answer, or instead of it, finds its message.
        last = _request(bodies[-1], recipient) | {"biz_opaque_callback_data": message.pk}
        return Sent(await self._graph.send(last))

    async def show_typing(self, message: Message) -> None:
        """Mark the patient's message as read and show that an answer is coming; never raises."""
        if not message.channel_message_id:
            return
        try:
            await self._graph.mark_read(message.channel_message_id, typing=True)
        except (SendLater, SendRefused, SendUncertain) as error:
            log.info("message %s could not be marked as read: %s", message.pk, error)

    async def close(self) -> None:
        await self._graph.close()


def _prepare(message: Message) -> tuple[list[Body], Identity]:
    """What to send to whom; raises SendRefused where sending is known to be in vain."""
    conversation = message.conversation
    template = (message.attachment or {}).get("template")
    if template:
        bodies = [template_body(template["name"], template["language"], template["parameters"])]
    elif window_of(conversation, timezone.now()).is_open:
        bodies = message_bodies(message.text, message.buttons, message.language or conversation.speaks)
    else:
        raise SendRefused(stored_error(WINDOW_CODE))
    recipient = recipient_of(conversation.person_id)
    if not recipient.is_known:
        raise SendRefused("this person has no WhatsApp number any more")
    return bodies, recipient


def _request(body: Body, recipient: Identity) -> dict[str, Any]:
    to = {"to": recipient.wa_id} if recipient.wa_id else {"recipient": recipient.user_id}
    return {"messaging_product": "whatsapp", "recipient_type": "individual", **to, **body}
