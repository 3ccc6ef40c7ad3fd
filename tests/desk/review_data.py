"""Messages as a finished turn leaves them, and the assistant's explanation of one, for the tests of review."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from desk.conversations import services
from desk.conversations.models import Author, Channel, Conversation, Message

EXPLANATION: dict[str, Any] = {
    "normalised": "how sore will i be",
    "read_as": "how sore will i be",
    "intent": "nlu_fallback",
    "score": 0.05,
    "threshold": 0.17,
    "clauses": [],
    "candidates": [
        {"intent": "ask_pain", "score": 0.05, "ngram": 0.1, "embedding": 0.2, "nearest_phrase": "will I be sore"}
    ],
    "neighbours": [{"intent": "ask_downtime", "cosine": 0.7, "phrase": "sore for how long"}],
    "neighbours_agree": False,
    "risk": {
        "level": "none",
        "findings": [
            {"category": "herpes", "text": "herpes", "source": "lexicon", "negated": True, "who": "self", "cue": "no"}
        ],
    },
    "risk_margin": -0.4,
    "risk_category": "herpes",
}


def conversation_new(*, channel: Channel = Channel.WEB, language: str = "en") -> Conversation:
    return services.conversation_open(channel=channel, language=language)


def understanding(
    intent: str, scores: tuple[float, ...] = (0.8, 0.1), *, top: str = "", risk: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What the assistant says: `top` ranks first where it is not the intent itself."""
    names = [top or intent, "ask_hours", "ask_location"]
    ranking = [{"intent": name, "confidence": score} for name, score in zip(names, scores)]
    return {
        "intent": intent,
        "confidence": scores[0],
        "threshold": 0.2,
        "ranking": ranking,
        "answers": [],
        "language": "en",
        "script": "latin",
        "risk": risk or risk_of("none"),
    }


def risk_of(level: str, *, source: str = "lexicon", category: str = "herpes") -> dict[str, Any]:
    finding = {
        "category": category,
        "who": "self",
        "negated": False,
        "source": source,
        "text": "",
        "start": 0,
        "end": 0,
    }
    return {"level": level, "urgency": None, "findings": [] if level == "none" else [finding]}


@transaction.atomic
def asked(
    conversation: Conversation,
    text: str,
    understood: dict[str, Any] | None = None,
    *,
    screened: dict[str, Any] | None = None,
    days_ago: int = 0,
) -> Message:
    """A patient's message that was dealt with."""
    count = Message.objects.filter(conversation=conversation).count()
    message, _ = services.message_receive(
        lambda: services.conversation_lock(conversation.pk), channel_message_id=f"{conversation.pk}:{count}", text=text
    )
    message.understanding = understood or understanding("ask_price")
    message.risk = screened or risk_of("none")
    message.language = "ar" if any("\u0620" <= letter <= "\u064a" for letter in text) else "en"
    message.state = Message.State.ANSWERED
    message.save()
    if days_ago:
        at = timezone.now() - timedelta(days=days_ago)
        Message.objects.filter(pk=message.pk).update(created_at=at)
        Conversation.objects.filter(pk=conversation.pk).update(last_activity_at=at)
        message.refresh_from_db()
    return message


@transaction.atomic
def answered(
    conversation: Conversation, text: str, to: Message | None = None, *, author: Author = Author.BOT
) -> Message:
    locked = services.conversation_lock(conversation.pk)
    return services.message_add(
        locked, author=author, text=text, language="en", answer_name="utter_ask_price", in_reply_to=to
    )
