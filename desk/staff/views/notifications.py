"""The managers' page of the notifications: by which means staff are told, and whether a test arrives."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from desk.notifications.means import MeansNotConfigured, means_configured
from desk.notifications.models import Notification
from desk.notifications.services import notification_send_test
from desk.staff.access import page, staff_page
from desk.staff.audit import Act, audit_request
from desk.staff.roles import MANAGE
from desk.staff.words import Words, words_for

Means = Notification.Means


@dataclass(frozen=True)
class Row:
    code: str
    words: str
    is_set: bool
    to: str


@staff_page("GET", "HEAD", "POST", needs=(MANAGE,))
def notifications(request: HttpRequest) -> HttpResponse:
    """Show the means; a POST sends a test by one of them and tells how that went."""
    words = words_for(request)
    if request.method != "POST":
        return _shown(request, words)
    asked = request.POST.get("means", "")
    try:
        # Not in a transaction: a slow mail server must not hold the database.
        sent = notification_send_test(means=Means(asked))
    except (ValueError, MeansNotConfigured):
        return _shown(request, words, status=400, error=words["notify_not_set"])
    arrived = sent.state == Notification.State.SENT
    audit_request(request, Act.NOTIFICATION_TESTED, means=asked, sent=arrived)
    by = words.of("means", asked)
    if arrived:
        return _shown(request, words, told=words["notify_sent"].format(means=by))
    return _shown(request, words, error=words["notify_failed"].format(means=by, error=sent.last_error))


def _shown(request: HttpRequest, words: Words, *, status: int = 200, **outcome: str) -> HttpResponse:
    configured = means_configured()
    rows = [Row(means.value, words.of("means", means.value), means in configured, _address(means)) for means in Means]
    return page(request, "staff/notifications.html", {"rows": rows, **outcome}, status=status)


def _address(means: Notification.Means) -> str:
    """Where it goes; of a webhook only the host, since its path may be its secret."""
    if means == Means.EMAIL:
        return ", ".join(settings.NOTIFY_EMAIL_TO)
    return urlsplit(settings.NOTIFY_WEBHOOK_URL).hostname or ""
