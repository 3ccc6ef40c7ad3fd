"""`manage.py reconcile`: print every message that did not end as it should; exit code 1 if there is one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Count

from desk.conversations.models import Direction, Message
from desk.conversations.reconciliation import GRACE, breaks


class Command(BaseCommand):
    help = (
        "Check that every acknowledged message was answered once, is with staff, was apologised for, "
        "noted or is a dead letter."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--grace", type=float, default=GRACE.total_seconds(), help="seconds a message may still be on its way"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the rows; raises CommandError (exit code 1) when there are any."""
        found = list(breaks(grace=timedelta(seconds=options["grace"])))
        for row in found:
            self.stdout.write(f"{row.rule}  {row.message_id}  {row.conversation_id}  {row.state}")
        if found:
            raise CommandError(f"{len(found)} messages did not end as they should")
        inbound = Message.objects.filter(direction=Direction.IN)
        counts = dict(inbound.values_list("state").annotate(count=Count("pk")).order_by("state"))
        shown = ", ".join(f"{state} {count}" for state, count in counts.items()) or "none"
        total = sum(counts.values())
        self.stdout.write(f"{total} messages received ({shown}), every one ended as it should")
