"""Every setting of the desk: its name, its default and what it is for. Nothing else reads the environment."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from desk.mail_server import MailServer, read_mail_server

DEVELOPMENT = "development"
PRODUCTION = "production"
MIN_WEBHOOK_SECRET = 16
DATABASE_SCHEMES = ("sqlite", "postgres", "postgresql")


class ConfigurationError(Exception):
    """A setting is missing or wrong; the message is one line that says what to set."""


@dataclass(frozen=True)
class Setting:
    name: str
    default: str
    help: str


SETTINGS = (
    Setting(
        "ENVIRONMENT",
        DEVELOPMENT,
        "development or production; production refuses unsafe or missing settings.",
    ),
    Setting(
        "SECRET_KEY",
        "",
        "Signs visitor tokens and sessions. Development keeps a random one in .run/secret-key.",
    ),
    Setting("DATABASE_URL", "", "SQLite or PostgreSQL. Without it: the SQLite file .run/desk.sqlite3."),
    Setting(
        "ASSISTANT_URL",
        "http://127.0.0.1:5005",
        "Where the assistant (Rasa) listens, on the private side; several replicas with commas.",
    ),
    Setting(
        "ASSISTANT_TOKEN",
        "",
        "Bearer token shared with the assistant. Development keeps a random one in .run/assistant-token.",
    ),
    Setting("CLINIC_FILE", "clinic.yml", "The clinic's facts: hours, holidays, phone."),
    Setting("ALLOWED_HOSTS", "", "Host names the desk answers to, with commas. Development: this machine only."),
    Setting(
        "PUBLIC_URL",
        "http://127.0.0.1:8000",
        "The address people use; https makes cookies secure and adds HSTS.",
    ),
    Setting(
        "PROXY_COUNT",
        "0",
        "How many reverse proxies stand before the desk and add to X-Forwarded-For; 0 trusts no such header.",
    ),
    Setting("STAFF_IDLE_MINUTES", "60", "Staff are logged out after so many minutes without doing anything."),
    Setting("STAFF_SESSION_HOURS", "12", "Staff log in again after so many hours, busy or not."),
    Setting("NOTIFY_EMAIL_TO", "", "Who is told of new requests and alarms by e-mail, with commas."),
    Setting(
        "EMAIL_URL",
        "",
        "The mail server: smtp://host, smtp+tls://user:password@host:587 (STARTTLS) or smtps://... (TLS).",
    ),
    Setting("EMAIL_FROM", "", "The sender of e-mails. Without it: desk@ and the host of PUBLIC_URL."),
    Setting("NOTIFY_WEBHOOK_URL", "", 'Where to post {"text": ...} for the same; Slack\'s incoming webhooks fit.'),
    Setting("NOTIFY_WEBHOOK_SECRET", "", "Signs the webhook's posts: HMAC-SHA256 in X-Desk-Signature."),
)


@dataclass(frozen=True)
class Environment:
    """The settings, read and checked."""

    production: bool
    secret_key: str
    database_url: str
    assistant_urls: tuple[str, ...]
    assistant_token: str
    clinic_file: Path
    allowed_hosts: tuple[str, ...]
    public_url: str
    proxy_count: int
    staff_idle_minutes: int
    staff_session_hours: int
    notify_email_to: tuple[str, ...]
    mail_server: MailServer | None
    email_from: str
    notify_webhook_url: str
    notify_webhook_secret: str
    run_dir: Path

    @property
    def secure(self) -> bool:
        return self.public_url.startswith("https://")


def read_environment(values: Mapping[str, str], base_dir: Path) -> Environment:
    """Read all settings; raises ConfigurationError with one line."""
    given = {setting.name: values.get(setting.name, "").strip() or setting.default for setting in SETTINGS}
    if given["ENVIRONMENT"] not in (DEVELOPMENT, PRODUCTION):
        raise ConfigurationError(f"set ENVIRONMENT to development or production, not {given['ENVIRONMENT']!r}")
    production = given["ENVIRONMENT"] == PRODUCTION
    if production:
        _require(values, "SECRET_KEY", "ASSISTANT_TOKEN", "ALLOWED_HOSTS", "PUBLIC_URL")
        if len(given["SECRET_KEY"]) < 32:
            raise ConfigurationError("set SECRET_KEY to at least 32 random characters")
    run_dir = base_dir / ".run"
    assistant_urls = tuple(url.strip().rstrip("/") for url in given["ASSISTANT_URL"].split(","))
    for url in assistant_urls:
        _check_url("ASSISTANT_URL", url)
    _check_url("PUBLIC_URL", given["PUBLIC_URL"])
    hosts = given["ALLOWED_HOSTS"] or "localhost,127.0.0.1,[::1]"
    return Environment(
        production=production,
        secret_key=given["SECRET_KEY"] or kept_secret(run_dir / "secret-key"),
        database_url=_database_url(given["DATABASE_URL"], run_dir),
        assistant_urls=assistant_urls,
        assistant_token=given["ASSISTANT_TOKEN"] or kept_secret(run_dir / "assistant-token"),
        clinic_file=base_dir / given["CLINIC_FILE"],
        allowed_hosts=tuple(host.strip() for host in hosts.split(",") if host.strip()),
        public_url=given["PUBLIC_URL"].rstrip("/"),
        proxy_count=_number("PROXY_COUNT", given["PROXY_COUNT"], at_least=0),
        staff_idle_minutes=_number("STAFF_IDLE_MINUTES", given["STAFF_IDLE_MINUTES"], at_least=1),
        staff_session_hours=_number("STAFF_SESSION_HOURS", given["STAFF_SESSION_HOURS"], at_least=1),
        **_notifications(given),
        run_dir=run_dir,
    )


def kept_secret(path: Path) -> str:
    """Return the secret in `path`, made and stored for its owner alone the first time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="ascii") as file:
            path.chmod(0o600)
            file.write(secrets.token_urlsafe(48))
    except FileExistsError:
        pass
    secret = path.read_text(encoding="ascii").strip()
    if len(secret) < 32:
        raise ConfigurationError(f"{path} holds no usable secret: delete it to have a new one made")
    return secret


