"""Patients who write through the website's API, send again until they are acknowledged, and check what they got."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

# Each is answered by exactly one bubble, whatever is open; the last one by the emergency text, once in ten minutes.
QUESTIONS = ("price {n}?", "how many sessions {n}?", "does it hurt {n}?", "كم جلسة {n}؟")
RISKS = ("I am pregnant, what is the price {n}?",)
EMERGENCY = "I can't breathe {n}"
RETRY_SECONDS = 0.3
REQUEST_SECONDS = 30.0


@dataclass
class Patient:
    """One conversation. Messages are sent in order, each until it is acknowledged, through whichever desk answers."""

    http: httpx.AsyncClient
    desks: Sequence[str]
    rng: random.Random
    token: str = ""
    sent: list[str] = field(default_factory=list)
    """The client ids acknowledged, in the order in which they were sent."""
    refusals: Counter[str] = field(default_factory=Counter)
    emergencies: set[str] = field(default_factory=set)

    async def arrive(self) -> None:
        self.token = (await self._until_done("POST", "/api/chat/visitors", {}))["token"]

    async def say(self, text: str, client_id: str) -> None:
        if text.startswith("I can't breathe"):
            self.emergencies.add(client_id)
        await self._until_done("POST", "/api/chat/messages", {"client_id": client_id, "text": text})
        self.sent.append(client_id)

    async def write_until(self, stop: asyncio.Event, pause: float) -> None:
        """Write one message after the other until told to stop."""
        await self.arrive()
        number = 0
        while not stop.is_set():
            number += 1
            kind = self.rng.random()
            text = EMERGENCY if kind < 0.02 else self.rng.choice(RISKS if kind < 0.08 else QUESTIONS)
            await self.say(text.format(n=number), f"n{number}")
            await asyncio.sleep(self.rng.uniform(0, pause))

    async def messages(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            after = found[-1]["seq"] if found else 0
            page = await self._until_done("GET", f"/api/chat/messages?after={after}", None)
            found += page["messages"]
            if not page["more"]:
                return found

    async def _until_done(self, method: str, path: str, body: Any) -> Any:
        """Ask until a desk takes it: what was not acknowledged is sent again, under the same id."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        while True:
            desk = self.rng.choice(self.desks)
            try:
                response = await self.http.request(method, desk + path, json=body, headers=headers)
                if response.status_code in (200, 201, 202):
                    return response.json()
                self.refusals[str(response.status_code)] += 1
            except httpx.HTTPError as error:
                self.refusals[type(error).__name__] += 1
            await asyncio.sleep(RETRY_SECONDS)


@dataclass
class Outcome:
    """What a run came to; `wrongs` is empty when everything is as it should be."""

    messages: int = 0
    answered: int = 0
    apologised: int = 0
    longest_wait: float = 0.0
    refusals: Counter[str] = field(default_factory=Counter)
    ends: dict[str, int] = field(default_factory=dict)
    """How many messages ended in which state, as the reconciliation counts them."""
    kills: Counter[str] = field(default_factory=Counter)
    wrongs: list[str] = field(default_factory=list)


async def all_answered(patients: Sequence[Patient], seconds: float) -> bool:
    """Wait until every acknowledged message has its answer."""
    deadline = time.monotonic() + seconds
    waiting = list(patients)
    while waiting:
        waiting = [patient for patient in waiting if _unanswered(patient, await patient.messages())]
        if time.monotonic() > deadline:
            return not waiting
        await asyncio.sleep(0.3)
    return True


async def outcome_of(patients: Sequence[Patient]) -> Outcome:
    """Check every patient's conversation, as that patient sees it."""
    outcome = Outcome()
    for number, patient in enumerate(patients):
        messages = await patient.messages()
        outcome.refusals += patient.refusals
        outcome.messages += len(patient.sent)
        outcome.wrongs += [f"patient {number}: {wrong}" for wrong in _wrongs(patient, messages)]
        at = {message["id"]: message["at"] for message in messages}
        for message in messages:
            if message["author"] == "patient" or message["in_reply_to"] not in at:
                continue
            outcome.answered += 1
            outcome.apologised += message["author"] == "system"
            waited = _time(message["at"]) - _time(at[message["in_reply_to"]])
            outcome.longest_wait = max(outcome.longest_wait, waited)
    return outcome


def _wrongs(patient: Patient, messages: Sequence[dict[str, Any]]) -> list[str]:
    """Lost, doubled, unanswered, answered twice, out of order."""
    own = [message for message in messages if message["author"] == "patient"]
    wrongs = []
    stored = [message["client_id"] for message in own]
    if [message["seq"] for message in messages] != sorted({message["seq"] for message in messages}):
        wrongs.append("its messages are not numbered in order")
    if lost := set(patient.sent) - set(stored):
        wrongs.append(f"acknowledged and lost: {sorted(lost)}")
    if len(stored) != len(set(stored)):
        wrongs.append("a message is stored twice")
    if unanswered := _unanswered(patient, messages):
        wrongs.append(f"not answered: {unanswered}")
    answers = Counter(message["in_reply_to"] for message in messages if message["in_reply_to"])
    names = {message["id"]: message["client_id"] for message in own}
    if twice := [
        names[each] for each, count in answers.items() if count > 1 and names[each] not in patient.emergencies
    ]:
        wrongs.append(f"answered twice: {twice}")
    order = [message["in_reply_to"] for message in messages if message["in_reply_to"]]
    plain = [each for each in order if names[each] not in patient.emergencies]
    if plain != [message["id"] for message in own if message["id"] in set(plain)]:
        wrongs.append("answered out of order")
    return wrongs


def _unanswered(patient: Patient, messages: Sequence[dict[str, Any]]) -> list[str]:
    answered = {message["in_reply_to"] for message in messages if message["in_reply_to"]}
    own = {message["client_id"]: message["id"] for message in messages if message["author"] == "patient"}
    return [name for name in patient.sent if own.get(name) not in answered and name not in patient.emergencies]


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
