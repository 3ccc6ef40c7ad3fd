"""The simulator keeps to the Cloud API's contract: limits, token, window, rates, errors, signatures."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from desk.whatsapp.signature import is_signed
from simulator.application import Simulator
from simulator.cloud import Account, Cloud
from simulator.phones import Phone
from simulator.requests import Template

NUMBER_ID, TOKEN, SECRET = "106540352242922", "token", "secret"
PATH = f"/v26.0/{NUMBER_ID}/messages"
TEMPLATES = {("hello", "ar"): Template("hello", "ar", "مرحباً {{1}}")}


class Webhook:
    """The business's side: keeps what is posted; `statuses` are its next answers."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.signed: list[bool] = []
        self.answers: list[int] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        raw = (await receive())["body"]
        header = dict(scope["headers"]).get(b"x-hub-signature-256", b"").decode()
        self.signed.append(is_signed(raw, header, SECRET))
        self.bodies.append(json.loads(raw))
        await send(
            {"type": "http.response.start", "status": self.answers.pop(0) if self.answers else 200, "headers": []}
        )
        await send({"type": "http.response.body", "body": b""})

    def values(self) -> list[dict[str, Any]]:
        return [change["value"] for body in self.bodies for entry in body["entry"] for change in entry["changes"]]

    def statuses(self) -> list[str]:
        return [status["status"] for value in self.values() for status in value.get("statuses", ())]

    def messages(self) -> list[dict[str, Any]]:
        return [message for value in self.values() for message in value.get("messages", ())]


@pytest.fixture
def webhook() -> Webhook:
    return Webhook()


@pytest.fixture
def clock() -> list[float]:
    return [1_790_000_000.0]


@pytest.fixture
async def cloud(webhook: Webhook, clock: list[float]) -> Cloud:
    account = Account(NUMBER_ID, TOKEN, SECRET, "http://desk/webhooks/whatsapp")
    transport = httpx.ASGITransport(app=webhook)
    return Cloud(account, templates=TEMPLATES, clock=lambda: clock[0], status_seconds=0, transport=transport, seed=7)


@pytest.fixture
async def phone(cloud: Cloud) -> Phone:
    phone = cloud.patients.add("Nora")
    cloud.patients.write(phone, "hello")
    await cloud.postman.settle()
    return phone


@pytest.fixture
async def graph(cloud: Cloud) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=Simulator(cloud))
    return httpx.AsyncClient(transport=transport, base_url="http://graph", headers={"Authorization": f"Bearer {TOKEN}"})


def text(phone: Phone, words: str = "hi", **more: Any) -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": phone.wa_id, "type": "text", "text": {"body": words}, **more}


def code_of(response: httpx.Response) -> int:
    return int(response.json()["error"]["code"])


async def test_a_message_goes_out_with_its_statuses(
    cloud: Cloud, graph: httpx.AsyncClient, phone: Phone, webhook: Webhook
) -> None:
    cloud.reads = True
    response = await graph.post(PATH, json=text(phone, biz_opaque_callback_data="m_1"))
    await cloud.postman.settle()
    assert response.json()["messages"][0]["id"] == phone.bubbles[-1].wamid
    assert webhook.statuses() == ["sent", "delivered", "read"]
    assert phone.bubbles[-1].ticks == "read"
    assert all(webhook.signed)
    assert webhook.values()[-1]["statuses"][0]["biz_opaque_callback_data"] == "m_1"


async def test_a_wrong_token_number_version_or_field_is_refused(graph: httpx.AsyncClient, phone: Phone) -> None:
    wrong = {"Authorization": "Bearer other"}
    assert code_of(await graph.post(PATH, json=text(phone), headers=wrong)) == 190
    assert code_of(await graph.post("/v26.0/1/messages", json=text(phone))) == 100
    assert code_of(await graph.post(PATH.replace("26", "19"), json=text(phone))) == 2635
    assert code_of(await graph.post(PATH, json=text(phone, colour="red"))) == 100
    assert code_of(await graph.post(PATH, content=b"nonsense")) == 100
    assert code_of(await graph.post(PATH, json=text(phone) | {"type": "carousel"})) == 131051


