"""Play one turn with Rasa's own processor: understand once, then let the policies and actions speak."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from contextvars import ContextVar
from dataclasses import replace
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import OutputChannel, UserMessage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT_NAME_KEY

from assistant.action_replies import check_replies_quickly
from assistant.graph_runs import run_graphs_quickly
from assistant.language import Language, ReplyLanguage, requested_language
from assistant.log_copies import log_without_copies
from assistant.nlu.keys import ENTITY_LANGUAGE, ENTITY_TOPIC
from assistant.request_ids import METADATA_KEY, current_request_id
from assistant.rule_lookup import look_rules_up_quickly
from assistant.seam import TurnRequest
from assistant.state import CURRENT_TURN, State, Turn

logger = logging.getLogger(__name__)
TURN_SECONDS = 5.0
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
_TURN_ERRORS: ContextVar[list[str] | None] = ContextVar("turn_errors", default=None)


class TurnPlayer:
    """Plays turns for one loaded agent."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        processor = agent.processor
        assert processor is not None
        self._processor = processor
        self._intents = set(processor.domain.intents)
        endpoint = processor.action_endpoint
        self.action_health_url = endpoint.url.rsplit("/", 1)[0] + "/health" if endpoint and endpoint.url else None
        _listen_for_errors()
        check_replies_quickly()
        run_graphs_quickly()
        look_rules_up_quickly()
        log_without_copies()

    @property
    def model_id(self) -> str:
        return str(self._processor.model_metadata.model_id)

    def plays_for(self, agent: Agent) -> bool:
        return self._agent is agent and self._processor is agent.processor

    async def play(self, asked: TurnRequest) -> dict[str, Any]:
        """One turn as the contract's reply; raises BadState when the state is not ours."""
        started = time.perf_counter()
        state = State.from_json(asked.state)
        heard = await self._understand(asked)
        language = _reply_language(heard, asked, state)
        reply = _reply(heard, asked.state, language, self.model_id)
        if asked.mode == "answer":
            await self._answer(asked, heard, state, language, reply)
        reply["took_ms"] = round((time.perf_counter() - started) * 1000, 1)
        return reply

    async def _understand(self, asked: TurnRequest) -> dict[str, Any]:
        if asked.choice is None:
            message = UserMessage(text=asked.text, sender_id=asked.conversation)
            # Its parse_message looks each time, too, whether the domain knows what was trained together with it.
            tracker = DialogueStateTracker(asked.conversation, [])
            return dict(self._processor._parse_message_with_graph(message, tracker))
        chosen = asked.choice if asked.choice in self._intents else "nlu_fallback"
        topic = [{"entity": ENTITY_TOPIC, "value": chosen}] if chosen.startswith("ask_") else []
        return {
            "text": f"/{chosen}",
            "intent": {INTENT_NAME_KEY: chosen, "confidence": 1.0},
            "intent_ranking": [{INTENT_NAME_KEY: chosen, "confidence": 1.0}],
            "entities": topic,
            "understanding": {"answers": [chosen], "risk": {"level": "none", "urgency": None, "findings": []}},
        }

    async def _answer(
        self,
        asked: TurnRequest,
        heard: dict[str, Any],
        state: State,
        language: ReplyLanguage,
        reply: dict[str, Any],
    ) -> None:
        spoken = language.current or Language.ARABIC
        heard["entities"] = [e for e in heard["entities"] if e["entity"] != ENTITY_LANGUAGE]
        heard["entities"].append({"entity": ENTITY_LANGUAGE, "value": spoken.value})
        turn = Turn(asked.conversation, state, self._processor.domain)
        output = CollectingOutput()
        errors: list[str] = []
        CURRENT_TURN.set(turn)
        _TURN_ERRORS.set(errors)
        message = UserMessage(
            text=heard["text"],
            output_channel=output,
            sender_id=asked.conversation,
            input_channel="desk",
            message_id=asked.message_id,
            parse_data=heard,
            metadata={METADATA_KEY: request_id} if (request_id := current_request_id()) else None,
        )
        reason = None
        try:
            await asyncio.wait_for(self._processor.handle_message(message), TURN_SECONDS)
        except asyncio.TimeoutError:
            reason = "timeout"
        except Exception:  # the patient must hear something whatever happens
            logger.exception("Turn failed for %s", asked.conversation)
            reason = "dialogue_failed"
        reply["messages"], reply["handoff"] = output.messages(spoken.value)
        spoken_whole = [m for m in reply["messages"] if not _PLACEHOLDER.search(m["text"])]
        if len(spoken_whole) < len(reply["messages"]):
            errors.append("unfilled placeholder")
            reply["messages"] = spoken_whole
        reason = reason or _what_failed(errors, reply, turn)
        if reason:
            reply.update(ok=False, reason=reason)
            return
        answered = [m["answer"].removeprefix("utter_") for m in reply["messages"] if m["answer"]]
        topics = [topic for topic in answered if topic in self._intents and topic.startswith("ask_")]
        after = State.after(turn.tracker, language=language, fixed=asked.language_fixed, answered=topics)
        reply["state"] = after.as_json()


