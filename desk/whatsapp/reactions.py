"""Reactions to our messages: noted in the transcript, and a thumb counts as feedback."""

from __future__ import annotations

from collections.abc import Sequence

from desk.conversations.models import Channel, Direction, Kind, Message

THUMBS = {"\N{THUMBS UP SIGN}": 1, "\N{THUMBS DOWN SIGN}": -1}
SKIN_TONES = dict.fromkeys(range(0x1F3FB, 0x1F400))


def reactions_note(messages: Sequence[Message]) -> None:
    """A thumb on a message of ours is the patient's feedback; another reaction, or none, takes it back."""
    for message in messages:
        if message.kind != Kind.REACTION or not message.attachment:
            continue
        Message.objects.filter(
            conversation_id=message.conversation_id,
            channel=Channel.WHATSAPP,
            direction=Direction.OUT,
            channel_message_id=message.attachment["reaction_to"],
        ).update(feedback=THUMBS.get(message.text.translate(SKIN_TONES)))
