"""The desk's WhatsApp channel with the real webhook, worker, outbox and sender, towards the simulator in process."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import AsyncClient

from desk.asgi import limited_application
from desk.channels import registry
from desk.conversations.models import Channel
from desk.conversations.outbox import Outbox
from desk.conversations.worker import Worker
from desk.environment import WhatsAppSettings
from desk.whatsapp.graph import GraphClient
from desk.whatsapp.sender import WhatsAppSender
from desk.whatsapp.signature import signature_of
from simulator.__main__ import templates_in
from simulator.application import Simulator
from simulator.cloud import Account, Cloud
from simulator.phones import Phone
from tests.desk.conftest import (  # noqa: F401 (fixtures)
    django_db_setup,
    fake,
    no_connection_left,
    quick_and_known,
    staff,
    staff_client,
    worker,
)
from tests.whatsapp.payloads import PHONE_NUMBER_ID

SETTINGS = WhatsAppSettings(
    phone_number_id=PHONE_NUMBER_ID,
    access_token="token-of-whatsapp",
    app_secret="secret-of-the-app",
    verify_token="token-to-verify",
    api_version="v26.0",
    graph_url="http://graph",
)
WEBHOOK = "/webhooks/whatsapp"
TEMPLATES = Path(__file__).resolve().parents[2] / "desk/whatsapp/message_templates.yml"


@pytest.fixture
def whatsapp(settings: Any, transactional_db: None) -> WhatsAppSettings:
    settings.WHATSAPP = SETTINGS
    return SETTINGS


@pytest.fixture
def post(whatsapp: WhatsAppSettings) -> Any:
    """Post a body to the webhook as Meta does; returns the status."""

    async def send(body: Any, *, signature: str | None = None, raw: bytes | None = None) -> int:
        content = json.dumps(body).encode() if raw is None else raw
        header = signature_of(content, SETTINGS.app_secret) if signature is None else signature
        response = await AsyncClient().post(
            WEBHOOK, data=content, content_type="application/json", headers={"X-Hub-Signature-256": header}
        )
        return int(response.status_code)

    return send


class Line:
    """Patients on simulated phones, and the desk's own machinery to answer them."""

    def __init__(self, cloud: Cloud, desk_worker: Worker, graph: GraphClient) -> None:
        self.cloud = cloud
        self.worker = desk_worker
        self.graph = graph

    def phone(self, name: str = "Nora", **options: Any) -> Phone:
        return self.cloud.patients.add(name, **options)

    async def settle(self) -> None:
        """Let everything that is on its way arrive, be answered and be reported."""
        for _ in range(3):
            await self.cloud.postman.settle()
            await self.worker.drain()
            await Outbox().drain()
        await self.cloud.postman.settle()

    async def say(self, phone: Phone, text: str) -> str:
        """Write a text; returns the bubble that answers it, or an empty text."""
        self.cloud.patients.write(phone, text)
        await self.settle()
        return "" if phone.bubbles[-1].mine else phone.bubbles[-1].text


@pytest.fixture
async def line(whatsapp: WhatsAppSettings, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: F811
    monkeypatch.setattr("desk.conversations.takes.THOUGHT", timedelta(0))
    account = Account(PHONE_NUMBER_ID, SETTINGS.access_token, SETTINGS.app_secret, f"http://testserver{WEBHOOK}")
    cloud = Cloud(
        account,
        templates=templates_in(TEMPLATES),
        status_seconds=0,
        transport=httpx.ASGITransport(app=limited_application),
        seed=11,
    )
    graph = GraphClient(SETTINGS, transport=httpx.ASGITransport(app=Simulator(cloud)))
    registry.register(Channel.WHATSAPP, lambda: WhatsAppSender(graph))
    yield Line(cloud, worker, graph)
    await cloud.postman.close()
    await graph.close()
    registry._makers.pop(Channel.WHATSAPP)
    registry._senders.pop(Channel.WHATSAPP, None)