def _require(values: Mapping[str, str], *names: str) -> None:
    missing = [name for name in names if not values.get(name, "").strip()]
    if missing:
        raise ConfigurationError(f"set {' and '.join(missing)} (required in production)")


def _number(name: str, value: str, *, at_least: int) -> int:
    if not (value.isascii() and value.isdigit() and at_least <= int(value) <= 10_000):
        raise ConfigurationError(f"set {name} to a whole number from {at_least} to 10000, not {value!r}")
    return int(value)


def _check_url(name: str, value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigurationError(f"set {name} to an address that starts with http:// or https://, not {value!r}")


def _notifications(given: Mapping[str, str]) -> dict[str, Any]:
    to = tuple(address.strip() for address in given["NOTIFY_EMAIL_TO"].split(",") if address.strip())
    if any("@" not in address for address in to):
        raise ConfigurationError("set NOTIFY_EMAIL_TO to e-mail addresses with commas between them")
    if to and not given["EMAIL_URL"]:
        raise ConfigurationError("set EMAIL_URL too: NOTIFY_EMAIL_TO needs a mail server")
    try:
        server = read_mail_server(given["EMAIL_URL"]) if given["EMAIL_URL"] else None
    except ValueError:
        raise ConfigurationError("set EMAIL_URL to smtp://host, smtp+tls://user:password@host or smtps://...") from None
    if given["NOTIFY_WEBHOOK_URL"]:
        _check_url("NOTIFY_WEBHOOK_URL", given["NOTIFY_WEBHOOK_URL"])
        if len(given["NOTIFY_WEBHOOK_SECRET"]) < MIN_WEBHOOK_SECRET:
            raise ConfigurationError(f"set NOTIFY_WEBHOOK_SECRET to at least {MIN_WEBHOOK_SECRET} random characters")
    return {
        "notify_email_to": to,
        "mail_server": server,
        "email_from": given["EMAIL_FROM"] or f"desk@{urlsplit(given['PUBLIC_URL']).hostname}",
        "notify_webhook_url": given["NOTIFY_WEBHOOK_URL"],
        "notify_webhook_secret": given["NOTIFY_WEBHOOK_SECRET"],
    }


def _database_url(value: str, run_dir: Path) -> str:
    if not value:
        run_dir.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{run_dir / 'desk.sqlite3'}"
    try:
        dj_database_url.parse(value)
    except (ValueError, KeyError):
        value = ""
    if value.partition(":")[0] not in DATABASE_SCHEMES:
        raise ConfigurationError("set DATABASE_URL to sqlite:///path or postgresql://user:password@host/name")
    return value
