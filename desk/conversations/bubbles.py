"""What a turn says: the texts that may be said beside an open risk, stored as one message."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desk.assistant_client.replies import Reply
from desk.conversations.models import Author, Conversation, Message
from desk.conversations.services import message_add, privacy_told
from desk.conversations.texts import fixed_text
from desk.conversations.topics import answer_allowed, choice_allowed, harmless_topics
from desk.handoffs.promises import handoff_lines
from desk.handoffs.selectors import handoff_open_of

TELLS_ABOUT_STAFF = ("utter_hand_off", "utter_emergency", "utter_self_harm", "utter_staff_will_answer", "desk_")
EMERGENCY_ANSWERS = ("utter_emergency", "utter_self_harm")
BETWEEN_TEXTS = "\n\n"


@dataclass(frozen=True)
class Text:
    """One answer, before it is said."""

    author: Author
    text: str
    language: str
    answer: str
    version: str

    @property
    def tells_about_staff(self) -> bool:
        return self.answer.startswith(TELLS_ABOUT_STAFF)

    def as_part(self) -> dict[str, str]:
        return {"answer": self.answer, "version": self.version, "text": self.text}


@dataclass(frozen=True)
class Sayable:
    """What of a reply may be said."""

    texts: tuple[Text, ...]
    buttons: tuple[dict[str, str], ...]
    is_cut: bool
    """Something was left out: staff will answer it."""


def sayable(conversation: Conversation, reply: Reply | None, *, at_risk: bool) -> Sayable:
    """Everything, or only what is harmless while a risk is in the message or with staff."""
    messages = reply.messages if reply else ()
    version = reply.model_id if reply else ""
    handoff = handoff_open_of(conversation)
    guarding = at_risk or bool(handoff and handoff.categories)
    harmless = harmless_topics() if guarding else frozenset()
    passed = [item for item in messages if not guarding or answer_allowed(item.answer, harmless)]
    buttons = {
        button.choice: button.as_dict()
        for item in passed
        for button in item.buttons
        if not guarding or choice_allowed(button.choice, harmless)
    }
    texts = [
        Text(
            author=Author.BOT,
            text=item.text,
            language=item.language or conversation.speaks,
            answer=item.answer,
            version=item.version or version,
        )
        for item in passed
    ]
    return Sayable(tuple(texts), tuple(buttons.values()), len(passed) < len(messages))


def own_text(name: str, conversation: Conversation) -> Text:
    """One of the desk's fixed texts."""
    fixed = fixed_text(name)
    language = conversation.language or conversation.speaks
    return Text(Author.SYSTEM, fixed.text(language), language, fixed.answer_name, fixed.version)


def turn_say(
    conversation: Conversation,
    messages: Sequence[Message],
    texts: Sequence[Text],
    buttons: Iterable[dict[str, str]] = (),
) -> Message:
    """Answer a turn's messages in a locked conversation: one bubble, named after its first answer."""
    texts = [*texts, *_about_handoff(conversation, messages, texts)]
    first, last = texts[0], texts[-1]
    text = BETWEEN_TEXTS.join(each.text for each in texts)
    if last.answer not in EMERGENCY_ANSWERS:
        text = privacy_told(conversation, text, last.language)
    return message_add(
        conversation,
        author=Author.BOT if any(each.author == Author.BOT for each in texts) else Author.SYSTEM,
        text=text,
        language=first.language,
        answer_name=first.answer,
        answer_version=first.version,
        parts=[each.as_part() for each in texts] if len(texts) > 1 else [],
        buttons=list(buttons),
        in_reply_to=messages[-1],
    )


def _about_handoff(conversation: Conversation, messages: Sequence[Message], texts: Sequence[Text]) -> list[Text]:
    """What is to be told about the handoff with this turn; nothing may stand after "call now"."""
    last = texts[-1]
    if last.answer in EMERGENCY_ANSWERS:
        return []
    lines = handoff_lines(conversation, messages, language=last.language, beside=last.text)
    return [Text(Author.SYSTEM, line.text, last.language, line.answer, line.version) for line in lines]
