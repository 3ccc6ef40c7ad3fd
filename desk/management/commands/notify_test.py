"""Send a test notification: `python manage.py notify_test --means email`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from desk.notifications.means import means_configured
from desk.notifications.models import Notification
from desk.notifications.services import notification_send_test


class Command(BaseCommand):
    help = "Send a test notification by every means that is configured, or by one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--means", choices=Notification.Means.values)

    def handle(self, *args: Any, **options: Any) -> None:
        configured = means_configured()
        asked = [Notification.Means(options["means"])] if options["means"] else configured
        if not asked or not set(asked) <= set(configured):
            raise CommandError("nothing to send to: set NOTIFY_EMAIL_TO and EMAIL_URL, or NOTIFY_WEBHOOK_URL")
        failed = False
        for means in asked:
            notification = notification_send_test(means=means)
            failed |= notification.state != Notification.State.SENT
            self.stdout.write(f"{means.value}: {notification.last_error or 'sent'}")
        if failed:
            raise CommandError("not every test arrived")
