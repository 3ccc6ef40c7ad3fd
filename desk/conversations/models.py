"""People, their conversations and every message in or out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from desk.identifiers import ID_MAX_LENGTH, conversation_id, message_id, person_id


class Language(models.TextChoices):
    ARABIC = "ar"
    ENGLISH = "en"


class Channel(models.TextChoices):
    WEB = "web"


class Direction(models.TextChoices):
    IN = "in"
    OUT = "out"


class Author(models.TextChoices):
    PATIENT = "patient"
    BOT = "bot"
    STAFF = "staff"
    SYSTEM = "system"


class Person(models.Model):
    """Someone who writes to the clinic; how a channel knows them is an alias."""

    id = models.CharField(primary_key=True, max_length=ID_MAX_LENGTH, default=person_id, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)


class ChannelIdentity(models.Model):
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities")
    channel = models.CharField(max_length=16, choices=Channel)
    external_id = models.CharField(max_length=200)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["channel", "external_id"], name="one_identity_per_channel_id"),)


class Conversation(models.Model):
    class Status(models.TextChoices):
        BOT = "bot"
        WAITING = "waiting"
        STAFF = "staff"

    id = models.CharField(primary_key=True, max_length=ID_MAX_LENGTH, default=conversation_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="conversations")
    channel = models.CharField(max_length=16, choices=Channel)
    status = models.CharField(max_length=8, choices=Status, default=Status.BOT)
    language = models.CharField(max_length=2, choices=Language, blank=True, help_text="What it spoke last.")
    language_fixed = models.CharField(max_length=2, choices=Language, blank=True, help_text="What the patient chose.")
    assistant_state = models.JSONField(null=True, blank=True, help_text="Opaque: the assistant's, kept for it here.")
    last_sequence = models.PositiveIntegerField(default=0)
    privacy_told_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    last_activity_at = models.DateTimeField(auto_now_add=True)

    @property
    def speaks(self) -> str:
        """The language for texts of our own; Arabic until something says otherwise."""
        return self.language_fixed or self.language or Language.ARABIC


class Message(models.Model):
    class State(models.TextChoices):
        RECEIVED = "received"
        ANSWERED = "answered"
        APOLOGISED = "apologised"
        WITH_STAFF = "with_staff"

    id = models.CharField(primary_key=True, max_length=ID_MAX_LENGTH, default=message_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    sequence = models.PositiveIntegerField(help_text="1, 2, 3... in its conversation, in the order of commits.")
    direction = models.CharField(max_length=3, choices=Direction)
    author = models.CharField(max_length=8, choices=Author)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    text = models.TextField(blank=True, help_text="As it came; a character no database can hold is U+FFFD.")
    raw = models.JSONField(null=True, blank=True, help_text="The original, where storing changed it.")
    choice = models.CharField(max_length=128, blank=True)
    buttons = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=2, choices=Language, blank=True)
    risk = models.JSONField(null=True, blank=True, help_text="The desk's own screen; null until screened.")
    understanding = models.JSONField(null=True, blank=True, help_text="What the assistant understood.")
    answer_name = models.CharField(max_length=100, blank=True)
    answer_version = models.CharField(max_length=100, blank=True)
    channel = models.CharField(max_length=16, choices=Channel)
    channel_message_id = models.CharField(max_length=200, null=True, blank=True)
    in_reply_to = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replies")
    state = models.CharField(max_length=10, choices=State, blank=True, help_text="Of an inbound message.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("conversation", "sequence")
        constraints = (
            models.UniqueConstraint(fields=["conversation", "sequence"], name="one_message_per_sequence"),
            models.UniqueConstraint(fields=["channel", "channel_message_id"], name="one_message_per_channel_id"),
            models.CheckConstraint(
                condition=Q(direction=Direction.OUT, state="") | (Q(direction=Direction.IN) & ~Q(state="")),
                name="inbound_has_a_state",
            ),
        )
        indexes = (models.Index(F("conversation"), F("sequence"), name="inbox", condition=Q(state="received")),)
