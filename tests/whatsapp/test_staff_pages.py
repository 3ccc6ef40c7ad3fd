"""What staff do with WhatsApp: open a patient's file, send a template when the 24 hours are over."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from django.test import Client
from django.utils import timezone

from desk.conversations import services
from desk.conversations.models import Channel, Conversation, Message
from desk.database import in_database
from desk.handoffs.models import Handoff
from desk.staff.models import AuditEntry, User
from desk.staff.roles import Role
from desk.whatsapp import media
from desk.whatsapp.graph import GraphClient, Media
from desk.whatsapp.message_templates import MessageTemplate, WrongParameters, message_templates
from desk.whatsapp.payload import read_body
from desk.whatsapp.services import NoSuchTemplate, NotOnWhatsApp, template_send
from desk.whatsapp.store import events_store
from simulator.application import Simulator
from simulator.cloud import Account, Cloud
from simulator.media import samples
from tests.desk.conftest import staff_named
from tests.whatsapp.conftest import SETTINGS, Line
from tests.whatsapp.payloads import CONTENTS, PHONE_NUMBER_ID, body, message

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def graph(whatsapp: Any, monkeypatch: pytest.MonkeyPatch) -> Cloud:
    """The simulator behind every Graph client that the views make."""
    cloud = Cloud(Account(PHONE_NUMBER_ID, SETTINGS.access_token, SETTINGS.app_secret, "http://testserver/"))
    transport = httpx.ASGITransport(app=Simulator(cloud))
    monkeypatch.setattr(media, "GraphClient", lambda settings: GraphClient(settings, transport=transport))
    return cloud


@pytest.fixture
def agent(transactional_db: None) -> Client:
    client = Client()
    client.force_login(staff_named("agent", Role.AGENT))
    return client


def stored(kind: str, **fields: Any) -> Message:
    """A message of this type with a handoff, as it stands in the desk."""
    content = json.loads(json.dumps(CONTENTS[kind]))
    content[content["type"]] |= {"id": f"sample-{content['type']}", **fields}
    raw = json.dumps(body(message(content))).encode()
    events_store(read_body(raw, phone_number_id=PHONE_NUMBER_ID))
    found = Message.objects.select_related("conversation").get()
    Handoff.objects.create(conversation=found.conversation, reason="file")
    Conversation.objects.update(status="waiting", patient_last_at=timezone.now())
    return found


def test_a_photo_is_fetched_and_never_run(graph: Cloud, agent: Client) -> None:
    found = stored("image")
    response = agent.get(f"/staff/media/{found.pk}/")
    assert response.status_code == 200
    assert response.content.startswith(b"\x89PNG")
    assert response["Content-Type"] == "image/png"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]
    assert AuditEntry.objects.filter(action="file_opened", conversation_id=found.conversation_id).exists()


def test_a_document_keeps_its_arabic_name(graph: Cloud, agent: Client) -> None:
    response = agent.get(f"/staff/media/{stored('document').pk}/")
    assert response["Content-Type"] == "application/pdf"
    assert "filename*=utf-8''%D8%AA" in response["Content-Disposition"]


@pytest.mark.parametrize("who", [None, Role.REVIEWER])
def test_who_may_not_read_may_not_open(graph: Cloud, who: Role | None) -> None:
    found = stored("image")
    client = Client()
    if who is None:
        assert client.get(f"/staff/media/{found.pk}/").status_code == 302
        client.force_login(User.objects.create_user("nobody", password="a good long password"))
        assert client.get(f"/staff/media/{found.pk}/").status_code == 403
        assert client.post(f"/staff/handoffs/{Handoff.objects.get().pk}/template/").status_code == 403
    else:
        client.force_login(staff_named("reviewer", who))
        assert client.post(f"/staff/handoffs/{Handoff.objects.get().pk}/template/").status_code == 403


@pytest.mark.parametrize("media_id", ["gone", "../v26.0/me", "", "a/b"])
def test_a_file_that_is_not_there_is_told_in_words(graph: Cloud, agent: Client, media_id: str) -> None:
    response = agent.get(f"/staff/media/{stored('image', id=media_id).pk}/?lang=en")
    assert response.status_code == 404
    assert "cannot be opened" in response.content.decode()


def test_a_file_that_is_too_large_is_not_fetched(graph: Cloud, agent: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    found = stored("image")
    monkeypatch.setitem(media.LARGEST, "image", 100)
    assert agent.get(f"/staff/media/{found.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("content", "declared", "kind", "shown"),
    [
        (samples()["image"].content, "text/html", "image", "image/png"),
        (b"<script>alert(1)</script>", "image/png", "image", media.UNKNOWN_TYPE),
        (b"<svg onload=alert(1)>", "image/svg+xml", "image", media.UNKNOWN_TYPE),
        (b"<html>", "text/html", "document", media.UNKNOWN_TYPE),
        (b"OggS", "audio/ogg; codecs=opus", "audio", "audio/ogg"),
        (b"\xff\xd8\xff\xe0", "image/jpeg", "image", "image/jpeg"),
    ],
    ids=["png", "script", "svg", "html", "ogg", "jpeg"],
)
def test_the_type_is_what_the_bytes_show(content: bytes, declared: str, kind: str, shown: str) -> None:
    assert media.checked(Media(content, declared), "", kind).content_type == shown


@pytest.mark.parametrize("name", ["../../etc/passwd", 'a"b\r\nX: y', "تقرير.pdf", "", "...."])
def test_names_of_files_are_harmless(name: str) -> None:
    shown = media.checked(Media(b"x", ""), name, "document").name
    assert shown
    assert not set(shown) & set('/\\"\r\n')


def test_the_page_shows_the_file_only_when_it_is_opened(graph: Cloud, agent: Client) -> None:
    found = stored("image")
    page = agent.get(f"/staff/conversations/{found.conversation_id}/?lang=en").content.decode()
    assert f'<img loading="lazy" src="/staff/media/{found.pk}/"' in page
    assert "هذا مكان الجلسة" in page


def closed_window() -> Handoff:
    Conversation.objects.update(patient_last_at=timezone.now() - timedelta(hours=24))
    return Handoff.objects.get()


def test_when_the_window_is_over_templates_stand_where_the_reply_was(graph: Cloud, agent: Client) -> None:
    found = stored("image")
    address = f"/staff/conversations/{found.conversation_id}/?lang=en"
    assert 'id="reply-text"' in agent.get(address).content.decode()
    closed_window()
    page = agent.get(address).content.decode()
    assert 'id="reply-text"' not in page
    assert "24 hours have passed" in page
    assert 'value="clinic_follow_up"' in page
    assert "بخصوص [About what]" in page
    assert "{{1}}" not in page


def test_staff_see_the_number_that_a_patient_writes_from(graph: Cloud, agent: Client) -> None:
    found = stored("image")
    page = agent.get(f"/staff/conversations/{found.conversation_id}/?lang=en").content.decode()
    assert 'href="tel:+966500000001"' in page


def test_a_template_is_sent_and_kept(graph: Cloud, agent: Client) -> None:
    found = stored("image")
    handoff = closed_window()
    form = {"name": "clinic_follow_up", "language": "ar", "part": ["جلستك"]}
    response = agent.post(f"/staff/handoffs/{handoff.pk}/template/", form)
    assert response.status_code == 302
    sent = Message.objects.get(direction="out")
    assert "بخصوص جلستك" in sent.text
    assert sent.delivery == "pending"
    handoff.refresh_from_db()
    assert handoff.claimed_by == sent.staff
    assert AuditEntry.objects.filter(action="template_sent", conversation_id=found.conversation_id).exists()


@pytest.mark.parametrize(
    "form",
    [
        {"name": "clinic_follow_up", "language": "ar", "part": []},
        {"name": "clinic_follow_up", "language": "ar", "part": ["one\ntwo"]},
        {"name": "clinic_follow_up", "language": "fr", "part": ["x"]},
        {"name": "other", "language": "ar"},
    ],
)
def test_a_wrong_template_is_refused_in_words(graph: Cloud, agent: Client, form: dict[str, Any]) -> None:
    stored("image")
    response = agent.post(f"/staff/handoffs/{closed_window().pk}/template/?lang=en", form)
    assert response.status_code == 400
    assert "fill in each part" in response.content.decode()
    assert not Message.objects.filter(direction="out").exists()


def test_a_colleagues_conversation_gets_no_template(graph: Cloud, agent: Client) -> None:
    stored("image")
    handoff = closed_window()
    Handoff.objects.update(claimed_by=staff_named("huda", Role.AGENT), status="claimed")
    form = {"name": "clinic_reply_ready", "language": "ar"}
    assert agent.post(f"/staff/handoffs/{handoff.pk}/template/", form).status_code == 409


async def test_whatsapp_takes_every_template_outside_the_window(line: Line) -> None:
    phone = line.phone()
    await line.say(phone, "I am pregnant")
    line.cloud.faults.skew_hours = 25

    def send() -> None:
        agent = staff_named("agent", Role.AGENT)
        closed_window()
        for template in message_templates().values():
            for language in ("ar", "en"):
                template_send(
                    handoff_id=Handoff.objects.get().pk,
                    staff=agent,
                    name=template.name,
                    language=language,
                    parameters=["x"] * len(template.parameters),
                )

    await in_database(send)
    await line.settle()
    states = await in_database(
        lambda: set(Message.objects.filter(answer_name__startswith="template_").values_list("delivery", flat=True))
    )
    assert states == {"delivered"}


def test_services_refuse_what_is_not_whatsapps(transactional_db: None) -> None:
    conversation = services.conversation_open(channel=Channel.WEB)
    handoff = Handoff.objects.create(conversation=conversation, reason="ask_human")
    agent = staff_named("agent", Role.AGENT)
    with pytest.raises(NotOnWhatsApp):
        template_send(handoff_id=handoff.pk, staff=agent, name="clinic_reply_ready", language="ar")
    with pytest.raises(NoSuchTemplate):
        template_send(handoff_id=handoff.pk, staff=agent, name="none", language="ar")


def test_parts_of_a_template_are_checked() -> None:
    template = MessageTemplate("t", {}, {"en": "{{2}} and {{1}}"}, ({}, {}))
    assert template.filled("en", ["one", "two"]) == "two and one"
    for wrong in (["one"], ["one", " "], ["one", "x" * 201], ["one", "a\nb"], ["one", "a     b"]):
        with pytest.raises(WrongParameters):
            template.filled("en", wrong)
