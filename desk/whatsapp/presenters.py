"""What staff see of the 24 hours: the templates they may send when these are over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.conversations.models import Channel, Conversation
from desk.whatsapp.message_templates import message_templates
from desk.whatsapp.people import recipient_of
from desk.whatsapp.window import window_of


@dataclass(frozen=True)
class TemplateOption:
    """One template in the patient's language; `parts` are what staff fill in."""

    name: str
    language: str
    title: str
    text: str
    parts: tuple[str, ...]


def template_options(conversation: Conversation, staff_language: str, now: datetime) -> tuple[TemplateOption, ...]:
    """Empty while everybody may write freely."""
    if window_of(conversation, now).is_open:
        return ()
    language = conversation.speaks
    return tuple(
        TemplateOption(
            name=template.name,
            language=language,
            title=template.title[staff_language],
            text=template.outline(language, staff_language),
            parts=tuple(part[staff_language] for part in template.parameters),
        )
        for template in message_templates().values()
    )


def whatsapp_number(conversation: Conversation) -> str:
    """The number that somebody writes from, in E.164; empty for other channels and where WhatsApp shows none."""
    if conversation.channel != Channel.WHATSAPP:
        return ""
    wa_id = recipient_of(conversation.person_id).wa_id
    return f"+{wa_id}" if wa_id else ""
