"""What the website channel keeps beside a conversation."""

from __future__ import annotations

from django.db import models

from desk.conversations.models import Conversation


class Visitor(models.Model):
    """The browser that holds a conversation, and which of its tokens count."""

    conversation = models.OneToOneField(
        Conversation, on_delete=models.CASCADE, primary_key=True, related_name="web_visitor"
    )
    generation = models.PositiveIntegerField(default=1, help_text="Of the tokens in use; the next one is on offer.")
    previous_until = models.DateTimeField(null=True, blank=True, help_text="So long the generation before counts too.")