@pytest.mark.parametrize(
    "interactive",
    [
        {"type": "button", "body": {"text": "x" * 1025}, "action": {"buttons": []}},
        {"type": "button", "body": {"text": "x"}, "action": {"buttons": []}},
        {"type": "list", "body": {"text": "x"}, "action": {"button": "x" * 21, "sections": [{"rows": []}]}},
    ],
)
async def test_wrong_interactive_messages_are_refused(
    graph: httpx.AsyncClient, phone: Phone, interactive: dict[str, Any]
) -> None:
    body = {**text(phone), "type": "interactive", "interactive": interactive}
    del body["text"]
    assert (await graph.post(PATH, json=body)).status_code == 400


async def test_the_window_closes_after_24_hours_and_templates_still_go(
    cloud: Cloud, graph: httpx.AsyncClient, phone: Phone, webhook: Webhook
) -> None:
    cloud.faults.skew_hours = 25
    assert (await graph.post(PATH, json=text(phone))).status_code == 200
    await cloud.postman.settle()
    assert webhook.values()[-1]["statuses"][0]["errors"][0]["code"] == 131047
    cloud.faults.refuse_window_at_once = True
    assert code_of(await graph.post(PATH, json=text(phone))) == 131047
    template = {"name": "hello", "language": {"code": "ar"}}
    body = {"messaging_product": "whatsapp", "to": phone.wa_id, "type": "template", "template": template}
    assert code_of(await graph.post(PATH, json=body)) == 132000
    parameters = [{"type": "text", "text": "نورة"}]
    template["components"] = [{"type": "body", "parameters": parameters}]
    assert (await graph.post(PATH, json=body)).status_code == 200
    assert phone.bubbles[-1].text == "مرحباً نورة"
    template["name"] = "other"
    assert code_of(await graph.post(PATH, json=body)) == 132001


async def test_rates_per_pair_and_per_number(
    cloud: Cloud, graph: httpx.AsyncClient, phone: Phone, clock: list[float]
) -> None:
    codes = [(await graph.post(PATH, json=text(phone))).status_code for _ in range(46)]
    assert codes.count(200) == 45
    assert code_of(await graph.post(PATH, json=text(phone))) == 131056
    clock[0] += 6
    assert (await graph.post(PATH, json=text(phone))).status_code == 200
    clock[0] += 60
    others = [cloud.patients.add(f"P{n}") for n in range(90)]
    for other in others:
        other.last_wrote_at = clock[0]
    results = [await graph.post(PATH, json=text(other)) for other in others]
    assert {code_of(result) for result in results if result.status_code != 200} == {130429}
    assert sum(result.status_code == 200 for result in results) == 80


async def test_an_unknown_recipient_fails_afterwards(
    cloud: Cloud, graph: httpx.AsyncClient, phone: Phone, webhook: Webhook
) -> None:
    phone.wa_id = "966500009999"
    assert (await graph.post(PATH, json=text(phone) | {"to": "966511111111"})).status_code == 200
    await cloud.postman.settle()
    assert webhook.values()[-1]["statuses"][0]["errors"][0]["code"] == 131026


async def test_read_and_typing(graph: httpx.AsyncClient, cloud: Cloud, phone: Phone) -> None:
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": phone.bubbles[0].wamid}
    assert (await graph.post(PATH, json={**read, "typing_indicator": {"type": "text"}})).json() == {"success": True}
    assert phone.bubbles[0].ticks == "read"
    assert phone.as_json(cloud.now())["typing"] is True
    assert phone.as_json(cloud.now() + 26)["typing"] is False
    assert code_of(await graph.post(PATH, json={**read, "message_id": "wamid.NONE"})) == 131009


