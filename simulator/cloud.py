"""WhatsApp's side of the contract: takes what the business sends, and tells it what patients do."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from simulator.buckets import Bucket
from simulator.faults import Faults
from simulator.graph_errors import GraphError
from simulator.media import MediaFile, samples
from simulator.patients import Patients
from simulator.phones import TYPING_SECONDS, Bubble, Phone, new_wamid
from simulator.postman import Postman
from simulator.requests import Json, Template, check_read, check_send, template_values
from simulator.webhooks import status_value

NUMBER_PER_SECOND = 80
WINDOW_SECONDS = 24 * 60 * 60
STATUS_SECONDS = 0.15


@dataclass(frozen=True)
class Account:
    """What the desk's settings must match."""

    phone_number_id: str
    access_token: str
    app_secret: str
    webhook_url: str


class LostAnswer(Exception):
    """The message was taken; the connection breaks before the answer."""


class Cloud:
    def __init__(
        self,
        account: Account,
        *,
        templates: dict[tuple[str, str], Template] | None = None,
        clock: Callable[[], float] = time.time,
        status_seconds: float = STATUS_SECONDS,
        transport: httpx.AsyncBaseTransport | None = None,
        seed: int | None = None,
    ) -> None:
        self.account = account
        self.templates = templates or {}
        self.faults = Faults()
        self.phones: dict[str, Phone] = {}
        self.media: dict[str, MediaFile] = {f"sample-{kind}": file for kind, file in samples().items()}
        self.postman = Postman(
            account.webhook_url, account.app_secret, self.faults, chance=random.Random(seed), transport=transport
        )
        self.patients = Patients(self)
        self.requests: list[Json] = []
        self.reads = False
        """Whether each message that arrives is read at once."""
        self._clock = clock
        self._status_seconds = status_seconds
        self._number = Bucket(NUMBER_PER_SECOND, NUMBER_PER_SECOND)
        self._watchers: set[asyncio.Event] = set()

    def now(self) -> float:
        return self._clock()

    def changed(self) -> None:
        """Wake the pages that show the phones."""
        for watcher in self._watchers:
            watcher.set()

    def watch(self, watcher: asyncio.Event) -> None:
        self._watchers.add(watcher)

    def unwatch(self, watcher: asyncio.Event) -> None:
        self._watchers.discard(watcher)

    def count_inbound(self) -> None:
        """A patient's message counts towards the number's rate too."""
        self._number.take(self.now())

    def handle(self, body: Json) -> Json:
        """Answer a POST to /messages; raises GraphError or LostAnswer."""
        self.requests.append(body)
        if "status" in body:
            return self._mark_read(body)
        return self._send(body)

    def _mark_read(self, body: Json) -> Json:
        check_read(body)
        found = [(phone, bubble) for phone in self.phones.values() if (bubble := phone.bubble(body["message_id"]))]
        if not found or not found[0][1].mine:
            raise GraphError(131009, "Message id is not known")
        phone, bubble = found[0]
        for earlier in phone.bubbles[: phone.bubbles.index(bubble) + 1]:
            if earlier.mine:
                earlier.ticks = "read"
        if "typing_indicator" in body:
            phone.typing_until = self.now() + TYPING_SECONDS
        self.changed()
        return {"success": True}

    def _send(self, body: Json) -> Json:
        check_send(body, self.templates)
        phone = self._recipient(body)
        ordered = self.faults.take_failure()
        if ordered:
            raise GraphError(ordered)
        now = self.now()
        if not self._number.take(now):
            raise GraphError(130429)
        if phone is not None and not phone.pair.take(now):
            raise GraphError(131056)
        late = body["type"] != "template" and (phone is None or not self._is_window_open(phone))
        if late and self.faults.refuse_window_at_once:
            raise GraphError(131047)
        wamid = new_wamid()
        refusal = GraphError(131026) if phone is None else GraphError(131047) if late else None
        if phone is None or refusal is not None:
            self._report(wamid, body, ["failed"], refusal)
        else:
            self._show(phone, wamid, body)
            self._report(wamid, body, ["sent", "delivered", *(["read"] if self.reads else [])], None)
        if self.faults.take_loss():
            raise LostAnswer
        contact = {"input": body.get("to") or body.get("recipient")}
        if body.get("to"):
            contact["wa_id"] = body["to"].removeprefix("+")
        return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": wamid}]}

    def _recipient(self, body: Json) -> Phone | None:
        """`to` goes before `recipient`, as Meta documents it."""
        number = str(body.get("to", "")).removeprefix("+")
        for phone in self.phones.values():
            if phone.wa_id == number or (not number and phone.user_id == body.get("recipient")):
                return phone
        return None

    def _is_window_open(self, phone: Phone) -> bool:
        if phone.last_wrote_at is None:
            return False
        return self.now() + self.faults.skew_hours * 3600 < phone.last_wrote_at + WINDOW_SECONDS

    def _show(self, phone: Phone, wamid: str, body: Json) -> None:
        phone.typing_until = 0
        phone.bubbles.append(self._bubble(wamid, body))
        self.changed()

    def _bubble(self, wamid: str, body: Json) -> Bubble:
        bubble = Bubble(
            wamid, False, body["type"], "", self.now(), callback_data=body.get("biz_opaque_callback_data", "")
        )
        if body["type"] == "text":
            bubble.text = body["text"]["body"]
        elif body["type"] == "template":
            template = body["template"]
            known = self.templates[(template["name"], template["language"]["code"])]
            bubble.text = known.text(template_values(template))
        else:
            interactive = body["interactive"]
            action = interactive["action"]
            bubble.text = interactive["body"]["text"]
            bubble.buttons = [button["reply"] for button in action.get("buttons", [])]
            bubble.rows = [row for section in action.get("sections", []) for row in section["rows"]]
            bubble.list_button = action.get("button", "")
        return bubble

    def _report(self, wamid: str, body: Json, statuses: list[str], error: GraphError | None) -> None:
        if not self.faults.silent:
            self.postman.start(self._report_all(wamid, body, statuses, error))

    async def _report_all(self, wamid: str, body: Json, statuses: list[str], error: GraphError | None) -> None:
        for status in statuses:
            await asyncio.sleep(self._status_seconds)
            self.report(wamid, body, status, error)

    def report(self, wamid: str, body: Json, status: str, error: GraphError | None = None) -> None:
        """Post one status; the phone's ticks follow."""
        for phone in self.phones.values():
            bubble = phone.bubble(wamid)
            if bubble is not None and not bubble.mine:
                bubble.ticks = status
        recipient: dict[str, Any] = {}
        if body.get("to"):
            recipient["recipient_id"] = body["to"].removeprefix("+")
        if body.get("recipient"):
            recipient["recipient_user_id"] = body["recipient"]
        self.postman.post(
            status_value(
                phone_number_id=self.account.phone_number_id,
                wamid=wamid,
                status=status,
                at=self.now(),
                recipient=recipient,
                callback_data=body.get("biz_opaque_callback_data", ""),
                errors=[error.as_webhook()] if error else [],
            )
        )
        self.changed()
