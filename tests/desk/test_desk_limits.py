"""Who may use the chat from where, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.test import AsyncClient, RequestFactory

from desk.addresses import client_address
from desk.environment import ConfigurationError, read_environment
from desk.web import rates
from desk.web.rates import Bucket
from tests.desk.test_desk_api import MESSAGES, send, visitor

pytestmark = pytest.mark.django_db(transaction=True)

SITE = "https://www.clinic.example"


@pytest.fixture(autouse=True)
def counted_anew() -> Iterator[None]:
    yield
    rates.forget()


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class TestBucket:
    def test_a_burst_passes_and_then_one_at_the_even_pace(self) -> None:
        clock = Clock()
        bucket = Bucket(3, 60, clock)
        assert [bucket.take("a") for _ in range(3)] == [0, 0, 0]
        assert bucket.take("a") == pytest.approx(20)
        assert bucket.take("b") == 0
        clock.now += 19
        assert bucket.take("a") == pytest.approx(1)
        clock.now += 1
        assert (bucket.take("a"), bucket.take("a") > 0) == (0, True)

    def test_being_refused_costs_nothing(self) -> None:
        clock = Clock()
        bucket = Bucket(1, 10, clock)
        bucket.take("a")
        assert {round(bucket.take("a"), 6) for _ in range(50)} == {10}
        clock.now += 10
        assert bucket.take("a") == 0

    def test_nought_is_no_limit(self) -> None:
        bucket = Bucket(0, 60, Clock())
        assert {bucket.take("a") for _ in range(1000)} == {0}

    def test_old_keys_are_forgotten(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rates, "SWEEP_AT", 10)
        clock = Clock()
        bucket = Bucket(1, 10, clock)
        for number in range(100):
            clock.now += 11
            bucket.take(str(number))
        assert len(bucket._used_until) <= 10


class TestRates:
    async def test_one_visitor_writes_so_often_and_no_more(self, api: AsyncClient, settings: Any) -> None:
        settings.RATE_VISITOR_MESSAGES = 3
        rates.forget()
        headers, other = await visitor(api), await visitor(api)
        for number in range(3):
            assert (await send(api, headers, {"client_id": f"a{number}", "text": "hi"})).status_code == 202
        refused = await send(api, headers, {"client_id": "b", "text": "hi"})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many")
        assert refused.headers["Retry-After"] == "20"
        assert "20 seconds" in refused.json()["error"]
        assert (await send(api, other, {"client_id": "a", "text": "hi"})).status_code == 202
        assert (await api.get(MESSAGES, headers=headers)).status_code == 200

    async def test_one_address_makes_so_many_visitors(self, api: AsyncClient, settings: Any) -> None:
        settings.RATE_ADDRESS_VISITORS = 2
        rates.forget()
        settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)
        assert [await open_from(api, "192.0.2.1") for _ in range(3)] == [201, 201, 429]
        assert await open_from(api, "192.0.2.2") == 201

    async def test_one_address_asks_so_often(self, api: AsyncClient, settings: Any) -> None:
        settings.RATE_ADDRESS_REQUESTS = 2
        rates.forget()
        asked = [(await api.get(MESSAGES)).status_code for _ in range(3)]
        assert asked == [401, 401, 429]
        assert (await api.get("/healthz")).status_code == 200

    async def test_one_ipv6_household_is_one_address(self, api: AsyncClient, settings: Any) -> None:
        settings.RATE_ADDRESS_VISITORS = 1
        rates.forget()
        addresses = ["2001:db8:1:1::5", "2001:db8:1:1:ffff::9", "2001:db8:1:2::5"]
        settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)
        assert [await open_from(api, each) for each in addresses] == [201, 429, 201]


async def open_visitor(api: AsyncClient, *, headers: dict[str, str] | None = None) -> Any:
    return await api.post("/api/chat/visitors", b"", content_type="application/json", headers=headers)


async def open_from(api: AsyncClient, address: str) -> int:
    """Open a visitor from an address, as our proxy reports it."""
    return int((await open_visitor(api, headers={"X-Forwarded-For": address})).status_code)


class TestAddresses:
    @pytest.mark.parametrize(
        ("peer", "forwarded", "found"),
        [
            ("203.0.113.7", "", "203.0.113.7"),
            ("203.0.113.7", "198.51.100.1", "203.0.113.7"),  # nobody we know says so
            ("10.0.0.2", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.2", "6.6.6.6, 198.51.100.1", "198.51.100.1"),  # what the client itself claims comes first
            ("10.0.0.2", "6.6.6.6, 198.51.100.1, 10.0.0.9", "198.51.100.1"),  # two of our proxies
            ("10.0.0.2", "10.0.0.3", "10.0.0.3"),
            ("10.0.0.2", "", "10.0.0.2"),
            ("10.0.0.2", "198.51.100.1, nonsense", "10.0.0.2"),
            ("::ffff:10.0.0.2", "2001:db8::1", "2001:db8::1"),
            ("", "198.51.100.1", None),
        ],
    )
    def test_only_our_proxies_are_believed(self, settings: Any, peer: str, forwarded: str, found: str | None) -> None:
        settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"),)
        headers = {"X-Forwarded-For": forwarded} if forwarded else {}
        request = RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer)
        assert client_address(request) == found


class TestOrigins:
    @pytest.fixture(autouse=True)
    def one_site(self, settings: Any) -> None:
        settings.WIDGET_ORIGINS = (SITE,)

    @pytest.mark.parametrize(
        ("path", "methods"),
        [
            ("messages", "GET, POST"),
            ("visitors", "POST"),
            ("token", "POST"),
            ("stream", "GET"),
            ("feedback", "POST"),
            ("contact", "POST"),
            ("language", "POST"),
            ("data", "DELETE"),
        ],
    )
    async def test_a_configured_site_may_ask(self, api: AsyncClient, path: str, methods: str) -> None:
        headers = {"Origin": SITE, "Access-Control-Request-Method": methods.split(", ")[-1]}
        answer = await api.options(f"/api/chat/{path}", headers=headers)
        assert answer.status_code == 204
        assert answer.headers["Access-Control-Allow-Origin"] == SITE
        assert answer.headers["Access-Control-Allow-Methods"] == methods
        assert answer.headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type, Last-Event-ID"
        assert answer.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Credentials" not in answer.headers

    async def test_a_configured_site_may_read(self, api: AsyncClient) -> None:
        made = await open_visitor(api, headers={"Origin": SITE})
        assert made.headers["Access-Control-Allow-Origin"] == SITE
        assert made.headers["Access-Control-Expose-Headers"] == "Retry-After"
        refused = await api.get(MESSAGES, headers={"Origin": SITE})
        assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (401, SITE)

    @pytest.mark.parametrize(
        "origin", ["https://elsewhere.example", "null", f"{SITE}.evil.example", "http://www.clinic.example"]
    )
    async def test_any_other_may_not(self, api: AsyncClient, origin: str) -> None:
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        preflight = await api.options("/api/chat/visitors", headers=headers)
        made = await open_visitor(api, headers={"Origin": origin})
        for answer in (preflight, made):
            assert (answer.status_code, answer.json()["code"]) == (403, "origin")
            assert "Access-Control-Allow-Origin" not in answer.headers

    async def test_the_desks_own_page_needs_no_setting(self, api: AsyncClient) -> None:
        assert (await open_visitor(api, headers={"Origin": "http://testserver"})).status_code == 201

    async def test_any_page_may_load_the_widget(self, api: AsyncClient) -> None:
        script = await api.get("/widget/derma-chat.js", headers={"Origin": "https://elsewhere.example"})
        assert script.headers["Access-Control-Allow-Origin"] == "*"


class TestSettings:
    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("WIDGET_ORIGINS", "www.clinic.example"),
            ("WIDGET_ORIGINS", "https://www.clinic.example/chat"),
            ("WIDGET_ORIGINS", "*"),
            ("TRUSTED_PROXIES", "proxy.clinic.example"),
            ("TRUSTED_PROXIES", "10.0.0.1/8"),
            ("RATE_VISITOR_MESSAGES", "-1"),
            ("VISITOR_TOKEN_MINUTES", "0"),
            ("VISITOR_RETURN_DAYS", "٩٠"),
        ],
    )
    def test_a_wrong_one_is_named(self, tmp_path: Path, name: str, value: str) -> None:
        with pytest.raises(ConfigurationError, match=name):
            read_environment({name: value}, tmp_path)

    def test_lists_are_read(self, tmp_path: Path) -> None:
        given = {"WIDGET_ORIGINS": f"{SITE}/, HTTP://Localhost:8100", "TRUSTED_PROXIES": "10.0.0.0/8,::1"}
        environment = read_environment(given, tmp_path)
        assert environment.widget_origins == (SITE, "http://localhost:8100")
        assert environment.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))
