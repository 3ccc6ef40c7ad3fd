"""Django's settings. All that differs between installations comes from `desk/environment.py`."""

from __future__ import annotations

import importlib
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import dj_database_url

from desk.environment import ConfigurationError, Environment, read_environment
from desk.web.limits import MAX_WEBHOOK_BYTES

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
WHATSAPP = ENV.whatsapp

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_htmx",
    "axes",
    "desk",
    "desk.conversations",
    "desk.handoffs",
    "desk.notifications",
    "desk.review",
    "desk.staff",
    "desk.web",
    "desk.whatsapp",
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
        # Only what `desk.prepared` runs is prepared; a pooler before the database must allow it.
        "prepare_threshold": 1,
        # A process that stops in the middle of a transaction must not keep a conversation's lock.
        "options": "-c lock_timeout=8s -c idle_in_transaction_session_timeout=15s",
        **DATABASES["default"].get("OPTIONS", {}),
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "staff.User"
LOGIN_URL = "/staff/login/"
LOGIN_REDIRECT_URL = "/staff/"
LOGOUT_REDIRECT_URL = "/staff/login/"
# The first one slows guessing down (django-axes); it knows no users itself.
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
# The second reads passwords stored before; at the next login they are stored anew by the first.
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_CLIENT_IP_CALLABLE = "desk.addresses.client_address"
AXES_DISABLE_ACCESS_LOG = True  # the audit trail tells who logged in
AXES_VERBOSE = False
# desk.staff.views.login asks for the lockout itself, in both languages, so its middleware is not needed.
SILENCED_SYSTEM_CHECKS = ["axes.W002"]

STAFF_IDLE = timedelta(minutes=ENV.staff_idle_minutes)
STAFF_SESSION = timedelta(hours=ENV.staff_session_hours)
# A __Host- cookie is bound to this very host, but browsers ask that its path be "/".
_PREFIX, _COOKIE_PATH = ("__Host-", "/") if ENV.secure else ("", "/staff/")
SESSION_COOKIE_NAME = f"{_PREFIX}desk_session"
SESSION_COOKIE_PATH = _COOKIE_PATH
SESSION_COOKIE_AGE = int(STAFF_SESSION.total_seconds())
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = ENV.secure
# Lax, not Strict: a link in a notification opens the conversation without another login.
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_PREFIX}desk_csrf"
CSRF_COOKIE_PATH = _COOKIE_PATH
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_FAILURE_VIEW = "desk.staff.access.csrf_failure"
CSRF_TRUSTED_ORIGINS = [ENV.public_url]

# A webhook body of WhatsApp; `desk.web.limits` holds every other path to much less.
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_WEBHOOK_BYTES
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
    "formatters": {
        "line": {
            "()": "desk.whatsapp.masking.MaskingFormatter",
            "format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["request_id"]}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # httpx logs every request; Django's request log would repeat what the access log says.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        # who logs in stands in the audit trail
        "axes": {"level": "WARNING"},
    },
}
