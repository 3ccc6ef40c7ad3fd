"""The means by which staff are told: e-mail, and a signed webhook that Slack and its like understand."""

from __future__ import annotations

import hashlib
import hmac
import json
import smtplib
import time
from collections.abc import Callable

import httpx
from django.conf import settings
from django.core.mail import EmailMessage

from desk.notifications.models import Notification

TIMEOUT_SECONDS = 10.0
SIGNATURE_HEADER = "X-Desk-Signature"
TIMESTAMP_HEADER = "X-Desk-Timestamp"
MESSAGE_ID_HEADER = "X-Desk-Notification"

Means = Notification.Means


class MeansNotConfigured(Exception):
    """No address is set for this means."""


class NotDelivered(Exception):
    """The other side did not take it; the text says why without telling an address or a secret."""

    def __init__(self, error: str, *, retry_after: float | None = None) -> None:
        super().__init__(error)
        self.retry_after = retry_after


def means_configured() -> list[Notification.Means]:
    """The means that have somewhere to send to."""
    addresses = {Means.EMAIL: settings.NOTIFY_EMAIL_TO, Means.WEBHOOK: settings.NOTIFY_WEBHOOK_URL}
    return [means for means, address in addresses.items() if address]


def send(notification: Notification) -> None:
    """Deliver one notification; raises NotDelivered."""
    means = Means(notification.means)
    if means not in means_configured():
        raise NotDelivered("no address is set for it any more")
    _SENDERS[means](notification)


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """What the receiver computes too: HMAC-SHA256 over "v1:<timestamp>:<body>"."""
    signed = b"v1:" + timestamp.encode() + b":" + body
    return "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def _send_email(notification: Notification) -> None:
    message = EmailMessage(
        subject=notification.subject,
        body=notification.payload["text"],
        to=list(settings.NOTIFY_EMAIL_TO),
        headers={MESSAGE_ID_HEADER: str(notification.pk)},
    )
    try:
        message.send()
    except smtplib.SMTPResponseException as error:
        raise NotDelivered(f"the mail server answered {error.smtp_code}") from error
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(f"the mail server: {type(error).__name__}") from error


def _send_webhook(notification: Notification) -> None:
    """Post {"text": ...}. A notification may come twice, after a lost answer: its id tells."""
    body = json.dumps({"text": notification.payload["text"]}, ensure_ascii=False).encode()
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        TIMESTAMP_HEADER: timestamp,
        SIGNATURE_HEADER: signature(settings.NOTIFY_WEBHOOK_SECRET, timestamp, body),
        MESSAGE_ID_HEADER: str(notification.pk),
    }
    try:
        answer = httpx.post(settings.NOTIFY_WEBHOOK_URL, content=body, headers=headers, timeout=TIMEOUT_SECONDS)
    except httpx.HTTPError as error:
        raise NotDelivered(f"the webhook: {type(error).__name__}") from error
    if not answer.is_success:
        asked = answer.headers.get("Retry-After", "")
        raise NotDelivered(
            f"the webhook answered {answer.status_code}", retry_after=float(asked) if asked.isdigit() else None
        )


_SENDERS: dict[Notification.Means, Callable[[Notification], None]] = {
    Means.EMAIL: _send_email,
    Means.WEBHOOK: _send_webhook,
}