class CollectingOutput(OutputChannel):
    """Keep what Rasa says, as it says it."""

    def __init__(self) -> None:
        self._said: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        return "desk"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        self._said.append(message)

    def messages(self, language: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
        """The contract's messages, and the handoff request if an action made one."""
        messages, handoff = [], None
        for said in self._said:
            custom = said.get("custom") or {}
            handoff = custom.get("handoff") or handoff
            if said.get("text"):
                messages.append(
                    {
                        "answer": (said.get("metadata") or {}).get("utter_action") or said.get("utter_action"),
                        "language": language,
                        "text": said["text"],
                        "values": custom.get("values") or {},
                        "buttons": [
                            {"title": button["title"], "choice": button["payload"].lstrip("/")}
                            for button in said.get("buttons") or []
                        ],
                        "custom": None,
                    }
                )
        return messages, handoff


def failed(reason: str, state: Any) -> dict[str, Any]:
    """The reply to a message that could not be played at all."""
    return {
        "ok": False,
        "reason": reason,
        "understanding": None,
        "messages": [],
        "handoff": None,
        "state": state,
        "model_id": None,
        "took_ms": 0.0,
    }


def _reply(heard: dict[str, Any], state: Any, language: ReplyLanguage, model_id: str) -> dict[str, Any]:
    noted = heard.get("understanding") or {}
    return {
        "ok": True,
        "reason": None,
        "understanding": {
            "intent": heard["intent"][INTENT_NAME_KEY],
            "confidence": heard["intent"]["confidence"],
            "threshold": noted.get("threshold"),
            "ranking": [
                {"intent": entry[INTENT_NAME_KEY], "confidence": entry["confidence"]}
                for entry in heard.get("intent_ranking") or []
            ],
            "answers": noted.get("answers") or [],
            "language": noted.get("language") or (language.current.value if language.current else None),
            "script": noted.get("script"),
            "risk": noted.get("risk"),
        },
        "messages": [],
        "handoff": None,
        "state": state,
        "model_id": model_id,
    }


def _reply_language(heard: dict[str, Any], asked: TurnRequest, state: State) -> ReplyLanguage:
    language = state.reply_language(hint=asked.language_hint, fixed=asked.language_fixed)
    noted = heard.get("understanding") or {}
    wanted = requested_language(asked.text or "") if heard["intent"][INTENT_NAME_KEY] == "ask_language" else None
    if wanted:
        return language.choose(wanted)
    detected = noted.get("language")
    if detected:
        language = language.heard(Language(detected))
    if language.current is None:
        fallback = Language.ENGLISH if noted.get("script") == "latin" else Language.ARABIC
        language = replace(language, current=fallback)
    return language


def _what_failed(errors: list[str], reply: dict[str, Any], turn: Turn) -> str | None:
    if errors:
        return "action_failed"
    if not turn.saved:
        return "dialogue_failed"
    if not reply["messages"]:
        return "no_answer"
    return None


class _ErrorListener(logging.Handler):
    """Rasa swallows an exception in an action and only logs it; this makes it part of the turn."""

    def emit(self, record: logging.LogRecord) -> None:
        errors = _TURN_ERRORS.get()
        if errors is not None and record.levelno >= logging.ERROR:
            errors.append(record.getMessage())


def _listen_for_errors() -> None:
    for name in ("rasa.core.processor", "rasa.core.actions.action"):
        source = logging.getLogger(name)
        if not any(isinstance(handler, _ErrorListener) for handler in source.handlers):
            source.addHandler(_ErrorListener(level=logging.ERROR))
