"""Django's settings. All that differs between installations comes from `desk/environment.py`."""

from __future__ import annotations

import importlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url

from desk.environment import ConfigurationError, Environment, read_environment

BASE_DIR = Path(__file__).resolve().parent.parent


def _read() -> Environment:
    try:
        environment = read_environment(os.environ, BASE_DIR)
        if environment.production:
            _check_clinic(environment.clinic_file)
    except ConfigurationError as error:
        raise SystemExit(f"desk: {error}") from None
    return environment


def _check_clinic(path: Path) -> None:
    """Refuse to serve patients with the example facts of clinic.yml."""
    try:
        clinic = importlib.import_module("assistant.clinic")
    except ModuleNotFoundError:
        return
    try:
        clinic.check_ready_for_production(path)
    except (ValueError, OSError) as error:
        raise ConfigurationError(" ".join(str(error).split())) from None


ENV = _read()

SECRET_KEY = ENV.secret_key
DEBUG = False
ALLOWED_HOSTS = list(ENV.allowed_hosts)
PUBLIC_URL = ENV.public_url
RUN_DIR = ENV.run_dir
CLINIC_FILE = ENV.clinic_file
ASSISTANT_URLS = ENV.assistant_urls
ASSISTANT_TOKEN = ENV.assistant_token
WIDGET_ORIGINS = ENV.widget_origins
TRUSTED_PROXIES = ENV.trusted_proxies
VISITOR_TOKEN_LIFETIME = timedelta(minutes=ENV.visitor_token_minutes)
VISITOR_RETURN_WITHIN = timedelta(days=ENV.visitor_return_days)
RATE_VISITOR_MESSAGES = ENV.rate_visitor_messages
RATE_ADDRESS_VISITORS = ENV.rate_address_visitors
RATE_ADDRESS_REQUESTS = ENV.rate_address_requests

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "desk",
    "desk.conversations",
    "desk.handoffs",
    "desk.notifications",
    "desk.staff",
    "desk.web",
]
# Patients' paths carry no cookie at all: session, CSRF token and login exist under /staff/ alone.
MIDDLEWARE = [
    "desk.request_ids.request_ids",
    "desk.middleware.security_headers",
    "desk.middleware.static_files",
    "desk.middleware.staff_session",
    "desk.middleware.staff_login",
]
ROOT_URLCONF = "desk.urls"
ASGI_APPLICATION = "desk.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request"]},
    }
]

DATABASES: dict[str, Any] = {"default": dj_database_url.parse(ENV.database_url)}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 10,
        # Writers queue for the lock instead of failing when two readers both want to write.
        "transaction_mode": "IMMEDIATE",
        # FULL: what was acknowledged to a patient survives a power cut.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
else:
    DATABASES["default"]["OPTIONS"] = {
        "connect_timeout": 5,
        # A peer that vanished is noticed; one that hangs is left by `desk.database` after a while.
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 20_000,
        # A process that stops in the middle of a transaction must not keep a conversation's lock.
        "options": "-c lock_timeout=8s -c idle_in_transaction_session_timeout=15s",
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "staff.User"
LOGIN_URL = "/staff/login/"
LOGIN_REDIRECT_URL = "/staff/"
LOGOUT_REDIRECT_URL = "/staff/login/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SESSION_COOKIE_PATH = "/staff/"
SESSION_COOKIE_NAME = "desk_session"
SESSION_COOKIE_AGE = 12 * 60 * 60
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.secure
CSRF_COOKIE_PATH = "/staff/"
CSRF_COOKIE_HTTPONLY = True
CSRF_TRUSTED_ORIGINS = [ENV.public_url]

NOTIFY_EMAIL_TO = ENV.notify_email_to
NOTIFY_WEBHOOK_URL = ENV.notify_webhook_url
NOTIFY_WEBHOOK_SECRET = ENV.notify_webhook_secret
DEFAULT_FROM_EMAIL = ENV.email_from
EMAIL_TIMEOUT = 10
if ENV.mail_server:
    EMAIL_HOST, EMAIL_PORT = ENV.mail_server.host, ENV.mail_server.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = ENV.mail_server.user, ENV.mail_server.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = ENV.mail_server.starttls, ENV.mail_server.tls

USE_TZ = True
TIME_ZONE = "Asia/Riyadh"
LANGUAGE_CODE = "en"
USE_I18N = False

STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 300
WHITENOISE_ALLOW_ALL_ORIGINS = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request_id": {"()": "desk.request_ids.RequestIdFilter"}},
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # httpx logs every request; Django's request log would repeat what the access log says.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
    },
}
