"""The assistant's reply, checked against the contract before anything uses it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from desk.safe_text import storable_json
from desk.screening import NO_RISK, ScreenedRisk, read_risk

LANGUAGES = ("ar", "en")
MAX_STATE_CHARACTERS = 32 * 1024
URGENCIES = ("routine", "urgent", "emergency")


class BadReply(Exception):
    """The assistant answered something else than the contract says."""

    reason = "bad_reply"


@dataclass(frozen=True)
class Button:
    title: str
    choice: str

    def as_dict(self) -> dict[str, str]:
        return {"title": self.title, "choice": self.choice}


@dataclass(frozen=True)
class ReplyMessage:
    answer: str
    language: str
    text: str
    buttons: tuple[Button, ...] = ()
    version: str = ""


@dataclass(frozen=True)
class HandoffRequest:
    reason: str
    urgency: str
    summary: str
    categories: tuple[str, ...]


@dataclass(frozen=True)
class Reply:
    ok: bool
    reason: str | None
    understanding: dict[str, Any] | None
    language: str
    risk: ScreenedRisk
    messages: tuple[ReplyMessage, ...]
    handoff: HandoffRequest | None
    state: dict[str, Any] | None
    model_id: str

    @property
    def has_judged_risk(self) -> bool:
        """Whether the assistant's own risk screen has seen the message."""
        return self.understanding is not None and bool(self.understanding.get("risk"))


def read_reply(body: Any) -> Reply:
    """Read the reply's JSON; raises BadReply naming the field that is wrong."""
    data = storable_json(_object(body, "reply"))
    if not isinstance(data.get("ok"), bool):
        raise BadReply("reply.ok is not true or false")
    understanding = data.get("understanding")
    if understanding is not None:
        _object(understanding, "understanding")
    language = (understanding or {}).get("language")
    return Reply(
        ok=data["ok"],
        reason=str(data["reason"])[:64] if data.get("reason") else None,
        understanding=understanding,
        language=language if language in LANGUAGES else "",
        risk=read_risk(understanding["risk"]) if understanding and understanding.get("risk") else NO_RISK,
        messages=tuple(_message(item) for item in _list(data.get("messages"), "messages")),
        handoff=_handoff(data["handoff"]) if data.get("handoff") is not None else None,
        state=_state(data.get("state")),
        model_id=str(data.get("model_id") or "")[:100],
    )


def _message(value: Any) -> ReplyMessage:
    item = _object(value, "messages[]")
    text = _string(item.get("text"), "messages[].text")
    if not text.strip():
        raise BadReply("messages[].text is empty")
    return ReplyMessage(
        answer=_string(item.get("answer") or "", "messages[].answer")[:100],
        language=item["language"] if item.get("language") in LANGUAGES else "",
        text=text,
        buttons=tuple(_button(button) for button in _list(item.get("buttons"), "messages[].buttons")),
        version=str(item.get("version") or "")[:100],
    )


def _button(value: Any) -> Button:
    item = _object(value, "buttons[]")
    choice = _string(item.get("choice"), "buttons[].choice")
    if not 0 < len(choice) <= 128:
        raise BadReply("buttons[].choice has a wrong length")
    return Button(_string(item.get("title"), "buttons[].title"), choice)


def _handoff(value: Any) -> HandoffRequest:
    item = _object(value, "handoff")
    urgency = item.get("urgency") or "routine"
    if urgency not in URGENCIES:
        raise BadReply("handoff.urgency is unknown")
    return HandoffRequest(
        reason=_string(item.get("reason") or "assistant_asked", "handoff.reason")[:64],
        urgency=urgency,
        summary=_summary(item.get("summary")),
        categories=tuple(_string(name, "handoff.categories[]") for name in _list(item.get("categories"), "categories")),
    )


def _state(value: Any) -> dict[str, Any] | None:
    if value is None:
        return None
    if len(json.dumps(value)) > MAX_STATE_CHARACTERS:
        raise BadReply("state is too large")
    return _object(value, "state")


def _summary(value: Any) -> str:
    """The contract leaves the summary's shape open: a text, or named facts."""
    if isinstance(value, dict):
        return "\n".join(f"{key}: {item}" for key, item in value.items())
    return str(value or "")


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadReply(f"{name} is not an object")
    return value


def _list(value: Any, name: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise BadReply(f"{name} is not a list")
    return value


def _string(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise BadReply(f"{name} is not a text")
    return value
