"""Reads the conversations of this folder and plays them against the assistant.

    - name: a nursing mother asks how many sessions
      language: ar                                # of every reply, unless a turn says otherwise
      turns:
        - patient: كم جلسة احتاج وانا مرضع       # repeated `times`; or `choice: ask_price`, a button
          answers: [utter_ask_session_count]      # all answers in order, besides the words of the handoff
          handoff: {category: pregnancy_breastfeeding, urgency: routine}

`answers` is a list, or one of
    fallback        "did you mean": one or two questions to choose from, and staff
    fallback_staff  "shall I pass it on": yes or no
    not_understood  any one polite refusal, where it does not matter which
    not_obeyed      a typed command read as words: these may be answered, nothing else happens
In the list `open_or_closed` stands for whichever of "open now" and "closed now" is true.

`handoff` names a `category` (or several `categories`) with its `urgency` (routine unless said), else a `reason`;
the patient must hear the words that belong to it first, or those named by `says`. A turn without `handoff` must
not end in one; a turn without `answers` must say nothing besides the handoff. `buttons` lists the choices under
the last answer, exactly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
NOT_CONVERSATIONS = ("single_questions.yml",)

REACTIONS = {"post_treatment_warning", "home_injury"}
SAYS_FOR_REASON = {
    "asked_for_staff": "utter_ask_human",
    "complaint": "utter_complain",
    "delete_data": "utter_ask_delete_data",
}
REFUSALS = ("utter_clarify", "utter_clarify_offer_staff", "utter_out_of_scope", "utter_empty")
OPEN_OR_CLOSED = ("utter_clinic_open_now", "utter_clinic_closed_now", "utter_clinic_holiday")
SHORTHANDS = ("fallback", "fallback_staff", "not_understood", "not_obeyed")

_ARABIC_LETTER = re.compile(r"[\u0620-\u064a]")
_PLACEHOLDER = re.compile(r"\{[^}]*\}|\bNone\b")

Reply = dict[str, Any]
Ask = Callable[[dict[str, Any]], Reply]


@dataclass(frozen=True)
class Handoff:
    """What staff must be asked, and the words the patient hears about it."""

    categories: tuple[str, ...]
    urgency: str
    reason: str
    says: str

    @classmethod
    def from_yaml(cls, data: Mapping[str, Any]) -> Handoff:
        _known(data, {"category", "categories", "urgency", "reason", "says"})
        categories = tuple(data.get("categories") or ([data["category"]] if "category" in data else []))
        reason = data.get("reason") or "risk"
        return cls(
            categories=categories,
            urgency=data.get("urgency") or "routine",
            reason=reason,
            says=data.get("says") or _words_for(categories, reason),
        )


@dataclass(frozen=True)
class Turn:
    """What the patient does and what must follow."""

    said: dict[str, str]
    """`text` or `choice`, as the seam takes it."""
    answers: tuple[str, ...] | str
    handoff: Handoff | None
    language: str | None
    buttons: tuple[str, ...] | None

    @classmethod
    def from_yaml(cls, data: Mapping[str, Any], *, language: str | None) -> Turn:
        _known(data, {"patient", "choice", "times", "answers", "handoff", "language", "buttons"})
        if ("patient" in data) == ("choice" in data):
            raise ValueError("a turn needs `patient` or `choice`")
        if "answers" not in data and "handoff" not in data:
            raise ValueError("a turn needs `answers`, `handoff` or both")
        answers = data.get("answers", [])
        if isinstance(answers, str) and answers not in SHORTHANDS:
            raise ValueError(f"unknown answers: {answers}")
        return cls(
            said=_said(data),
            answers=answers if isinstance(answers, str) else tuple(answers),
            handoff=Handoff.from_yaml(data["handoff"]) if "handoff" in data else None,
            language=data.get("language", language),
            buttons=tuple(data["buttons"]) if "buttons" in data else None,
        )


@dataclass(frozen=True)
class Conversation:
    name: str
    file: str
    turns: tuple[Turn, ...]

    @property
    def id(self) -> str:
        return f"{self.file}: {self.name}"


def load_conversations(path: Path) -> list[Conversation]:
    """Read one file; raises ValueError naming the conversation that cannot be read."""
    conversations = []
    for data in yaml.safe_load(path.read_text(encoding="utf-8")):
        try:
            _known(data, {"name", "language", "turns"})
            turns = [Turn.from_yaml(turn, language=data.get("language")) for turn in data["turns"]]
            conversations.append(Conversation(data["name"], path.stem, tuple(turns)))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path.name}: {data.get('name')}: {error}") from None
    return conversations


def all_conversations() -> list[Conversation]:
    files = sorted(path for path in FOLDER.glob("*.yml") if path.name not in NOT_CONVERSATIONS)
    return [conversation for path in files for conversation in load_conversations(path)]


@dataclass
class Chat:
    """One conversation as the desk keeps it: the state comes back with each message."""

    ask: Ask
    name: str = "c"
    state: dict[str, Any] | None = None
    language: str | None = None
    log: list[str] = field(default_factory=list)

    def say(self, text: str | None = None, *, choice: str | None = None) -> Reply:
        reply = self.ask(
            {
                "conversation": self.name,
                "message_id": f"m{len(self.log)}",
                "mode": "answer",
                **({"text": text} if choice is None else {"choice": choice}),
                "language_hint": self.language,
                "language_fixed": None,
                "state": self.state,
            }
        )
        self.state = reply["state"]
        self.language = next((message["language"] for message in reply["messages"]), self.language)
        self.log.append(_spoken(text if choice is None else f"[{choice}]", reply))
        return reply

    def play(self, conversation: Conversation) -> None:
        """Play all turns; raises AssertionError, with what was said so far, at the first that goes wrong."""
        for turn in conversation.turns:
            reply = self.say(**turn.said)
            problems = differences(turn, reply)
            assert not problems, "\n".join([*problems, "", *self.log])


def differences(turn: Turn, reply: Reply) -> list[str]:
    """What is not as the turn demands, one line each."""
    if not reply["ok"]:
        return [f"the turn failed: {reply['reason']}"]
    messages = reply["messages"]
    said = [message["answer"] for message in messages]
    return [
        *_handoff_differences(turn, reply["handoff"], said),
        *_answer_differences(turn, said, reply),
        *_wording_differences(turn, messages),
    ]


def _handoff_differences(turn: Turn, handoff: Mapping[str, Any] | None, said: list[str]) -> list[str]:
    if turn.handoff is None:
        return [f"handed over for no reason: {handoff}"] if handoff else []
    if handoff is None:
        return ["not handed over"]
    wanted = turn.handoff
    found = (tuple(handoff["categories"]), handoff["urgency"], handoff["reason"])
    problems = []
    if found != (wanted.categories, wanted.urgency, wanted.reason):
        problems.append(f"handed over as {found}, not {(wanted.categories, wanted.urgency, wanted.reason)}")
    if said[:1] != [wanted.says]:
        problems.append(f"said {said[:1]} about the handoff, not {wanted.says}")
    if not handoff["summary"]:
        problems.append("the handoff has no summary")
    return problems


def _answer_differences(turn: Turn, said: list[str], reply: Reply) -> list[str]:
    messages = reply["messages"]
    rest = said[1:] if turn.handoff else said
    buttons = tuple(button["choice"] for button in messages[-1]["buttons"]) if messages else ()
    if turn.answers == "not_understood":
        return [] if len(rest) == 1 and rest[0] in REFUSALS else [f"answered {rest}, no polite refusal"]
    if turn.answers == "not_obeyed":
        read = reply["understanding"]["confidence"] < 1 and reply["understanding"]["threshold"] is not None
        return [] if read and len(rest) == 1 else [f"answered {rest}, as to a command"]
    if turn.answers == "fallback":
        right = rest == ["utter_clarify"] and 2 <= len(buttons) <= 3 and buttons[-1] == "ask_human"
        return [] if right else [f"answered {rest} with {buttons}, no choice of questions"]
    if turn.answers == "fallback_staff":
        right = rest == ["utter_clarify_offer_staff"] and buttons == ("ask_human", "deny")
        return [] if right else [f"answered {rest} with {buttons}, no offer of staff"]
    rest = ["open_or_closed" if answer in OPEN_OR_CLOSED else answer for answer in rest]
    problems = [] if rest == list(turn.answers) else [f"answered {rest}, not {list(turn.answers)}"]
    wanted = turn.buttons or ()
    return problems + ([] if buttons == wanted else [f"offered {buttons}, not {wanted}"])


def _wording_differences(turn: Turn, messages: list[Reply]) -> list[str]:
    problems = []
    for message in messages:
        text = message["text"]
        spoken = "ar" if _ARABIC_LETTER.search(text) else "en"
        if message["language"] != spoken:
            problems.append(f"{message['answer']} says it is in {message['language']} and is in {spoken}")
        if turn.language and spoken != turn.language:
            problems.append(f"{message['answer']} is in {spoken}, not {turn.language}")
        if not text.strip() or _PLACEHOLDER.search(text):
            problems.append(f"{message['answer']} is not whole: {text!r}")
    return problems


def _said(data: Mapping[str, Any]) -> dict[str, str]:
    if "choice" in data:
        return {"choice": data["choice"]}
    return {"text": data["patient"] * data.get("times", 1)}


def _words_for(categories: tuple[str, ...], reason: str) -> str:
    if reason != "risk":
        return SAYS_FOR_REASON[reason]
    if "emergency" in categories:
        return "utter_emergency"
    return "utter_hand_off_reaction" if REACTIONS & set(categories) else "utter_hand_off_condition"


def _known(data: Mapping[str, Any], keys: set[str]) -> None:
    unknown = set(data) - keys
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")


def _spoken(patient: str | None, reply: Reply) -> str:
    heard = reply["understanding"]
    risk = [f"{f['category']}/{f['who']}{'/not' if f['negated'] else ''}" for f in heard["risk"]["findings"]]
    understood = f"{heard['intent']} {heard['confidence']:.2f} (from {heard['threshold'] or 0:.2f})"
    said = ", ".join(message["answer"] or "?" for message in reply["messages"])
    words = patient or ""
    shown = words if len(words) <= 200 else f"{words[:60]}... ({len(words)} characters)"
    return f"  {shown!r} | {understood} {heard['answers']} {risk} -> {said or 'nothing'} | {reply['handoff']}"
