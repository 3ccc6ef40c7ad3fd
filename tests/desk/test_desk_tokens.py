"""Who may read and write a conversation, and what is served beside it."""

from __future__ import annotations

import gzip
import json
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest
from django.core import signing
from django.test import AsyncClient

from desk.conversations.worker import Worker
from desk.database import in_database
from desk.web import services, tokens
from desk.web.services import visitor_open
from desk.web.tokens import Purpose
from tests.desk.fake_assistant import FakeAssistant
from tests.desk.test_desk_api import MESSAGES, send, visitor

pytestmark = pytest.mark.django_db(transaction=True)

HOUR = 3600
DAY = 24 * HOUR


PATHS = [
    ("GET", "messages"),
    ("POST", "messages"),
    ("GET", "stream"),
    ("POST", "language"),
    ("POST", "feedback"),
    ("POST", "contact"),
    ("DELETE", "data"),
]


class TestTokens:
    @pytest.mark.parametrize(
        "header",
        [
            "",
            "Bearer",
            "Bearer ",
            "Basic abc",
            "Bearer abc",
            "Bearer a.b.c",
            "Bearer \u00e9:\u00e9:\u00e9",
            "bearer",
        ],
    )
    async def test_without_one_nothing_is_read_or_written(self, api: AsyncClient, header: str) -> None:
        headers = {"Authorization": header} if header else {}
        for method, path in PATHS:
            response = await api.generic(method, f"/api/chat/{path}", b"{}", "application/json", headers=headers)
            assert response.status_code == 401, path
            assert response.headers["WWW-Authenticate"] == "Bearer"

    async def test_a_changed_token_is_refused(self, api: AsyncClient) -> None:
        good = (await visitor(api))["Authorization"]
        for place in range(len("Bearer "), len(good)):
            changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
            # The last character of base64 holds bits that mean nothing.
            if place < len(good) - 1:
                response = await api.get(MESSAGES, headers={"Authorization": changed})
                assert response.status_code == 401, changed

    async def test_a_token_signed_for_something_else_is_refused(self, api: AsyncClient) -> None:
        conversation, _ = await in_database(visitor_open)
        soon = int(time.time()) + 60
        for content in (
            conversation.pk,
            [conversation.pk],
            [conversation.pk, "1", soon],
            [conversation.pk, True, soon],
        ):
            for salt in ("django.core.signing", Purpose.ACCESS.value):
                token = signing.dumps(content, salt=salt)
                assert (await api.get(MESSAGES, headers=bearer(token))).status_code == 401
        good = signing.dumps([conversation.pk, 1, soon], salt=Purpose.ACCESS.value)
        assert (await api.get(MESSAGES, headers=bearer(good))).status_code == 200

    async def test_each_token_does_its_own_work_only(self, api: AsyncClient) -> None:
        tokens = await opened(api)
        assert (await api.get(MESSAGES, headers=bearer(tokens["renewal"]))).status_code == 401
        assert (await renew(api, tokens["token"])).status_code == 401

    async def test_one_sees_and_changes_only_ones_own_conversation(self, api: AsyncClient, worker: Worker) -> None:
        mine, other = await visitor(api), await visitor(api)
        await send(api, mine, {"client_id": "a", "text": "price?"})
        await worker.drain()
        theirs = (await api.get(MESSAGES, headers=mine)).json()["messages"]
        assert (await api.get(MESSAGES, headers=other)).json()["messages"] == []
        await api.post("/api/chat/language", {"language": "ar"}, "application/json", headers=other)
        await api.delete("/api/chat/data", headers=other)
        after = (await api.get(MESSAGES, headers=mine)).json()
        assert (after["messages"], after["conversation"]["language"]) == (theirs, None)


