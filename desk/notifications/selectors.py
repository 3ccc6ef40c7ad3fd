"""Reading notifications."""

from __future__ import annotations

from django.db.models import QuerySet

from desk.notifications.models import Notification


def notifications_dead() -> QuerySet[Notification]:
    """What staff were never told, the latest first."""
    return Notification.objects.filter(state=Notification.State.DEAD).select_related("handoff").order_by("-pk")
