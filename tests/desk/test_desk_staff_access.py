"""Who may open which address of the staff pages, and that nothing is reached by another way."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.test import Client
from django.urls import URLPattern, reverse

from desk.conversations import services
from desk.conversations.models import Channel, Conversation, Message
from desk.handoffs.models import Handoff
from desk.staff.models import AuditEntry, CannedReply, User
from desk.staff.roles import Role
from desk.staff.urls import urlpatterns
from tests.desk.conftest import receive, staff_named

pytestmark = pytest.mark.django_db(transaction=True)

AGENT, REVIEWER, MANAGER = frozenset({"agent"}), frozenset({"reviewer"}), frozenset({"manager"})
READERS = AGENT | REVIEWER | MANAGER
ANSWERERS = AGENT | MANAGER
ROLES = ("anonymous", "nobody", "agent", "reviewer", "manager")


@dataclass(frozen=True)
class Access:
    """Which roles get anything by GET and by POST; `body` is what a POST needs."""

    get: frozenset[str] = frozenset()
    post: frozenset[str] = frozenset()
    body: dict[str, str] = field(default_factory=dict)
    is_open: bool = False


# Every address of the staff pages stands here: a new one without an entry fails the first test below.
TABLE: dict[str, Access] = {
    "inbox": Access(get=READERS),
    "queue_part": Access(get=READERS),
    "live_part": Access(get=READERS),
    "stream": Access(get=READERS),
    "problems": Access(get=READERS),
    "deal_with": Access(post=ANSWERERS),
    "login": Access(is_open=True),
    "logout": Access(post=READERS),
    "password": Access(get=READERS, post=READERS),
    "still_here": Access(get=READERS),
    "conversations": Access(get=READERS),
    "conversation": Access(get=READERS),
    "conversation_live": Access(get=READERS),
    "take_over": Access(post=ANSWERERS),
    "note": Access(post=ANSWERERS, body={"text": "a note"}),
    "handoff": Access(get=READERS),
    "claim": Access(post=ANSWERERS),
    "reply": Access(post=ANSWERERS, body={"text": "hello"}),
    "transfer": Access(post=ANSWERERS, body={"to": "1"}),
    "return": Access(post=ANSWERERS),
    "close": Access(post=ANSWERERS),
    "alarm": Access(post=ANSWERERS),
    "people": Access(get=MANAGER, post=MANAGER, body={"username": "new", "role": "agent"}),
    "set_role": Access(post=MANAGER, body={"role": "manager"}),
    "set_active": Access(post=MANAGER, body={"active": "no"}),
    "reset_password": Access(post=MANAGER),
    "canned_replies": Access(get=MANAGER),
    "canned_reply_new": Access(get=MANAGER, post=MANAGER),
    "canned_reply": Access(get=MANAGER, post=MANAGER),
    "canned_reply_delete": Access(post=MANAGER),
    "notifications": Access(get=MANAGER, post=MANAGER, body={"means": "email"}),
    "audit": Access(get=MANAGER),
}
NAMES = [pattern.name for pattern in urlpatterns if isinstance(pattern, URLPattern)]


@pytest.fixture
def target(transactional_db: None) -> User:
    return staff_named("target", Role.AGENT)


def address(name: str, handoff: Handoff, target: User) -> str:
    reply, _ = CannedReply.objects.get_or_create(title_ar="ع", title_en="t", text_ar="ن", text_en="x")
    values = {
        "conversation_id": handoff.conversation_id,
        "handoff_id": handoff.pk,
        "user_id": target.pk,
        "reply_id": reply.pk,
        "message_id": handoff.conversation.messages.earliest("sequence").pk,
    }
    pattern = next(pattern for pattern in urlpatterns if pattern.name == name)
    wanted = pattern.pattern.converters
    return reverse(f"staff:{name}", kwargs={key: value for key, value in values.items() if key in wanted})


def client_of(role: str, **options: bool) -> Client:
    client = Client(**options)
    if role == "nobody":
        client.force_login(staff_named("nobody", None))
    elif role != "anonymous":
        client.force_login(staff_named(f"a-{role}", Role(role)))
    return client


def test_every_address_is_in_the_table() -> None:
    assert set(NAMES) == set(TABLE)
    assert len(NAMES) == len(set(NAMES)) == len(urlpatterns)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", sorted(TABLE))
def test_every_address_for_every_role(name: str, role: str, handoff: Handoff, target: User) -> None:
    access = TABLE[name]
    path = address(name, handoff, target)
    client = client_of(role)
    for method, allowed in (("get", access.get), ("post", access.post)):
        response = getattr(client, method)(path, access.body if method == "post" else {})
        if access.is_open:
            assert response.status_code == 200, method
        elif not (access.get if method == "get" else access.post):
            assert response.status_code == 405, method
        elif role in allowed:
            assert response.status_code in (200, 204, 302, 400), method
            assert not response.headers.get("Location", "").startswith("/staff/login/?next"), method
        elif role == "anonymous":
            is_stream = name == "stream"
            assert response.status_code == (401 if is_stream else 302), method
            assert is_stream or response["Location"].startswith("/staff/login/?next=/staff/"), method
        else:
            assert response.status_code == (401 if name == "stream" else 403), method
    if role not in access.post and not access.is_open:
        assert_nothing_happened(handoff, target)


def assert_nothing_happened(handoff: Handoff, target: User) -> None:
    handoff.refresh_from_db()
    target.refresh_from_db()
    assert (handoff.status, handoff.claimed_by) == ("open", None)
    assert not Message.objects.filter(author="staff").exists()
    assert not handoff.conversation.notes.exists()
    assert (target.is_active, target.must_change_password) == (True, False)
    assert [group.name for group in target.groups.all()] == ["agent"]
    assert CannedReply.objects.count() == 1
    acts = set(AuditEntry.objects.values_list("action", flat=True))
    assert acts <= {"conversation_read", "audit_read"}


@pytest.mark.parametrize("name", sorted(name for name, access in TABLE.items() if access.post or access.is_open))
def test_every_post_is_checked_for_csrf(name: str, handoff: Handoff, target: User) -> None:
    path = address(name, handoff, target)
    client = client_of("manager", enforce_csrf_checks=True)
    response = client.post(path, TABLE[name].body)
    assert response.status_code == 403
    assert "النموذج" in response.content.decode()  # in words of ours
    assert_nothing_happened(handoff, target)


def test_a_post_with_its_token_passes(handoff: Handoff) -> None:
    client = client_of("agent", enforce_csrf_checks=True)
    page = client.get(f"/staff/conversations/{handoff.conversation_id}/").content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    client.post(f"/staff/handoffs/{handoff.pk}/claim/", {"csrfmiddlewaretoken": token})
    handoff.refresh_from_db()
    assert handoff.status == "claimed"


TAMPERED = [
    "h_nothing",
    "0",
    "-1",
    "h_01J' OR '1'='1",
    "..%2F..%2Fetc",
    "x" * 500,
    "%00",
    "c_%D8%AD",
]


@pytest.mark.parametrize("identifier", TAMPERED)
def test_made_up_ids_are_not_found(identifier: str, handoff: Handoff) -> None:
    client = client_of("manager")
    for path in (f"/staff/conversations/{identifier}/", f"/staff/conversations/{identifier}/live/"):
        assert client.get(path).status_code == 404, path
    assert client.get(f"/staff/handoffs/{identifier}/").status_code == 404
    for act in ("take-over", "note"):
        assert client.post(f"/staff/conversations/{identifier}/{act}/", {"text": "x"}).status_code == 404
    for act in ("claim", "reply", "transfer", "return", "close", "alarm"):
        assert client.post(f"/staff/handoffs/{identifier}/{act}/", {"text": "x"}).status_code == 404
    for path in ("people/%s/role", "people/%s/active", "people/%s/password", "replies/%s/delete"):
        assert client.post(f"/staff/{path % identifier}/", {"role": "agent"}).status_code == 404


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999999999"])
def test_numbers_of_nobody_are_not_found(number: str, transactional_db: None) -> None:
    client = client_of("manager")
    assert client.post(f"/staff/people/{number}/role/", {"role": "agent"}).status_code == 404
    assert client.get(f"/staff/replies/{number}/").status_code == 404


def test_agents_do_not_read_what_was_never_handed_over(handoff: Handoff) -> None:
    private = services.conversation_open(channel=Channel.WEB)
    receive(private, "price please")
    agent, reviewer = client_of("agent"), client_of("reviewer")
    for path in (f"/staff/conversations/{private.pk}/", f"/staff/conversations/{private.pk}/live/"):
        assert agent.get(path).status_code == 404
        assert reviewer.get(path).status_code == 200
    assert agent.post(f"/staff/conversations/{private.pk}/take-over/").status_code == 404
    assert agent.post(f"/staff/conversations/{private.pk}/note/", {"text": "x"}).status_code == 404
    assert private.pk not in agent.get("/staff/conversations/?q=price").content.decode()
    assert private.pk in reviewer.get("/staff/conversations/?q=price").content.decode()
    assert Conversation.objects.get(pk=private.pk).status == "bot"


def test_a_client_cannot_name_who_acts(handoff: Handoff, target: User) -> None:
    client = client_of("agent")
    client.post(f"/staff/handoffs/{handoff.pk}/claim/", {"staff": target.pk, "staff_id": target.pk})
    handoff.refresh_from_db()
    assert handoff.claimed_by == User.objects.get(username="a-agent")


@pytest.mark.parametrize("to", ["", "0", "nobody", "reviewer", "inactive", "999999999999999999999"])
def test_a_handoff_is_not_given_to_who_cannot_answer(to: str, handoff: Handoff) -> None:
    names = {
        "nobody": staff_named("visitor", None),
        "reviewer": staff_named("reads", Role.REVIEWER),
        "inactive": staff_named("gone", Role.AGENT),
    }
    User.objects.filter(username="gone").update(is_active=False)
    client = client_of("agent")
    chosen = str(names[to].pk) if to in names else to
    response = client.post(f"/staff/handoffs/{handoff.pk}/transfer/", {"to": chosen})
    assert response.status_code == 400
    handoff.refresh_from_db()
    assert handoff.status == "open"


def test_login_does_not_send_elsewhere(staff: User, client: Client) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        login = {"username": "huda", "password": "a good long password", "next": elsewhere}
        assert client.post("/staff/login/", login)["Location"] == "/staff/"


def test_no_page_is_cached_or_framed(handoff: Handoff) -> None:
    client = client_of("manager")
    response = client.get(f"/staff/conversations/{handoff.conversation_id}/")
    assert response["Cache-Control"] == "no-store"
    assert "unsafe" not in response["Content-Security-Policy"]
    page = response.content.decode()
    assert " style=" not in page
    assert "onclick" not in page
    assert "<script>" not in page
