"""Logging in and out, lockout, how long a login lasts, the own password."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.auth import SESSION_KEY
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from desk.staff.models import AuditEntry, User
from desk.staff.roles import Role, role_of
from desk.staff.sessions import ACTIVE, STARTED
from tests.desk.conftest import PASSWORD, staff_named

pytestmark = pytest.mark.django_db(transaction=True)

NEW = "another long enough one"


def log_in(client: Client, name: str = "huda", password: str = PASSWORD, **headers: str) -> Any:
    client.cookies["desk_language"] = "en"
    return client.post("/staff/login/", {"username": name, "password": password}, headers=headers)


def actions() -> list[str]:
    return list(AuditEntry.objects.values_list("action", flat=True))


class TestLogin:
    def test_in_and_out(self, staff: User, client: Client) -> None:
        wrong = log_in(client, password="guess")
        assert wrong.status_code == 200
        assert "is not right" in wrong.content.decode()
        assert log_in(client)["Location"] == "/staff/"
        assert client.get("/staff/").status_code == 200
        assert client.post("/staff/logout/")["Location"] == "/staff/login/?notice=logged_out"
        assert client.get("/staff/").status_code == 302
        assert actions() == ["log_in_failed", "log_in", "log_out"]

    def test_back_to_where_one_was_going(self, staff: User, client: Client) -> None:
        assert client.get("/staff/?show=mine")["Location"] == "/staff/login/?next=/staff/%3Fshow%3Dmine"

    @pytest.mark.parametrize("kind", ["visitor", "no role", "inactive"])
    def test_others_do_not_get_in(self, kind: str, client: Client, transactional_db: None) -> None:
        user = staff_named("other", Role.AGENT if kind == "inactive" else None)
        User.objects.filter(pk=user.pk).update(is_staff=kind != "visitor", is_active=kind != "inactive")
        assert log_in(client, "other").status_code == 200
        assert SESSION_KEY not in client.session

    def test_the_session_is_a_new_one(self, staff: User, client: Client) -> None:
        client.get("/staff/login/")
        session = client.session
        session["planted"] = True
        session.save()
        before = session.session_key
        log_in(client)
        assert client.session.session_key != before

    def test_passwords_are_stored_with_argon2(self) -> None:
        ask = "from django.conf import settings; print(settings.PASSWORD_HASHERS[0])"
        code = f"import django, os; os.environ['DJANGO_SETTINGS_MODULE']='desk.settings'; django.setup(); {ask}"
        shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert shown.stdout.strip().endswith("Argon2PasswordHasher")


class TestLockout:
    def test_after_five_wrong_tries(self, staff: User, client: Client) -> None:
        for _ in range(4):
            assert log_in(client, password="guess").status_code == 200
        locked = log_in(client, password="guess")
        assert locked.status_code == 429
        assert "try again in 15 minutes" in locked.content.decode()
        right = log_in(client)
        assert right.status_code == 429
        assert SESSION_KEY not in client.session
        assert actions()[-2:] == ["locked_out", "locked_out"]

    def test_it_ends(self, staff: User, client: Client, settings: Any) -> None:
        for _ in range(5):
            log_in(client, password="guess")
        assert log_in(client).status_code == 429
        AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))
        assert log_in(client).status_code == 302

    def test_others_and_other_places_are_not_locked(self, staff: User, client: Client) -> None:
        staff_named("sara", Role.AGENT)
        for _ in range(5):
            log_in(client, password="guess")
        assert log_in(Client(), "sara").status_code == 302
        elsewhere = Client(REMOTE_ADDR="203.0.113.9")
        assert log_in(elsewhere).status_code == 302

    def test_a_made_up_address_does_not_help(self, staff: User, client: Client, settings: Any) -> None:
        for proxies, header in ((0, "198.51.100.{0}"), (1, "198.51.100.{0}, 203.0.113.7")):
            settings.TRUSTED_PROXIES = (ip_network("10.0.0.0/8"),) * proxies
            fresh = Client(REMOTE_ADDR=f"10.0.0.{proxies + 1}")
            for number in range(5):
                log_in(fresh, password="guess", **{"X-Forwarded-For": header.format(number)})
            locked = log_in(fresh, **{"X-Forwarded-For": header.format(99)})
            assert locked.status_code == 429, proxies

    def test_the_trail_knows_the_address_behind_the_proxy(self, staff: User, client: Client, settings: Any) -> None:
        settings.TRUSTED_PROXIES = (ip_network("127.0.0.1"),)
        log_in(client, **{"X-Forwarded-For": "198.51.100.1, 203.0.113.7"})
        assert AuditEntry.objects.get().address == "203.0.113.7"


class TestHowLongALoginLasts:
    @pytest.mark.parametrize(
        ("stamp", "ago", "lasts"),
        [
            (ACTIVE, timedelta(minutes=59), True),
            (ACTIVE, timedelta(minutes=61), False),
            (STARTED, timedelta(hours=11), True),
            (STARTED, timedelta(hours=13), False),
        ],
    )
    def test_it_ends_by_itself(self, stamp: str, ago: timedelta, lasts: bool, staff: User, client: Client) -> None:
        log_in(client)
        age(client, stamp, ago)
        response = client.get("/staff/")
        assert (response.status_code == 200) == lasts
        if not lasts:
            assert response["Location"] == "/staff/login/?next=/staff/&notice=timed_out"
            assert "No alarms show here" in client.get(response["Location"]).content.decode()
            assert SESSION_KEY not in client.session
            assert actions()[-1] == "session_ended"

    def test_acts_keep_it_alive_refreshes_do_not(self, staff: User, client: Client) -> None:
        log_in(client)
        age(client, ACTIVE, timedelta(minutes=50))
        before = client.session[ACTIVE]
        for path in ("/staff/queue/", "/staff/live/"):
            client.get(path)
        assert client.session[ACTIVE] == before
        client.get("/staff/still-here/")
        assert client.session[ACTIVE] > before

    def test_htmx_is_sent_to_the_login(self, client: Client, transactional_db: None) -> None:
        headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/staff/conversations/c_1/?show=mine"}
        response = client.get("/staff/queue/", headers=headers)
        assert response.status_code == 204
        assert response["HX-Redirect"] == "/staff/login/?next=/staff/conversations/c_1/%3Fshow%3Dmine"

    def test_who_is_deactivated_is_out(self, staff: User, client: Client) -> None:
        log_in(client)
        User.objects.update(is_active=False)
        assert client.get("/staff/").status_code == 302

    def test_whose_role_is_taken_is_refused(self, staff: User, client: Client) -> None:
        log_in(client)
        staff.groups.clear()
        assert client.get("/staff/").status_code == 403


def age(client: Client, stamp: str, ago: timedelta) -> None:
    session = client.session
    session[stamp] = (timezone.now() - ago).timestamp()
    session.save()


class TestOwnPassword:
    def change(self, client: Client, old: str = PASSWORD, new: str = NEW, again: str = NEW) -> Any:
        return client.post("/staff/password/", {"old_password": old, "new_password1": new, "new_password2": again})

    def test_change_it(self, staff: User, client: Client) -> None:
        elsewhere = Client()
        log_in(client)
        log_in(elsewhere)
        assert self.change(client)["Location"] == "/staff/?notice=password_changed"
        assert client.get("/staff/").status_code == 200
        assert elsewhere.get("/staff/").status_code == 302  # other logins end
        assert log_in(Client(), password=NEW).status_code == 302
        assert "password_changed" in actions()

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ({"old": "wrong"}, "current password is not right"),
            ({"again": "something else long"}, "two new passwords differ"),
            ({"new": "short", "again": "short"}, "Shorter than 12"),
            ({"new": "password1234", "again": "password1234"}, "common"),
            ({"new": "83651940275163", "again": "83651940275163"}, "Only digits"),
            ({"new": "", "again": ""}, "required"),
        ],
    )
    def test_what_is_wrong_is_told(self, given: dict[str, str], words: str, staff: User, client: Client) -> None:
        log_in(client)
        response = self.change(client, **given)
        assert response.status_code == 400
        assert words in response.content.decode()
        assert log_in(Client()).status_code == 302

    def test_a_first_password_is_changed_first(self, staff: User, client: Client) -> None:
        User.objects.update(must_change_password=True)
        log_in(client)
        assert client.get("/staff/")["Location"] == "/staff/password/"
        assert client.get("/staff/stream").status_code == 401
        assert "temporary one" in client.get("/staff/password/").content.decode()
        self.change(client)
        assert client.get("/staff/").status_code == 200


class TestMakingStaff:
    def test_with_a_role(self, transactional_db: None, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("make_staff", "noura", "--role", "reviewer", "--name", "Noura")
        user = User.objects.get()
        password = re.search(r"first password (\S+)", capsys.readouterr().out)
        assert password
        assert user.check_password(password[1])
        assert (role_of(user), user.shown_name, user.must_change_password) == (Role.REVIEWER, "Noura", True)

    @pytest.mark.parametrize(
        ("name", "complaint"), [("huda", "already"), ("Huda", "already"), ("no spaces", "letters")]
    )
    def test_refusals(self, name: str, complaint: str, staff: User) -> None:
        with pytest.raises(CommandError, match=complaint):
            call_command("make_staff", name)

    def test_local_runs_get_a_manager(self, transactional_db: None, settings: Any, tmp_path: Any) -> None:
        settings.RUN_DIR = tmp_path
        call_command("ensure_staff")
        assert role_of(User.objects.get()) == Role.MANAGER


def test_cookies_of_an_https_desk_are_bound_to_its_host() -> None:
    ask = (
        "print(s.SESSION_COOKIE_NAME, s.SESSION_COOKIE_PATH, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_NAME,"
        " s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, s.CSRF_COOKIE_SAMESITE, s.SESSION_COOKIE_DOMAIN)"
    )
    code = "import os; os.environ['PUBLIC_URL']='https://desk.example'; import desk.settings as m; "
    code += "from django.conf import settings as s; os.environ['DJANGO_SETTINGS_MODULE']='desk.settings'; " + ask
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == [
        "__Host-desk_session",
        "/",
        "True",
        "__Host-desk_csrf",
        "True",
        "Lax",
        "Strict",
        "None",
    ]
