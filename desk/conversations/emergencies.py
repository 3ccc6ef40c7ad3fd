"""What is said in an emergency, whatever else a message leads to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.utils import timezone

from desk.assistant_client.replies import ReplyMessage
from desk.conversations.bubbles import EMERGENCY_ANSWERS
from desk.conversations.languages import language_of
from desk.conversations.models import Conversation, Message
from desk.conversations.services import fixed_text_said_since, message_add_fixed
from desk.screening import SELF_HARM, ScreenedRisk

EMERGENCY_TEXT_PAUSE = timedelta(minutes=10)


def emergency_say(conversation: Conversation, message: Message, risk: ScreenedRisk) -> None:
    """Tell a patient in danger whom to call, in a locked conversation: at once, and not again for a while."""
    name = SELF_HARM if risk.is_self_harm else "emergency"
    if fixed_text_said_since(conversation, name, timezone.now() - EMERGENCY_TEXT_PAUSE):
        return
    language = language_of(message.text, conversation)
    message_add_fixed(conversation, name, language=language, in_reply_to=message)


def emergency_say_unless_in(
    messages: Sequence[ReplyMessage], conversation: Conversation, message: Message, risk: ScreenedRisk
) -> None:
    """The same, where staff have the conversation or the answer itself does not say it."""
    in_answer = any(item.answer in EMERGENCY_ANSWERS for item in messages)
    if conversation.status == Conversation.Status.STAFF or not in_answer:
        emergency_say(conversation, message, risk)
