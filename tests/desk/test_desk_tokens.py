"""Who may read and write a conversation, and what is served beside it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import signing
from django.test import AsyncClient

from desk.conversations import services
from desk.conversations.models import Channel, Conversation
from desk.conversations.worker import Worker
from desk.web import tokens
from tests.desk.fake_assistant import FakeAssistant
from tests.desk.test_desk_api import MESSAGES, send, visitor

pytestmark = pytest.mark.django_db(transaction=True)


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
        for path in (MESSAGES, "/api/chat/stream"):
            response = await api.get(path, headers=headers)
            assert response.status_code == 401
            assert response.headers["WWW-Authenticate"] == "Bearer"
        assert (await send(api, headers, {"client_id": "a", "text": "hi"})).status_code == 401
        language = await api.post("/api/chat/language", {"language": "ar"}, "application/json", headers=headers)
        assert language.status_code == 401

    async def test_a_changed_token_is_refused(self, api: AsyncClient) -> None:
        good = (await visitor(api))["Authorization"]
        for place in range(len("Bearer "), len(good)):
            changed = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
            # The last character of base64 holds bits that mean nothing.
            if place < len(good) - 1:
                response = await api.get(MESSAGES, headers={"Authorization": changed})
                assert response.status_code == 401, changed

    async def test_a_token_signed_for_something_else_is_refused(self, api: AsyncClient) -> None:
        conversation = await services_open()
        for token in (signing.dumps(conversation.pk), signing.dumps([conversation.pk], salt=tokens.SALT)):
            response = await api.get(MESSAGES, headers={"Authorization": f"Bearer {token}"})
            assert response.status_code == 401

    async def test_an_old_token_is_refused(self, api: AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        headers = await visitor(api)
        monkeypatch.setattr("django.core.signing.time.time", lambda: 4_000_000_000.0)
        assert (await api.get(MESSAGES, headers=headers)).status_code == 401

    async def test_one_sees_only_ones_own_conversation(self, api: AsyncClient) -> None:
        mine, other = await visitor(api), await visitor(api)
        await send(api, mine, {"client_id": "a", "text": "private"})
        assert (await api.get(MESSAGES, headers=other)).json()["messages"] == []


async def services_open() -> Conversation:
    return await Conversation.objects.aget(pk=(await _open()).pk)


async def _open() -> Conversation:
    from desk.database import in_database

    return await in_database(services.conversation_open, channel=Channel.WEB)


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


async def test_the_widget_and_its_page_are_served(api: AsyncClient, settings: Any, tmp_path: Any) -> None:
    (tmp_path / "widget").mkdir()
    (tmp_path / "widget" / "derma-chat.js").write_text("customElements")
    (tmp_path / "widget" / "demo.html").write_text("<!doctype html>")
    settings.BASE_DIR = tmp_path
    script = await api.get("/widget/derma-chat.js")
    assert script.status_code == 200
    assert script.headers["Content-Type"].startswith("text/javascript")
    assert (await api.get("/")).content == b"<!doctype html>"
