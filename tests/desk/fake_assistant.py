"""A stand-in for the assistant that keeps to its contract: what the contract refuses, it refuses.

In tests it runs in process behind `httpx.ASGITransport`; for a look at the desk alone:
`ASSISTANT_TOKEN=... uvicorn tests.desk.fake_assistant:application --port 5005`.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from typing import Any

ID = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
FIELDS = {"conversation", "message_id", "mode", "text", "choice", "language_hint", "language_fixed", "state"}
MAX_BODY = 128 * 1024
MAX_STATE = 32 * 1024
REASONS = ("action_failed", "timeout", "dialogue_failed", "no_answer", "bad_state")

# word in the text -> (intent, Arabic, English)
TOPICS = {
    "كم جلسة": ("ask_session_count", "غالباً من 4 إلى 8 جلسات.", "Most people need 4 to 8 sessions."),
    "session": ("ask_session_count", "غالباً من 4 إلى 8 جلسات.", "Most people need 4 to 8 sessions."),
    "توجع": ("ask_pain", "إحساس خفيف يمكن تحمله.", "A mild feeling that most people tolerate."),
    "hurt": ("ask_pain", "إحساس خفيف يمكن تحمله.", "A mild feeling that most people tolerate."),
    "كم السعر": ("ask_price", "السعر حسب الخطة.", "The price depends on the plan."),
    "price": ("ask_price", "السعر حسب الخطة.", "The price depends on the plan."),
}
FOR_STAFF = ("حوّلت رسالتك إلى فريق العيادة.", "I have passed your message to our staff.")
BUTTONS = {
    "ar": [{"title": "هل توجع؟", "choice": "ask_pain"}, {"title": "السعر", "choice": "ask_price"}],
    "en": [{"title": "Does it hurt?", "choice": "ask_pain"}, {"title": "Price", "choice": "ask_price"}],
}


class FakeAssistant:
    """Answers from TOPICS; `fail` makes the next answers fail with a reason of the contract."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.calls: list[dict[str, Any]] = []
        self.request_ids: list[str] = []
        self.fail: str | None = None
        self.reply: dict[str, Any] | None = None
        self.garbage: bytes | None = None
        self.status: int | None = None
        self.delay = 0.0
        self.hold: asyncio.Event | None = None
        self.actions = "ok"
        self.ready = True
        self.busy = 0
        self.most_busy = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = b""
        while True:
            event = await receive()
            body += event.get("body", b"")
            if not event.get("more_body"):
                break
        status, answer = await self._route(scope, body)
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    async def _route(self, scope: Any, body: bytes) -> tuple[int, Any]:
        if dict(scope["headers"]).get(b"authorization") != f"Bearer {self.token}".encode():
            return 401, {"error": "wrong token"}
        if scope["path"] == "/webhooks/desk/ready":
            ready = {"ready": self.ready, "model_id": "fake", "actions": self.actions}
            return (200 if self.ready else 503), ready
        if scope["path"] != "/webhooks/desk/messages" or scope["method"] != "POST":
            return 404, {"error": "no such path"}
        if len(body) > MAX_BODY:
            return 413, {"error": "the body is too large"}
        try:
            question = json.loads(body)
        except ValueError:
            return 400, {"error": "not JSON"}
        wrong = refusal(question)
        if wrong:
            return 400, {"error": wrong}
        self.request_ids.append(dict(scope["headers"]).get(b"x-request-id", b"").decode())
        return await self._answer(question)

    async def _answer(self, question: dict[str, Any]) -> tuple[int, Any]:
        self.calls.append(question)
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        try:
            if self.hold is not None:
                await self.hold.wait()
            await asyncio.sleep(self.delay)
        finally:
            self.busy -= 1
        if self.status is not None:
            return self.status, {"error": "not_ready"}
        if self.garbage is not None:
            return 200, self.garbage
        answer = answer_to(question)
        if self.reply is not None:
            answer |= self.reply
        if self.fail is not None:
            answer |= {"ok": False, "reason": self.fail}
        return 200, answer


def refusal(question: Any) -> str | None:
    """What the contract says is wrong with a request."""
    if not isinstance(question, dict) or not set(question) <= FIELDS:
        return "unknown field"
    for name in ("conversation", "message_id"):
        if not isinstance(question.get(name), str) or not ID.fullmatch(question[name]):
            return f"{name} must match {ID.pattern}"
    if question.get("mode") not in ("answer", "understand"):
        return "mode must be answer or understand"
    if isinstance(question.get("text"), str) == isinstance(question.get("choice"), str):
        return "send either text or choice"
    for name in ("language_hint", "language_fixed"):
        if question.get(name) not in (None, "ar", "en"):
            return f"{name} must be ar, en or null"
    state = question.get("state")
    if state is not None and not isinstance(state, dict):
        return "state must be an object"
    if len(json.dumps(state)) > MAX_STATE:
        return "state is too large"
    return None


def answer_to(question: dict[str, Any]) -> dict[str, Any]:
    text = question.get("text") or ""
    language = "ar" if re.search(r"[\u0620-\u064a]", text) else "en"
    if not text.strip() or question["language_fixed"]:
        language = question["language_fixed"] or question["language_hint"] or "en"
    found = {topic[0]: topic for word, topic in TOPICS.items() if word in text.casefold()}
    if question.get("choice"):
        found = {topic[0]: topic for topic in TOPICS.values() if topic[0] == question["choice"]}
    messages: list[dict[str, Any]] = [
        {
            "answer": f"utter_{intent}",
            "language": language,
            "text": ar if language == "ar" else en,
            "buttons": [],
        }
        for intent, ar, en in found.values()
    ]
    if not found:
        text = "هل تقصد أحد هذين؟" if language == "ar" else "Did you mean one of these?"
        messages = [
            {"answer": "utter_clarify", "language": language, "text": text, "buttons": BUTTONS[language]},
        ]
    intent = next(iter(found), "nlu_fallback")
    handoff = None
    if question.get("choice") == "ask_human":
        intent = "ask_human"
        text = FOR_STAFF[0 if language == "ar" else 1]
        messages = [{"answer": "utter_hand_off", "language": language, "text": text, "buttons": []}]
        handoff = {"reason": "ask_human", "urgency": "routine", "summary": "", "categories": []}
    turns = (question["state"] or {}).get("turns", 0) + 1
    return {
        "ok": True,
        "reason": None,
        "understanding": {
            "intent": intent,
            "confidence": 0.9,
            "threshold": 0.3,
            "ranking": [{"intent": intent, "confidence": 0.9}],
            "answers": list(found),
            "language": language,
            "script": "arabic" if language == "ar" else "latin",
            "risk": {"level": "none", "urgency": None, "findings": []},
        },
        "messages": messages if question["mode"] == "answer" else [],
        "handoff": handoff,
        "state": {"turns": turns} if question["mode"] == "answer" else question["state"],
        "model_id": "fake-1",
        "took_ms": 0.1,
    }


application = FakeAssistant(os.environ.get("ASSISTANT_TOKEN", ""))
