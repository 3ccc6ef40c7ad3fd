from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ReviewConfig(AppConfig):
    name = "desk.review"
    label = "review"

    def ready(self) -> None:
        post_migrate.connect(_keep_triggers, sender=self, dispatch_uid="review_triggers")


def _keep_triggers(using: str, **signal: Any) -> None:
    """After every migration: SQLite drops a table's triggers when another migration rebuilds the table."""
    from desk.review.triggers import ensure_triggers

    ensure_triggers(using)
