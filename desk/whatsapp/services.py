"""What staff do on WhatsApp beyond replying: sending an approved template."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from desk.conversations.models import Author, Channel, Message
from desk.conversations.services import conversation_lock, message_add
from desk.staff.models import User
from desk.whatsapp.message_templates import message_templates


class NotOnWhatsApp(Exception):
    """Templates go to WhatsApp conversations alone."""


class NoSuchTemplate(Exception):
    """The clinic has no template of this name in this language."""


@transaction.atomic
def template_send(
    *, conversation_id: str, staff: User, name: str, language: str, parameters: Sequence[str] = ()
) -> Message:
    """Send a template, also outside the 24 hours.

    Raises NotOnWhatsApp, NoSuchTemplate or `message_templates.WrongParameters`.
    """
    template = message_templates().get(name)
    if template is None or language not in template.text:
        raise NoSuchTemplate(name)
    text = template.filled(language, parameters)
    conversation = conversation_lock(conversation_id)
    if conversation.channel != Channel.WHATSAPP:
        raise NotOnWhatsApp(conversation_id)
    message = message_add(
        conversation,
        author=Author.STAFF,
        text=text,
        language=language,
        answer_name=f"template_{name}",
        staff_id=staff.pk,
    )
    message.attachment = {"template": {"name": name, "language": language, "parameters": list(parameters)}}
    message.save(update_fields=["attachment"])
    return message
