"""What WhatsApp says about our messages: handed to the deliveries, in any order."""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone

from desk.conversations.deliveries import Report, deliveries_report
from desk.conversations.models import Channel, Delivery, Direction, Message
from desk.whatsapp.errors import stored_error
from desk.whatsapp.events import StatusChanged

DELIVERIES = {
    "sent": Delivery.SENT,
    "delivered": Delivery.DELIVERED,
    "read": Delivery.READ,
    "played": Delivery.READ,
    "failed": Delivery.FAILED,
}


def conversations_reported(statuses: Sequence[StatusChanged]) -> set[str]:
    """The conversations that these statuses are about, to be locked beforehand."""
    if not statuses:
        return set()
    known = Q(channel_message_id__in={status.wamid for status in statuses})
    named = Q(pk__in={status.our_id for status in statuses if status.our_id})
    found = Message.objects.filter(known | named, channel=Channel.WHATSAPP, direction=Direction.OUT)
    return set(found.values_list("conversation_id", flat=True))


def statuses_apply(statuses: Sequence[StatusChanged]) -> None:
    """Report them; a status that the desk has no use for (a deletion, one of the future) changes nothing."""
    now = timezone.now()
    reports = []
    for status in statuses:
        delivery = DELIVERIES.get(status.status)
        if delivery is not None:
            error = stored_error(status.code, status.error) if delivery == Delivery.FAILED else ""
            at = status.at or now
            reports.append(Report(Channel.WHATSAPP, status.wamid, delivery, at, error, status.our_id))
    if reports:
        deliveries_report(reports)
