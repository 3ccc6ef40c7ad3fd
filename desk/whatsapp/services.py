"""What staff do on WhatsApp beyond replying: sending an approved template."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from desk.conversations.models import Author, Channel, Message
from desk.conversations.services import conversation_lock, message_add
from desk.handoffs.models import HandoffEvent
from desk.handoffs.services import handoff_claim
from desk.handoffs.trail import event_add
from desk.safe_text import storable_text
from desk.staff.models import User
from desk.whatsapp.message_templates import message_templates


class NotOnWhatsApp(Exception):
    """Templates go to WhatsApp conversations alone."""


class NoSuchTemplate(Exception):
    """The clinic has no template of this name in this language."""


@transaction.atomic
def template_send(*, handoff_id: str, staff: User, name: str, language: str, parameters: Sequence[str] = ()) -> Message:
    """Send an approved template, also outside the 24 hours; like a reply, it claims what nobody holds.

    Raises NotOnWhatsApp, NoSuchTemplate, `message_templates.WrongParameters`, or AlreadyClaimed and HandoffClosed
    of `desk.handoffs.services`.
    """
    template = message_templates().get(name)
    if template is None or language not in template.text:
        raise NoSuchTemplate(name)
    values = [storable_text(value).strip() for value in parameters]
    text = template.filled(language, values)
    handoff = handoff_claim(handoff_id=handoff_id, staff=staff, now=timezone.now())
    conversation = conversation_lock(handoff.conversation_id)
    if conversation.channel != Channel.WHATSAPP:
        raise NotOnWhatsApp(conversation.pk)
    message = message_add(
        conversation,
        author=Author.STAFF,
        text=text,
        language=language,
        answer_name=f"template_{name}"[:100],
        staff_id=staff.pk,
        attachment={"template": {"name": name, "language": language, "parameters": values}},
    )
    event_add(handoff, HandoffEvent.Kind.REPLIED, actor=staff, message=message)
    return message
