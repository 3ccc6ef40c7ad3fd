"""What patients may do besides writing: rate an answer, leave a number to call, erase everything."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.test import AsyncClient

from desk.conversations.models import ChannelIdentity, Message, Person
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff
from desk.staff.models import AuditEntry
from tests.desk.fake_assistant import FakeAssistant
from tests.desk.test_desk_api import MESSAGES, send, visitor

pytestmark = pytest.mark.django_db(transaction=True)


async def answered(api: AsyncClient, worker: Worker, headers: dict[str, str], text: str = "price?") -> Any:
    """Ask, and return the answer as the API gives it."""
    await send(api, headers, {"client_id": "asked", "text": text})
    await worker.drain()
    return (await api.get(MESSAGES, headers=headers)).json()["messages"][-1]


class TestFeedback:
    async def test_a_thumb_can_be_given_changed_and_taken_back(self, api: AsyncClient, worker: Worker) -> None:
        headers = await visitor(api)
        answer = await answered(api, worker, headers)
        assert (answer["rateable"], answer["feedback"]) == (True, None)
        for feedback in (1, -1, None):
            given = await rate(api, headers, {"message": answer["id"], "feedback": feedback})
            assert given.json() == {"message": answer["id"], "feedback": feedback}
            read = (await api.get(MESSAGES, headers=headers)).json()["messages"][-1]
            assert read["feedback"] == feedback

    async def test_only_answers_of_ones_own_conversation(self, api: AsyncClient, worker: Worker) -> None:
        headers, other = await visitor(api), await visitor(api)
        answer = await answered(api, worker, headers)
        assert (await rate(api, other, {"message": answer["id"], "feedback": 1})).status_code == 404
        own = await Message.objects.aget(author="patient")
        assert (await rate(api, headers, {"message": own.pk, "feedback": 1})).status_code == 404
        clarify = await answered(api, worker, other, "hmm")
        assert clarify["rateable"] is False
        assert (await rate(api, other, {"message": clarify["id"], "feedback": 1})).status_code == 404
        assert not await Message.objects.filter(feedback__isnull=False).aexists()

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"feedback": 1},
            {"message": "m"},
            {"message": 1, "feedback": 1},
            {"message": "m" * 41, "feedback": 1},
            *({"message": "m", "feedback": wrong} for wrong in (0, 2, "1", True, [1], {})),
        ],
    )
    async def test_anything_else_is_refused(self, api: AsyncClient, body: Any) -> None:
        assert (await rate(api, await visitor(api), body)).status_code == 400


async def rate(api: AsyncClient, headers: dict[str, str], body: Any) -> Any:
    return await api.post("/api/chat/feedback", json.dumps(body), content_type="application/json", headers=headers)


class TestContact:
    @pytest.mark.parametrize("phone", ["0501234567", "٠٥٠١٢٣٤٥٦٧", "+966 50 123 4567", "00966501234567"])
    async def test_a_number_is_kept_while_staff_have_the_conversation(
        self, api: AsyncClient, worker: Worker, phone: str
    ) -> None:
        headers = await visitor(api)
        await answered(api, worker, headers, "I am pregnant")
        given = await leave(api, headers, {"phone": phone})
        assert given.status_code == 200
        told = given.json()["conversation"]["handoff"]
        assert (told["contact"], told["phone_ends"]) == ("given", "567")
        assert (await Handoff.objects.aget()).contact_phone == "+966501234567"

    async def test_no_thanks_forgets_the_number(self, api: AsyncClient, worker: Worker) -> None:
        headers = await visitor(api)
        await answered(api, worker, headers, "I am pregnant")
        await leave(api, headers, {"phone": "0501234567"})
        declined = await leave(api, headers, {"phone": None})
        assert declined.json()["conversation"]["handoff"]["contact"] == "declined"
        assert (await Handoff.objects.aget()).contact_phone == ""

    @pytest.mark.parametrize("phone", ["", "hello", "123", "997", "05012345678901", "0" * 41, 5, ["0501234567"], {}])
    async def test_what_cannot_be_called_is_refused(self, api: AsyncClient, worker: Worker, phone: Any) -> None:
        headers = await visitor(api)
        await answered(api, worker, headers, "I am pregnant")
        refused = await leave(api, headers, {"phone": phone})
        assert (refused.status_code, refused.json()["code"]) == (400, "phone")

    async def test_without_a_handoff_there_is_nobody_to_call(self, api: AsyncClient) -> None:
        refused = await leave(api, await visitor(api), {"phone": "0501234567"})
        assert (refused.status_code, refused.json()["code"]) == (409, "closed")
        assert (await leave(api, await visitor(api), {})).status_code == 400


async def leave(api: AsyncClient, headers: dict[str, str], body: Any) -> Any:
    return await api.post("/api/chat/contact", json.dumps(body), content_type="application/json", headers=headers)


class TestErasure:
    async def test_everything_goes_but_that_it_went(self, api: AsyncClient, worker: Worker) -> None:
        headers, other = await visitor(api), await visitor(api)
        await answered(api, worker, headers, "I am pregnant")
        await leave(api, headers, {"phone": "0501234567"})
        await answered(api, worker, other, "price?")
        message = await Message.objects.select_related("conversation").aget(text="I am pregnant")
        conversation = message.conversation
        kept = await Message.objects.filter(conversation=conversation).acount()
        erased = await api.delete("/api/chat/data", headers=headers)
        assert erased.json() == {"erased": True}
        assert not await Handoff.objects.aexists()
        assert not await Person.objects.filter(pk=conversation.person_id).aexists()
        assert not await ChannelIdentity.objects.filter(person_id=conversation.person_id).aexists()
        assert not await Message.objects.filter(conversation_id=conversation.pk).aexists()
        assert await Message.objects.acount() == 2  # the other visitor's
        entry = await AuditEntry.objects.aget()
        assert (entry.action, entry.conversation_id, entry.actor_id, entry.address) == (
            "person_erased", conversation.pk, None, None,
        )  # fmt: skip
        assert entry.details == {"messages": kept, "handoffs": 1, "by": "patient"}

    async def test_the_token_opens_nothing_afterwards(self, api: AsyncClient) -> None:
        tokens = (await api.post("/api/chat/visitors", b"", content_type="application/json")).json()
        headers = {"Authorization": f"Bearer {tokens['token']}"}
        await api.delete("/api/chat/data", headers=headers)
        assert (await api.get(MESSAGES, headers=headers)).status_code == 401
        assert (await api.delete("/api/chat/data", headers=headers)).status_code == 401
        renewed = await api.post("/api/chat/token", {"renewal": tokens["renewal"]}, content_type="application/json")
        assert renewed.status_code == 401

    async def test_a_message_still_to_be_answered_goes_too(
        self, api: AsyncClient, worker: Worker, fake: FakeAssistant
    ) -> None:
        headers = await visitor(api)
        fake.hold = asyncio.Event()
        await send(api, headers, {"client_id": "a", "text": "price?"})
        working = asyncio.create_task(worker.drain())
        while not fake.calls:
            await asyncio.sleep(0.01)
        await api.delete("/api/chat/data", headers=headers)
        fake.hold.set()
        await asyncio.wait_for(working, 10)
        assert not await Message.objects.aexists()
        assert not await Handoff.objects.aexists()
