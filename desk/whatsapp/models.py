"""What only WhatsApp needs a table for."""

from __future__ import annotations

from django.db import models

from desk.conversations.models import Conversation


class Amendment(models.Model):
    """A patient's edit or deletion, known by its own id so that it counts once; it may come before its message."""

    wamid = models.CharField(max_length=200, unique=True)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    original = models.CharField(max_length=200, db_index=True, help_text="The channel's id of the message it changes.")
    text = models.TextField(null=True, blank=True, help_text="The new text; null: deleted.")
    sent_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True, blank=True)
