"""Every setting of the desk: its name, its default and what it is for. Nothing else reads the environment."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dj_database_url

from desk.mail_server import MailServer, read_mail_server

DEVELOPMENT = "development"
PRODUCTION = "production"
MIN_WEBHOOK_SECRET = 16
Network = IPv4Network | IPv6Network
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
    Setting("WHATSAPP_PHONE_NUMBER_ID", "", "WhatsApp: the number's id in Meta's API. Empty: no WhatsApp."),
    Setting("WHATSAPP_ACCESS_TOKEN", "", "WhatsApp: the system user's token that sends messages."),
    Setting("WHATSAPP_APP_SECRET", "", "WhatsApp: the app's secret that signs what Meta posts."),
    Setting("WHATSAPP_VERIFY_TOKEN", "", "WhatsApp: any random text, entered with the webhook's address."),
    Setting("WHATSAPP_API_VERSION", "v26.0", "WhatsApp: the version of Meta's Graph API."),
    Setting("WHATSAPP_GRAPH_URL", "https://graph.facebook.com", "WhatsApp: another address for tests."),
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
    Setting("WIDGET_ORIGINS", "", "Other websites that show the chat, with commas: https://www.clinic.example"),
    Setting(
        "TRUSTED_PROXIES",
        "",
        "Reverse proxies whose X-Forwarded-For is believed, with commas: addresses or networks (10.0.0.0/8).",
    ),
    Setting("VISITOR_TOKEN_MINUTES", "30", "So long a website visitor's token opens the chat; it renews itself."),
    Setting("VISITOR_RETURN_DAYS", "90", "A website visitor who returns within so many days finds the chat again."),
    Setting("RATE_VISITOR_MESSAGES", "20", "Messages a minute from one website visitor; 0: no limit."),
    Setting("RATE_ADDRESS_VISITORS", "120", "New website visitors an hour from one address; 0: no limit."),
    Setting("RATE_ADDRESS_REQUESTS", "600", "Requests a minute to the chat from one address; 0: no limit."),
)
WHATSAPP_SECRETS = (
    "WHATSAPP_PHONE_NUMBER_ID",
    "WHATSAPP_ACCESS_TOKEN",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_VERIFY_TOKEN",
)
_API_VERSION = re.compile(r"v\d{1,3}\.\d{1,2}")


@dataclass(frozen=True)
class WhatsAppSettings:
    phone_number_id: str
    access_token: str
    app_secret: str
    verify_token: str
    api_version: str
    graph_url: str


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
    staff_idle_minutes: int
    staff_session_hours: int
    notify_email_to: tuple[str, ...]
    mail_server: MailServer | None
    email_from: str
    notify_webhook_url: str
    notify_webhook_secret: str
    widget_origins: tuple[str, ...]
    trusted_proxies: tuple[Network, ...]
    visitor_token_minutes: int
    visitor_return_days: int
    rate_visitor_messages: int
    rate_address_visitors: int
    rate_address_requests: int
    run_dir: Path
    whatsapp: WhatsAppSettings | None

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
        allowed_hosts=_list(hosts),
        public_url=given["PUBLIC_URL"].rstrip("/"),
        staff_idle_minutes=_number("STAFF_IDLE_MINUTES", given["STAFF_IDLE_MINUTES"], at_least=1),
        staff_session_hours=_number("STAFF_SESSION_HOURS", given["STAFF_SESSION_HOURS"], at_least=1),
        **_notifications(given),
        **_website(given),
        run_dir=run_dir,
        whatsapp=_whatsapp(given),
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


def _list(value: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in value.split(",") if part.strip())


def _whatsapp(given: Mapping[str, str]) -> WhatsAppSettings | None:
    """WhatsApp is on with all of its secrets and off with none."""
    missing = [name for name in WHATSAPP_SECRETS if not given[name]]
    if len(missing) == len(WHATSAPP_SECRETS):
        return None
    if missing:
        raise ConfigurationError(f"set {' and '.join(missing)} too, or none of WhatsApp's settings")
    if not given["WHATSAPP_PHONE_NUMBER_ID"].isdigit():
        raise ConfigurationError("set WHATSAPP_PHONE_NUMBER_ID to the number's id: digits only")
    if not _API_VERSION.fullmatch(given["WHATSAPP_API_VERSION"]):
        raise ConfigurationError(f"set WHATSAPP_API_VERSION like v26.0, not {given['WHATSAPP_API_VERSION']!r}")
    _check_url("WHATSAPP_GRAPH_URL", given["WHATSAPP_GRAPH_URL"])
    return WhatsAppSettings(
        phone_number_id=given["WHATSAPP_PHONE_NUMBER_ID"],
        access_token=given["WHATSAPP_ACCESS_TOKEN"],
        app_secret=given["WHATSAPP_APP_SECRET"],
        verify_token=given["WHATSAPP_VERIFY_TOKEN"],
        api_version=given["WHATSAPP_API_VERSION"],
        graph_url=given["WHATSAPP_GRAPH_URL"].rstrip("/"),
    )


def _number(name: str, value: str, *, at_least: int) -> int:
    if not (value.isascii() and value.isdigit() and at_least <= int(value) <= 10_000):
        raise ConfigurationError(f"set {name} to a whole number from {at_least} to 10000, not {value!r}")
    return int(value)


def _origin(name: str, value: str) -> str:
    """Return a website's origin as browsers write it."""
    parts = urlsplit(value.rstrip("/").lower())
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query or parts.fragment:
        raise ConfigurationError(
            f"set {name} to origins like https://www.clinic.example, without a path, not {value!r}"
        )
    return f"{parts.scheme}://{parts.netloc}"


def _network(name: str, value: str) -> Network:
    try:
        return ip_network(value)
    except ValueError:
        raise ConfigurationError(f"set {name} to addresses or networks like 10.0.0.0/8, not {value!r}") from None


def _check_url(name: str, value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ConfigurationError(f"set {name} to an address that starts with http:// or https://, not {value!r}")


def _website(given: Mapping[str, str]) -> dict[str, Any]:
    numbers = {
        "VISITOR_TOKEN_MINUTES": 1,
        "VISITOR_RETURN_DAYS": 1,
        "RATE_VISITOR_MESSAGES": 0,
        "RATE_ADDRESS_VISITORS": 0,
        "RATE_ADDRESS_REQUESTS": 0,
    }
    return {
        "widget_origins": tuple(_origin("WIDGET_ORIGINS", each) for each in _list(given["WIDGET_ORIGINS"])),
        "trusted_proxies": tuple(_network("TRUSTED_PROXIES", each) for each in _list(given["TRUSTED_PROXIES"])),
        **{name.lower(): _number(name, given[name], at_least=least) for name, least in numbers.items()},
    }


def _notifications(given: Mapping[str, str]) -> dict[str, Any]:
    to = _list(given["NOTIFY_EMAIL_TO"])
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
