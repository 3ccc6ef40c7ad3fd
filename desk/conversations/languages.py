"""The language of a text of our own, when the assistant did not tell which one a message is in."""

from __future__ import annotations

import logging
from functools import cache

from django.conf import settings

from assistant.language import LanguageDetector, load_detector
from desk.conversations.models import Conversation, Language

log = logging.getLogger(__name__)


def language_of(text: str, conversation: Conversation) -> str:
    """The patient's choice, else the message's own language, else what the conversation spoke last."""
    return conversation.language_fixed or detect(text) or conversation.speaks


def detect(text: str) -> str:
    """Return "ar", "en", or "" when the text does not tell."""
    try:
        language = _detector().detect(text).language
    except Exception:
        log.exception("the language detector failed")
        return Language.ARABIC if any("\u0620" <= char <= "\u064a" for char in text) else ""
    return str(language.value) if language else ""


@cache
def _detector() -> LanguageDetector:
    return load_detector(settings.BASE_DIR / "data" / "language.yml")
