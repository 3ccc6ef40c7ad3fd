"""What staff are told outside the desk: an outbox of its own, so that a mail server's fault loses nothing."""

from __future__ import annotations

from enum import Enum

from django.db import models
from django.db.models import Q

from desk.handoffs.models import Handoff


class Occasion(str, Enum):
    OPENED = "opened"
    RAISED = "raised"
    ALARM = "alarm"
    FAULT = "fault"
    ESCALATED = "escalated"
    TEST = "test"


class Notification(models.Model):
    class Means(models.TextChoices):
        EMAIL = "email"
        WEBHOOK = "webhook"

    class State(models.TextChoices):
        PENDING = "pending"
        SENT = "sent"
        DEAD = "dead", "Dead letter: every try failed"

    means = models.CharField(max_length=8, choices=Means)
    subject = models.CharField(max_length=200)
    payload = models.JSONField(help_text="What is told; never a patient's words or number.")
    handoff = models.ForeignKey(Handoff, on_delete=models.CASCADE, null=True, blank=True, related_name="notifications")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(auto_now_add=True)
    last_error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=["next_attempt_at"], name="notifications_due", condition=Q(state="pending")),
            models.Index(fields=["id"], name="notifications_dead", condition=Q(state="dead")),
        )
