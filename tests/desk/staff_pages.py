"""What the tests of the staff's and the reviewers' pages share: a patient who needs staff, and pages as shown."""

from __future__ import annotations

import asyncio
from typing import Any

from django.test import Client

from desk.conversations import services
from desk.conversations.models import Channel
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff
from tests.desk.conftest import receive

HTMX = {"HX-Request": "true"}


def handoff_for(text: str, worker: Worker, channel: Channel = Channel.WEB) -> Handoff:
    conversation = services.conversation_open(channel=channel)
    receive(conversation, text)
    asyncio.run(worker.drain())
    return Handoff.objects.get(conversation=conversation)


def shown(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def page_of(client: Client, handoff: Handoff) -> str:
    return shown(client, f"/staff/conversations/{handoff.conversation_id}/")


def body_of(response: Any) -> str:
    assert response.status_code == 200, response.status_code
    return str(response.content.decode())
