"""Bring review's facts up to date: `python manage.py review_catch_up [--all]`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from desk.conversations.models import Message
from desk.review.services.facts import facts_catch_up, facts_pending_mark

BATCH = 5_000


class Command(BaseCommand):
    help = "Make the facts of messages that changed; --all: of every message, after the rules for them changed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="look at every message anew")

    def handle(self, *arguments: Any, **options: Any) -> None:
        if options["all"]:
            ids = list(Message.objects.order_by("created_at").values_list("pk", flat=True))
            for start in range(0, len(ids), BATCH):
                facts_pending_mark(ids[start : start + BATCH])
        done = 0
        while taken := facts_catch_up(most=BATCH):
            done += taken
            self.stdout.write(f"{done} ...")
        self.stdout.write("Review is up to date.")