async def test_media_need_the_token_twice(graph: httpx.AsyncClient) -> None:
    described = (await graph.get("/v26.0/sample-image")).json()
    assert described["mime_type"] == "image/png"
    content = (await graph.get(described["url"])).content
    assert content.startswith(b"\x89PNG")
    assert len(content) == described["file_size"]
    refused = await graph.get(described["url"], headers={"Authorization": ""})
    assert refused.status_code == 401
    assert code_of(await graph.get("/v26.0/123")) == 100


async def test_posts_come_again_until_they_are_acknowledged(
    cloud: Cloud, webhook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("simulator.postman.RETRY_SECONDS", (0, 0, 0))
    webhook.answers = [503, 500]
    cloud.patients.write(cloud.patients.add("Sarah"), "hello")
    await cloud.postman.settle()
    assert len(webhook.bodies) == 3
    assert cloud.postman.tally.acknowledged == 1


async def test_duplicates_and_batches(cloud: Cloud, phone: Phone, webhook: Webhook) -> None:
    webhook.bodies.clear()
    cloud.faults.duplicate_percent = 100
    cloud.patients.write(phone, "again")
    await cloud.postman.settle()
    assert len({message["id"] for message in webhook.messages()}) == 1
    assert len(webhook.bodies) == 2
    webhook.bodies.clear()
    cloud.faults.batch = True
    for word in ("one", "two", "three"):
        cloud.patients.write(phone, word)
    await cloud.postman.settle()
    assert len(webhook.bodies) == 1
    assert [message["text"]["body"] for message in webhook.messages()] == ["one", "two", "three"]


async def test_ordered_failures_and_lost_answers(cloud: Cloud, graph: httpx.AsyncClient, phone: Phone) -> None:
    cloud.faults.change({"fail_code": 131000, "fail_times": 1, "lose_answers": 1})
    assert code_of(await graph.post(PATH, json=text(phone))) == 131000
    before = len(phone.bubbles)
    with pytest.raises(Exception, match="lost"):
        await graph.post(PATH, json=text(phone))
    assert len(phone.bubbles) == before + 1
    assert (await graph.post(PATH, json=text(phone))).status_code == 200


async def test_a_patient_with_a_username_is_reached_by_user_id(
    cloud: Cloud, graph: httpx.AsyncClient, webhook: Webhook
) -> None:
    phone = cloud.patients.add("Layan", shares_number=False)
    cloud.patients.write(phone, "hello")
    await cloud.postman.settle()
    assert "from" not in webhook.messages()[0]
    assert webhook.messages()[0]["from_user_id"] == phone.user_id
    body = text(phone)
    del body["to"]
    assert (await graph.post(PATH, json={**body, "recipient": phone.user_id})).status_code == 200
    assert phone.bubbles[-1].text == "hi"


async def test_the_page_and_its_calls(cloud: Cloud, graph: httpx.AsyncClient, phone: Phone) -> None:
    assert "<!doctype html>" in (await graph.get("/")).text
    assert (await graph.get("/page.js")).headers["content-type"].startswith("text/javascript")
    assert (await graph.get("/../cloud.py")).status_code == 404
    await graph.post("/api/phones", json={"name": "Reem"})
    await graph.post("/api/faults", json={"duplicate_percent": 10, "reads": True, "unknown": 1})
    for act in (
        {"act": "write", "text": "مرحبا"},
        {"act": "media", "kind": "image", "caption": "هنا"},
        {"act": "other", "kind": "hologram"},
        {"act": "change_number"},
    ):
        assert (await graph.post(f"/api/phones/{phone.id}", json=act)).json() == {"ok": True}
    assert (await graph.post(f"/api/phones/{phone.id}", json={"act": "fly"})).status_code == 400
    state = (await graph.get("/api/state")).json()
    assert [each["name"] for each in state["phones"]] == ["Nora", "Reem"]
    assert state["faults"]["duplicate_percent"] == 10
    assert [bubble["type"] for bubble in state["phones"][0]["bubbles"]] == ["text", "text", "image", "hologram"]
