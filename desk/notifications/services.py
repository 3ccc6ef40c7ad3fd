"""Telling staff outside the desk. A notification is stored with what it tells of, and delivered afterwards."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from desk.handoffs.models import Handoff
from desk.notifications.means import MeansNotConfigured, NotDelivered, means_configured, send
from desk.notifications.models import Notification, Occasion

TEXTS_FILE = Path(__file__).with_name("texts.yml")


@transaction.atomic
def notifications_add(*, handoff: Handoff, occasion: Occasion) -> list[Notification]:
    """Queue one for each means that is configured, in the transaction of what it tells of."""
    link = settings.PUBLIC_URL + reverse("staff:handoff", args=[handoff.pk])
    content = _content(occasion, link, urgency=handoff.urgency, since=handoff.opened_at)
    return [Notification.objects.create(means=means, handoff=handoff, **content) for means in means_configured()]


def notification_send_test(*, means: Notification.Means) -> Notification:
    """Send a test at once and tell how it went: its state is SENT, or DEAD with the error.

    Raises MeansNotConfigured.
    """
    if means not in means_configured():
        raise MeansNotConfigured(means)
    content = _content(Occasion.TEST, settings.PUBLIC_URL + reverse("staff:inbox"))
    # Not pending: the deliverer must not take it up as well.
    notification = Notification.objects.create(means=means, state=Notification.State.DEAD, attempts=1, **content)
    try:
        send(notification)
    except NotDelivered as error:
        notification.last_error = str(error)
    else:
        notification.state = Notification.State.SENT
        notification.sent_at = timezone.now()
    notification.save()
    return notification


@transaction.atomic
def notification_retry(*, notification_id: int) -> Notification:
    """Take a dead letter up again, from the first try on."""
    notification = Notification.objects.select_for_update().get(pk=notification_id)
    if notification.state == Notification.State.DEAD:
        notification.state = Notification.State.PENDING
        notification.attempts = 0
        notification.next_attempt_at = timezone.now()
        notification.save()
    return notification


def _content(occasion: Occasion, link: str, *, urgency: str = "", since: datetime | None = None) -> dict[str, Any]:
    lines = [_line(language, occasion, urgency, since) for language in ("ar", "en")]
    subject = " | ".join(line.split("\n")[0] for line in lines)
    payload = {"occasion": occasion.value, "urgency": urgency, "link": link, "text": "\n\n".join([*lines, link])}
    return {"subject": subject, "payload": payload}


def _line(language: str, occasion: Occasion, urgency: str, since: datetime | None) -> str:
    texts = _texts()
    told = str(texts["occasions"][occasion.value][language])
    if urgency:
        told = f"{texts['urgencies'][urgency][language]}: {told}"
    if since is None:
        return told
    moment = timezone.localtime(since).strftime("%Y-%m-%d %H:%M")
    return f"{told}\n{texts['waiting'][language].format(since=moment)}"


@cache
def _texts() -> dict[str, Any]:
    texts: dict[str, Any] = yaml.safe_load(TEXTS_FILE.read_text(encoding="utf-8"))
    return texts
