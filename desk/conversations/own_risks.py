"""What counts of the desk's own findings: a certain one always, a doubtful one unless the assistant looked at it."""

from __future__ import annotations

from collections.abc import Sequence

from desk.assistant_client.replies import Reply
from desk.conversations.models import Message
from desk.screening import LEVELS, NO_RISK, ScreenedRisk, read_risk

LOOKED_AT = 2000
"""The assistant reads no more characters of a turn than this (`assistant.seam.MAX_TEXT`)."""


def counted_risk(messages: Sequence[Message], reply: Reply | None) -> ScreenedRisk:
    """The gravest finding of our own that counts."""
    found = [found_risk(message) for message in messages]
    if has_looked(reply, messages):
        found = [risk.certain for risk in found]
    return max(found, key=gravity, default=NO_RISK)


def left_doubtful(messages: Sequence[Message], reply: Reply | None) -> list[tuple[Message, ScreenedRisk]]:
    """Doubtful findings that the assistant has not looked at."""
    if has_looked(reply, messages):
        return []
    found = [(message, found_risk(message)) for message in messages]
    return [(message, risk) for message, risk in found if risk.doubtful]


def has_looked(reply: Reply | None, messages: Sequence[Message]) -> bool:
    """Whether the assistant's risk screen has seen the whole text."""
    length = sum(len(message.text) + 1 for message in messages)
    return reply is not None and reply.has_judged_risk and length <= LOOKED_AT


def found_risk(message: Message) -> ScreenedRisk:
    return read_risk(message.risk) if message.risk is not None else NO_RISK


def gravity(risk: ScreenedRisk) -> tuple[int, bool]:
    return LEVELS.index(risk.level), not risk.doubtful
