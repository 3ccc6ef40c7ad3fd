"""The managers' pages: staff, canned replies, the audit trail and its guard in the database."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from desk.staff.audit import audit_record
from desk.staff.models import AuditEntry, CannedReply, User
from desk.staff.roles import PERMISSIONS, Role, may, role_of
from tests.desk.conftest import PASSWORD, staff_named

pytestmark = pytest.mark.django_db(transaction=True)

REPLY = {"title_ar": "ترحيب", "title_en": "Welcome", "text_ar": "أهلاً بك", "text_en": "Hello", "position": "1"}


@pytest.fixture
def manager(transactional_db: None) -> Client:
    client = Client()
    client.force_login(staff_named("maha", Role.MANAGER))
    client.cookies["desk_language"] = "en"
    return client


@pytest.fixture
def colleague(transactional_db: None) -> User:
    return staff_named("sara", Role.AGENT)


def audited(action: str) -> dict[str, Any]:
    found: dict[str, Any] = AuditEntry.objects.get(action=action).details
    return found


class TestStaff:
    def test_add_one(self, manager: Client) -> None:
        page = manager.post(
            "/staff/people/", {"username": "noura", "full_name": "نورة", "role": "agent"}
        ).content.decode()
        user = User.objects.get(username="noura")
        password = page.split("<code")[1].split(">")[1].split("<")[0]
        assert user.check_password(password)
        assert (user.shown_name, role_of(user), user.must_change_password) == ("نورة", Role.AGENT, True)
        assert password not in manager.get("/staff/people/").content.decode()
        assert audited("staff_added") == {"user": "noura", "role": "agent"}

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"username": "maha"}, "taken"),
            ({"username": "MAHA"}, "taken"),
            ({"username": ""}, "required"),
            ({"username": "two words"}, "not valid"),
            ({"username": "x" * 151}, "Too long"),
            ({"username": "new", "role": "king"}, "not valid"),
        ],
    )
    def test_what_is_wrong_is_told(self, given: dict[str, str], words: str, manager: Client) -> None:
        response = manager.post("/staff/people/", {"full_name": "", "role": "agent", **given})
        assert response.status_code == 400
        assert words in response.content.decode()
        assert User.objects.count() == 1

    def test_role(self, manager: Client, colleague: User) -> None:
        manager.post(f"/staff/people/{colleague.pk}/role/", {"role": "reviewer"})
        assert role_of(User.objects.get(pk=colleague.pk)) == Role.REVIEWER
        assert audited("staff_role_set") == {"user": "sara", "role": "reviewer"}
        assert manager.post(f"/staff/people/{colleague.pk}/role/", {"role": "king"}).status_code == 400

    def test_let_in_or_no_longer(self, manager: Client, colleague: User) -> None:
        theirs = Client()
        theirs.post("/staff/login/", {"username": "sara", "password": PASSWORD})
        assert theirs.get("/staff/").status_code == 200
        manager.post(f"/staff/people/{colleague.pk}/active/", {"active": "no"})
        assert theirs.get("/staff/").status_code == 302
        assert audited("staff_deactivated") == {"user": "sara"}
        manager.post(f"/staff/people/{colleague.pk}/active/", {"active": "yes"})
        assert User.objects.get(pk=colleague.pk).is_active

    def test_a_temporary_password(self, manager: Client, colleague: User) -> None:
        page = manager.post(f"/staff/people/{colleague.pk}/password/").content.decode()
        colleague.refresh_from_db()
        assert not colleague.check_password(PASSWORD)
        assert colleague.check_password(page.split("<code")[1].split(">")[1].split("<")[0])
        assert colleague.must_change_password
        assert audited("staff_password_set") == {"user": "sara"}

    @pytest.mark.parametrize(
        ("act", "body"), [("role", {"role": "agent"}), ("active", {"active": "no"}), ("password", {})]
    )
    def test_not_oneself(self, act: str, body: dict[str, str], manager: Client) -> None:
        me = User.objects.get(username="maha")
        assert manager.post(f"/staff/people/{me.pk}/{act}/", body).status_code == 409
        me.refresh_from_db()
        assert me.is_active
        assert me.check_password(PASSWORD)
        assert role_of(me) == Role.MANAGER

    @pytest.mark.parametrize("role", list(Role))
    def test_a_role_gives_its_permissions_alone(self, role: Role, transactional_db: None) -> None:
        user = staff_named("new", role)
        every = {permission for permissions in PERMISSIONS.values() for permission in permissions}
        assert {permission for permission in every if may(user, permission)} == set(PERMISSIONS[role])


class TestCannedReplies:
    def test_add_change_delete(self, manager: Client) -> None:
        assert manager.post("/staff/replies/new/", REPLY)["Location"] == "/staff/replies/?notice=canned_saved"
        reply = CannedReply.objects.get()
        manager.post(f"/staff/replies/{reply.pk}/", {**REPLY, "text_en": "Hello there"})
        assert CannedReply.objects.get().text_en == "Hello there"
        assert "Hello there" in manager.get("/staff/replies/").content.decode()
        manager.post(f"/staff/replies/{reply.pk}/delete/")
        assert not CannedReply.objects.exists()
        kept = list(AuditEntry.objects.values_list("action", flat=True))
        assert kept == ["canned_reply_saved", "canned_reply_saved", "canned_reply_deleted"]

    @pytest.mark.parametrize("field", ["title_ar", "title_en", "text_ar", "text_en"])
    def test_both_languages_are_needed(self, field: str, manager: Client) -> None:
        response = manager.post("/staff/replies/new/", {**REPLY, field: " "})
        assert response.status_code == 400
        assert "required" in response.content.decode()
        assert not CannedReply.objects.exists()


class TestAuditPage:
    def test_filters(self, manager: Client) -> None:
        audit_record(action="replied", actor_name="sara", conversation_id="c_1", details={"message": "m_1"})
        audit_record(action="note_added", actor_name="huda", conversation_id="c_2")
        for query, expected in {
            "": {"sara", "huda"},
            "actor=sara": {"sara"},
            "action=note_added": {"huda"},
            "conversation_id=c_1": {"sara"},
            "since=2000-01-01&until=2100-01-01": {"sara", "huda"},
            "since=2100-01-01": set(),
            "until=2000-01-01": set(),
            "since=rubbish&action=rubbish": {"sara", "huda"},
        }.items():
            table = manager.get(f"/staff/audit/?{query}").content.decode().partition("<tbody>")[2]
            assert {name for name in ("sara", "huda") if f"<bdi>{name}</bdi>" in table} == expected, query

    def test_pages(self, manager: Client) -> None:
        for number in range(60):
            audit_record(action="replied", actor_name="sara", conversation_id=f"c_{number}")
        assert "Page 1 of 2" in manager.get("/staff/audit/?actor=sara").content.decode()
        second = manager.get("/staff/audit/?actor=sara&page=2").content.decode()
        assert "c_9<" in second
        assert "c_59<" not in second

    def test_reading_it_is_in_it(self, manager: Client) -> None:
        manager.get("/staff/audit/?actor=sara")
        assert audited("audit_read") == {"asked": {"actor": "sara"}}


class TestGuard:
    @pytest.fixture
    def entry(self, transactional_db: None) -> AuditEntry:
        return audit_record(action="replied", actor_name="sara")

    def test_python_refuses(self, entry: AuditEntry) -> None:
        with pytest.raises(TypeError):
            entry.save()
        with pytest.raises(TypeError):
            entry.delete()

    def test_the_database_refuses_a_change(self, entry: AuditEntry) -> None:
        with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
            AuditEntry.objects.update(actor_name="somebody else")
        assert AuditEntry.objects.get().actor_name == "sara"

    def test_the_database_refuses_a_deletion(self, entry: AuditEntry) -> None:
        """On SQLite the tests run without this part of the guard: put it back for a moment."""
        migration = importlib.import_module("desk.staff.migrations.0004_audit_guard")
        is_sqlite = connection.vendor == "sqlite"
        with connection.cursor() as cursor:
            if is_sqlite:
                cursor.execute(migration.SQLITE[1])
            try:
                with pytest.raises(DatabaseError, match="only added to"), transaction.atomic():
                    AuditEntry.objects.all().delete()
            finally:
                if is_sqlite:
                    cursor.execute(migration.UNDO_SQLITE[1])
        assert AuditEntry.objects.count() == 1
