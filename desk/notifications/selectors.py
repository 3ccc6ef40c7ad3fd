"""Reading notifications."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from desk.notifications.models import Notification, Occasion

_NO_TEST = ~Q(payload__occasion=Occasion.TEST) | Q(payload__occasion__isnull=True)


def notifications_dead() -> QuerySet[Notification]:
    """What staff were never told, the latest first; a test that failed is no news that anybody missed."""
    dead = Notification.objects.filter(_NO_TEST, state=Notification.State.DEAD)
    return dead.select_related("handoff").order_by("-pk")
