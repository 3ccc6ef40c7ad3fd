"""What may be answered while a risk is open: topics the clinic marked harmless, and hand-off texts."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache

from django.conf import settings

from assistant.topics import Topic, load_topics

log = logging.getLogger(__name__)

ANSWER_PREFIX = "utter_"
TOPIC_PREFIX = "ask_"
STANDING_CHOICES = frozenset({"ask_human"})
"""What a patient may choose at any time, offered as a button or not: a human is always within reach."""
ALLOWED_FAMILIES = ("utter_hand_off", "utter_clarify")
ALLOWED = frozenset(
    [
        "utter_affirm",
        "utter_complain",
        "utter_deny",
        "utter_emergency",
        "utter_empty",
        "utter_goodbye",
        "utter_greet",
        "utter_offer_staff",
        "utter_out_of_scope",
        "utter_self_harm",
        "utter_staff_will_answer",
        "utter_thank",
    ]
)


def answer_allowed(answer: str, harmless: Iterable[str]) -> bool:
    """Tell whether an answer may be given while a risk is in the message or with staff."""
    if answer in ALLOWED or answer.startswith(ALLOWED_FAMILIES):
        return True
    return answer.startswith(ANSWER_PREFIX) and answer.removeprefix(ANSWER_PREFIX) in harmless


def choice_allowed(choice: str, harmless: Iterable[str]) -> bool:
    return not choice.startswith(TOPIC_PREFIX) or choice in harmless


def harmless_topics() -> frozenset[str]:
    """The harmless topics; none when they cannot be read, so that nothing passes unguarded."""
    try:
        return _load()
    except Exception:
        log.exception("data/topics.yml cannot be read: no topic counts as harmless")
        return frozenset()


def standing_choice_title(choice: str, language: str) -> str:
    """What a standing choice is called, as the patient's own words."""
    return _topics()[choice].title[language]


def _load() -> frozenset[str]:
    return frozenset(intent for intent, topic in _topics().items() if topic.harmless)


@cache
def _topics() -> dict[str, Topic]:
    return load_topics(settings.BASE_DIR / "data" / "topics.yml")