class TestRenewal:
    async def test_the_conversation_outlives_its_tokens(self, api: AsyncClient, clock: Clock) -> None:
        """Next hour, next day, next week: the same conversation, with ever new tokens."""
        tokens = await opened(api)
        await send(api, bearer(tokens["token"]), {"client_id": "a", "text": "hello"})
        for later in (HOUR, DAY, 7 * DAY, 60 * DAY):
            clock.now += later
            assert (await api.get(MESSAGES, headers=bearer(tokens["token"]))).status_code == 401
            renewed = await renew(api, tokens["renewal"])
            assert renewed.status_code == 200
            assert renewed.json()["expires_in"] == 30 * 60
            assert renewed.json()["renewal"] != tokens["renewal"]
            tokens = renewed.json()
            page = await api.get(MESSAGES, headers=bearer(tokens["token"]))
            assert [message["text"] for message in page.json()["messages"]] == ["hello"]

    async def test_nobody_returns_after_too_long(self, api: AsyncClient, clock: Clock) -> None:
        tokens = await opened(api)
        clock.now += 91 * DAY
        assert (await renew(api, tokens["renewal"])).status_code == 401

    async def test_old_tokens_end_once_the_new_ones_are_used(self, api: AsyncClient, clock: Clock) -> None:
        old = await opened(api)
        new = (await renew(api, old["renewal"])).json()
        assert (await api.get(MESSAGES, headers=bearer(old["token"]))).status_code == 200
        assert (await api.get(MESSAGES, headers=bearer(new["token"]))).status_code == 200
        assert (await api.get(MESSAGES, headers=bearer(old["token"]))).status_code == 200  # on its way meanwhile
        clock.now += services.GRACE.total_seconds() + 1
        assert (await api.get(MESSAGES, headers=bearer(old["token"]))).status_code == 401
        assert (await api.get(MESSAGES, headers=bearer(new["token"]))).status_code == 200

    async def test_a_lost_answer_locks_nobody_out(self, api: AsyncClient, clock: Clock) -> None:
        old = await opened(api)
        for _ in range(3):
            lost = await renew(api, old["renewal"])
            assert lost.status_code == 200
            clock.now += DAY
        again = (await renew(api, old["renewal"])).json()
        assert (await api.get(MESSAGES, headers=bearer(again["token"]))).status_code == 200

    async def test_two_tabs_may_renew_at_once(self, api: AsyncClient) -> None:
        old = await opened(api)
        first, second = [(await renew(api, old["renewal"])).json() for _ in range(2)]
        for pair in (first, second, first):
            assert (await api.get(MESSAGES, headers=bearer(pair["token"]))).status_code == 200
        late = await renew(api, old["renewal"])  # within the grace
        assert (await api.get(MESSAGES, headers=bearer(late.json()["token"]))).status_code == 200

    async def test_a_stolen_token_used_twice_ends_them_all(self, api: AsyncClient, clock: Clock) -> None:
        stolen = await opened(api)
        mine = (await renew(api, stolen["renewal"])).json()
        assert (await api.get(MESSAGES, headers=bearer(mine["token"]))).status_code == 200
        offered = (await renew(api, mine["renewal"])).json()
        clock.now += services.GRACE.total_seconds() + 1
        assert (await renew(api, stolen["renewal"])).status_code == 401
        for pair in (mine, offered):
            assert (await api.get(MESSAGES, headers=bearer(pair["token"]))).status_code == 401
            assert (await renew(api, pair["renewal"])).status_code == 401

    @pytest.mark.parametrize("body", [{}, {"renewal": None}, {"renewal": 1}, {"renewal": "a.b.c"}, {"renewal": ["x"]}])
    async def test_anything_else_renews_nothing(self, api: AsyncClient, body: Any) -> None:
        response = await api.post("/api/chat/token", json.dumps(body), content_type="application/json")
        assert (response.status_code, response.json()["code"]) == (401, "bad_token")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def opened(api: AsyncClient) -> dict[str, str]:
    response = await api.post("/api/chat/visitors", b"", content_type="application/json")
    tokens: dict[str, str] = response.json()
    return tokens


async def renew(api: AsyncClient, renewal: str) -> Any:
    return await api.post("/api/chat/token", {"renewal": renewal}, content_type="application/json")


@dataclass
class Clock:
    now: float


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time that passes when told to."""
    clock = Clock(time.time())
    monkeypatch.setattr(tokens, "time", lambda: clock.now)
    monkeypatch.setattr(services.timezone, "now", lambda: datetime.fromtimestamp(clock.now, timezone.utc))
    return clock


class TestHealth:
    async def test_the_process_is_up(self, api: AsyncClient) -> None:
        assert (await api.get("/healthz")).json() == {"ok": True}

    async def test_ready_with_everything(self, api: AsyncClient, worker: Worker) -> None:
        response = await api.get("/readyz")
        assert response.status_code == 200
        assert response.json() == {"ready": True, "assistant": "ok", "screen": "ok", "database": "ok"}

    async def test_degraded_without_actions(self, api: AsyncClient, worker: Worker, fake: FakeAssistant) -> None:
        fake.actions = "down"
        response = await api.get("/readyz")
        assert (response.status_code, response.json()["assistant"]) == (200, "degraded")

    async def test_not_ready_without_the_assistant(self, api: AsyncClient, worker: Worker, fake: FakeAssistant) -> None:
        fake.ready = False
        response = await api.get("/readyz")
        assert response.status_code == 503
        assert response.json()["assistant"] == "down"

    async def test_not_ready_without_the_screen(
        self, api: AsyncClient, worker: Worker, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("desk.screening.load_screen", lambda: 1 / 0)
        response = await api.get("/readyz")
        assert response.status_code == 503
        assert response.json()["screen"] == "failed"


async def test_security_headers_and_no_cookies(api: AsyncClient) -> None:
    for path in ("/healthz", "/", "/staff/login/", "/static/staff/staff.css"):
        headers = (await api.get(path)).headers
        assert "default-src 'self'" in headers["Content-Security-Policy"]
        assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("name", ["..", "../manage.py", "..%2fmanage.py", ".env", "nothing.js", "x.py", "demo.html/"])
async def test_only_the_widgets_own_files_are_served(api: AsyncClient, name: str) -> None:
    assert (await api.get(f"/widget/{name}")).status_code == 404


async def test_a_file_travels_compressed_and_only_when_it_changed(api: AsyncClient) -> None:
    plain = await api.get("/widget/derma-chat.js")
    packed = await api.get("/widget/derma-chat.js", headers={"Accept-Encoding": "br, gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert packed.headers["Vary"] == "Accept-Encoding"
    known = await api.get("/widget/derma-chat.js", headers={"If-None-Match": f'"x", W/{packed.headers["ETag"]}'})
    assert (known.status_code, known.content) == (304, b"")
    assert (await api.get("/widget/derma-chat.js", headers={"If-None-Match": '"x"'})).status_code == 200


async def test_the_widget_and_its_page_are_served(api: AsyncClient, settings: Any, tmp_path: Any) -> None:
    (tmp_path / "widget").mkdir()
    (tmp_path / "widget" / "derma-chat.js").write_text("customElements")
    (tmp_path / "widget" / "demo.html").write_text("<!doctype html>")
    settings.BASE_DIR = tmp_path
    script = await api.get("/widget/derma-chat.js")
    assert script.status_code == 200
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert (await api.get("/")).content == b"<!doctype html>"
