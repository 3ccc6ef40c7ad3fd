"""The webhook: only what Meta signed, acknowledged once it is stored, each message once."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from django.db import OperationalError
from django.test import AsyncClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.conversations.models import ChannelIdentity, Conversation, EarlyReport, Kind, Message, Person
from desk.database import in_database
from desk.web.limits import MAX_WEBHOOK_BYTES
from desk.whatsapp import intake
from desk.whatsapp.payload import read_body
from desk.whatsapp.signature import signature_of
from desk.whatsapp.store import events_store
from tests.whatsapp import payloads
from tests.whatsapp.conftest import SETTINGS, WEBHOOK, Line
from tests.whatsapp.payloads import ALL_BODIES, CONTENTS, PHONE_NUMBER_ID, body, message, text

ARABIC_HEADER = "التوقيع".encode().decode("latin-1")
"""As bytes of UTF-8 arrive in a header."""

pytestmark = pytest.mark.django_db(transaction=True)


async def stored() -> list[Message]:
    return await in_database(lambda: list(Message.objects.select_related("conversation").order_by("sequence")))


async def count(model: Any) -> int:
    return int(await in_database(model.objects.count))


async def verify(**parameters: str) -> tuple[int, str]:
    given = {f"hub.{name}": value for name, value in parameters.items()}
    response = await AsyncClient().get(WEBHOOK, given)
    return response.status_code, response.content.decode()


async def test_meta_verifies_the_address(whatsapp: Any) -> None:
    right = {"mode": "subscribe", "verify_token": SETTINGS.verify_token, "challenge": "<1158201444>"}
    assert await verify(**right) == (200, "<1158201444>")
    assert (await verify(**{**right, "verify_token": "other"}))[0] == 403
    assert (await verify(**{**right, "verify_token": "رمز"}))[0] == 403
    assert (await verify(**{**right, "mode": "unsubscribe"}))[0] == 403


async def test_the_challenge_is_plain_text(whatsapp: Any) -> None:
    parameters = {"hub.mode": "subscribe", "hub.verify_token": SETTINGS.verify_token, "hub.challenge": "<b>"}
    assert (await AsyncClient().get(WEBHOOK, parameters)).headers["Content-Type"].startswith("text/plain")


async def test_without_settings_there_is_no_webhook(settings: Any) -> None:
    settings.WHATSAPP = None
    assert (await AsyncClient().post(WEBHOOK, data=b"{}", content_type="application/json")).status_code == 404


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, "sha1=abc", "sha256=é", ARABIC_HEADER])
async def test_what_is_not_signed_is_not_stored(post: Any, signature: str) -> None:
    assert await post(body(text("hello")), signature=signature) == 401
    assert await stored() == []


async def test_an_absent_signature_is_refused(whatsapp: Any) -> None:
    response = await AsyncClient().post(WEBHOOK, data=json.dumps(body(text("hi"))), content_type="application/json")
    assert response.status_code == 401


async def test_the_signature_is_over_the_raw_body(post: Any) -> None:
    raw = json.dumps(body(text("مرحبا")), ensure_ascii=False, indent=1).encode()
    assert await post(None, raw=raw) == 200
    assert await post(None, raw=raw + b" ", signature=signature_of(raw, SETTINGS.app_secret)) == 401


async def test_three_megabytes_are_taken_and_no_more(line: Line) -> None:
    url = line.cloud.account.webhook_url
    for size, status in ((MAX_WEBHOOK_BYTES, 200), (MAX_WEBHOOK_BYTES + 1, 413)):
        raw = json.dumps(body(text("x"))).encode()
        raw += b" " * (size - len(raw))
        headers = {"X-Hub-Signature-256": signature_of(raw, SETTINGS.app_secret)}
        assert (await line.cloud.postman._http.post(url, content=raw, headers=headers)).status_code == status


async def test_a_long_text_is_stored_whole(post: Any) -> None:
    assert await post(body(text("س" * 20_000))) == 200
    assert (await stored())[0].text == "س" * 20_000


async def test_a_message_is_stored_with_its_person(post: Any) -> None:
    assert await post(body(text("كم جلسة؟"))) == 200
    (found,) = await stored()
    assert (found.text, found.channel_message_id, found.state) == ("كم جلسة؟", "wamid.A1", "received")
    assert found.channel_time == datetime.fromtimestamp(1_790_000_000, timezone.utc)
    assert found.request_id
    aliases = await in_database(lambda: sorted(ChannelIdentity.objects.values_list("kind", "external_id")))
    assert aliases == [("bsuid", payloads.USER_ID), ("wa_id", payloads.WA_ID)]
    assert await in_database(lambda: Person.objects.get().display_name) == "Nora"


@pytest.mark.parametrize("name", CONTENTS)
async def test_every_type_is_stored_once(post: Any, name: str) -> None:
    sent = body(message(CONTENTS[name], wamid="wamid.X"))
    again = body(text("hello", wamid="wamid.Y"), message(CONTENTS[name], wamid="wamid.X"))
    assert [await post(sent), await post(sent), await post(again)] == [200, 200, 200]
    ids = [found.channel_message_id for found in await stored()]
    assert ids == (["wamid.Y"] if name in ("edit", "revoke") else ["wamid.X", "wamid.Y"])


async def test_the_same_message_twice_at_once_is_stored_once(post: Any) -> None:
    sent = [body(text(f"text {n % 5}", wamid=f"wamid.{n % 5}")) for n in range(20)]
    assert set(await asyncio.gather(*(post(each) for each in sent))) == {200}
    found = await stored()
    assert sorted(each.channel_message_id or "" for each in found) == [f"wamid.{n}" for n in range(5)]
    assert [each.sequence for each in found] == [1, 2, 3, 4, 5]
    assert await count(Person) == await count(Conversation) == 1


async def test_first_messages_of_a_new_person_meet_in_two_processes(whatsapp: Any) -> None:
    """Two processes do not share the group commit: the same service runs in two threads at once."""
    bodies = [body(text(f"text {n}", wamid=f"wamid.{n}")) for n in range(8)]
    events = [read_body(json.dumps(each).encode(), phone_number_id=PHONE_NUMBER_ID) for each in bodies]
    await asyncio.gather(*(in_database(events_store, each) for each in events))
    assert await count(Message) == 8
    assert await count(Person) == await count(Conversation) == 1


async def test_messages_of_one_post_keep_their_time(post: Any) -> None:
    later, earlier = (
        text("later", wamid="wamid.2", at=1_790_000_050),
        text("earlier", wamid="wamid.1", at=1_790_000_000),
    )
    assert await post(body(later, earlier)) == 200
    assert [found.text for found in await stored()] == ["earlier", "later"]


async def test_a_week_old_retry_opens_no_window(post: Any) -> None:
    week_ago = datetime.now(timezone.utc) - timedelta(days=7)
    assert await post(body(text("late", at=int(week_ago.timestamp())))) == 200
    conversation = await in_database(Conversation.objects.get)
    assert conversation.patient_last_at == week_ago.replace(microsecond=0)


async def test_when_nothing_can_be_stored_nothing_is_acknowledged(post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(events: Any) -> None:
        raise OperationalError("the database is away")

    with monkeypatch.context() as broken:
        broken.setattr(intake, "events_store", fail)
        assert await post(body(text("hello"))) == 503
    assert await post(body(text("hello"))) == 200
    assert len(await stored()) == 1


async def test_one_bad_post_does_not_hold_up_the_others(post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def picky(events: Any) -> None:
        if any(event.text == "poison" for event in events.received):
            raise OperationalError("not this one")
        events_store(events)

    monkeypatch.setattr(intake, "events_store", picky)
    words = ["one", "poison", "two", "three"]
    found = await asyncio.gather(*(post(body(text(word, wamid=f"wamid.{word}"))) for word in words))
    assert sorted(found) == [200, 200, 200, 503]
    assert sorted(each.text for each in await stored()) == ["one", "three", "two"]


async def test_nothing_of_a_body_is_stored_when_one_part_fails(post: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(messages: Any) -> None:
        raise OperationalError("in the middle")

    monkeypatch.setattr("desk.whatsapp.store.reactions_note", fail)
    assert await post(body(text("one", wamid="wamid.1"), text("two", wamid="wamid.2"))) == 503
    assert await stored() == []
    assert await count(Person) == 0


async def test_phones_are_masked_in_the_log(post: Any, capfd: pytest.CaptureFixture[str]) -> None:
    from django.conf import settings as django_settings
    from django.utils.log import configure_logging

    configure_logging("logging.config.dictConfig", django_settings.LOGGING)
    await post(body(payloads.status("failed", wamid="wamid.HBgMOTY2NTAwMDAwMDAx", code=131026)))
    await post(body(text("hello", wa_id="", user_id="")))
    log = capfd.readouterr().err
    assert "cannot be delivered" in log
    assert "names no sender" in log
    assert payloads.WA_ID not in log
    assert "HBgMOTY2NTAwMDAwMDAx" not in log


# What a fuzzer does to a valid body: replace, drop or double any part of it.
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.text(max_size=8),
    st.sampled_from(
        ["", "\x00", "\ud800", "9" * 400, "wamid.A1", "text", "system", "read", "966500000001", [], {}, [[]]]
    ),
    st.dictionaries(st.sampled_from(["id", "type", "text", "body", "messages"]), st.none() | st.text(max_size=3)),
    st.lists(st.none() | st.text(max_size=3), max_size=3),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        found += places(item, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    changed = json.loads(json.dumps(draw(st.sampled_from(ALL_BODIES))))
    for _ in range(draw(st.integers(1, 4))):
        where = places(changed)
        if not where:
            break
        *parents, last = draw(st.sampled_from(where))
        holder = changed
        for key in parents:
            holder = holder[key]
        act = draw(st.sampled_from(["replace", "drop", "double"]))
        if act == "replace":
            holder[last] = draw(JUNK)
        elif act == "drop":
            del holder[last]
        elif isinstance(holder, list):
            holder.insert(last, json.loads(json.dumps(holder[last])))
        else:
            holder[f"{last}_{draw(st.integers(0, 9))}"] = holder[last]
    raw = json.dumps(changed).encode()
    if draw(st.integers(0, 20)) == 0:
        at = draw(st.integers(0, len(raw)))
        raw = raw[:at] + draw(st.binary(max_size=4)) + raw[at:]
    return raw


@settings(
    max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(raw=mutated())
async def test_fuzzed_bodies_are_never_an_error_and_never_half_stored(post: Any, raw: bytes) -> None:
    status = await post(None, raw=raw)
    assert status in (200, 400)
    if status == 200:
        events = read_body(raw, phone_number_id=PHONE_NUMBER_ID)
        wamids = {event.wamid for event in events.received}
        known = await in_database(lambda: Message.objects.filter(channel_message_id__in=wamids).count())
        assert known == len(wamids)
        before = await count(Message), await count(Person), await count(EarlyReport)
        assert await post(None, raw=raw) == 200
        assert (await count(Message), await count(Person), await count(EarlyReport)) == before


async def test_the_desk_answers_whatever_was_stored(line: Line) -> None:
    """Every type goes through worker and outbox without a message left behind."""
    phone = line.phone()
    for kind in ("location", "contacts", "unsupported", "hologram"):
        line.cloud.patients.send_other(phone, kind)
    for kind in ("image", "audio", "video", "document", "sticker"):
        line.cloud.patients.send_media(phone, kind)
    await line.settle()
    states = {found.kind: found.state for found in await stored() if found.direction == "in"}
    assert states == {
        Kind.LOCATION: "answered",
        Kind.CONTACTS: "answered",
        Kind.UNSUPPORTED: "answered",
        Kind.STICKER: "answered",
        Kind.IMAGE: "with_staff",
        Kind.AUDIO: "with_staff",
        Kind.VIDEO: "with_staff",
        Kind.DOCUMENT: "with_staff",
    }
