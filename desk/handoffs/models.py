"""A conversation that needs a human, and what happened to it."""

from __future__ import annotations

from typing import Any, NoReturn

from django.conf import settings
from django.db import models
from django.db.models import Q

from desk.conversations.models import Conversation, Message
from desk.identifiers import ID_MAX_LENGTH, handoff_id


class Urgency(models.TextChoices):
    ROUTINE = "routine"
    URGENT = "urgent"
    EMERGENCY = "emergency"

    @property
    def rank(self) -> int:
        return list(Urgency).index(self)


class Handoff(models.Model):
    class Status(models.TextChoices):
        OPEN = "open"
        CLAIMED = "claimed"
        CLOSED = "closed"

    id = models.CharField(primary_key=True, max_length=ID_MAX_LENGTH, default=handoff_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="handoffs")
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    reason = models.CharField(max_length=64)
    urgency = models.CharField(max_length=9, choices=Urgency, default=Urgency.ROUTINE)
    categories = models.JSONField(default=list, blank=True, help_text="Risk categories; while any, the guard is up.")
    summary = models.TextField(blank=True)
    opened_at = models.DateTimeField(auto_now_add=True)
    promised_at = models.DateTimeField(null=True, blank=True, help_text="When the patient was told to expect a reply.")
    escalates_at = models.DateTimeField(null=True, blank=True, help_text="Unclaimed until then: it escalates.")
    escalated_at = models.DateTimeField(null=True, blank=True)
    alarm_at = models.DateTimeField(null=True, blank=True, help_text="A danger sign that nobody has acknowledged yet.")
    contact_phone = models.CharField(max_length=20, blank=True, help_text="E.164, as the patient gave it.")
    contact_declined = models.BooleanField(default=False)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="claimed_handoffs",
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["conversation"], condition=Q(status__in=["open", "claimed"]), name="one_open_handoff"
            ),
        )

    @property
    def is_open(self) -> bool:
        return self.status != self.Status.CLOSED


class HandoffEvent(models.Model):
    """The audit trail: rows are added, never changed."""

    class Kind(models.TextChoices):
        OPENED = "opened"
        RAISED = "raised"
        CLAIMED = "claimed"
        REPLIED = "replied"
        TRANSFERRED = "transferred"
        RETURNED = "returned"
        ESCALATED = "escalated"
        ALARM = "alarm"
        ALARM_SEEN = "alarm_seen"
        CONTACT = "contact"
        LATE = "late", "Late: the promised reply did not come in time"
        CLOSED = "closed"

    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=16, choices=Kind)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("id",)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("the audit trail is only added to")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("the audit trail is only added to")


class Presence(models.Model):
    """When a member of staff last did something on the staff pages."""

    staff = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    seen_at = models.DateTimeField()
