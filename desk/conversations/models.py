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
    WHATSAPP = "whatsapp"


class Direction(models.TextChoices):
    IN = "in"
    OUT = "out"


class Author(models.TextChoices):
    PATIENT = "patient"
    BOT = "bot"
    STAFF = "staff"
    SYSTEM = "system"


class Kind(models.TextChoices):
    """What a message is made of, in the words of WhatsApp's Cloud API."""

    TEXT = "text"
    CHOICE = "choice"
    IMAGE = "image"
    AUDIO = "audio"
    VIDEO = "video"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    REACTION = "reaction"
    ORDER = "order"
    SYSTEM = "system"
    UNSUPPORTED = "unsupported"


class Delivery(models.TextChoices):
    """How far an outgoing message has come. On the website a stored message is a sent one: the stream reads it."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed", "Failed: the channel refused it for good"
    UNCERTAIN = "uncertain", "Uncertain: the channel's answer was lost, so it is never resent by itself"
    DEAD = "dead", "Dead letter: every try failed"


class Person(models.Model):
    """Someone who writes to the clinic; how a channel knows them is an alias."""

    id = models.CharField(primary_key=True, max_length=ID_MAX_LENGTH, default=person_id, editable=False)
    display_name = models.CharField(max_length=200, blank=True, help_text="As the channel gives it.")
    created_at = models.DateTimeField(auto_now_add=True)


class ChannelIdentity(models.Model):
    class Kind(models.TextChoices):
        VISITOR = "visitor"
        PHONE = "wa_id"
        BUSINESS_SCOPED = "bsuid"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="identities")
    channel = models.CharField(max_length=16, choices=Channel)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.VISITOR)
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
    patient_last_at = models.DateTimeField(null=True, blank=True, help_text="Opens WhatsApp's 24 hours.")
    staff_read_sequence = models.PositiveIntegerField(default=0, help_text="Staff have seen up to here.")
    lease_owner = models.CharField(max_length=ID_MAX_LENGTH, blank=True, help_text="The worker that answers it now.")
    lease_until = models.DateTimeField(null=True, blank=True, help_text="From then on another worker may take it.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_activity_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=["last_activity_at"], name="conversations_by_activity"),)

    @property
    def speaks(self) -> str:
        """The language for texts of our own; Arabic until something says otherwise."""
        return self.language_fixed or self.language or Language.ARABIC

    def begin_in(self, language: str) -> None:
        """With its first message a conversation speaks the language of the page, until a text tells more."""
        if language and self.last_sequence == 0:
            self.language = language


class Message(models.Model):
    class State(models.TextChoices):
        RECEIVED = "received"
        ANSWERED = "answered"
        APOLOGISED = "apologised"
        WITH_STAFF = "with_staff"
        NOTED = "noted", "Noted: asks for no answer (a reaction, a deletion)"
        DEAD = "dead", "Dead letter: the desk failed on it again and again"

    id = models.CharField(primary_key=True, max_length=ID_MAX_LENGTH, default=message_id, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    sequence = models.PositiveIntegerField(help_text="1, 2, 3... in its conversation, in the order of commits.")
    direction = models.CharField(max_length=3, choices=Direction)
    author = models.CharField(max_length=8, choices=Author)
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.TEXT)
    text = models.TextField(blank=True, help_text="As it came; a character no database can hold is U+FFFD.")
    raw = models.JSONField(null=True, blank=True, help_text="The original, where storing changed it.")
    attachment = models.JSONField(
        null=True, blank=True, help_text="media_id, mime_type, filename, sha256, caption; location; contacts."
    )
    edits = models.JSONField(default=list, blank=True, help_text="Earlier texts, oldest first: [{text, until}].")
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="When the patient deleted it.")
    choice = models.CharField(max_length=128, blank=True)
    buttons = models.JSONField(default=list, blank=True)
    language = models.CharField(max_length=2, choices=Language, blank=True)
    risk = models.JSONField(null=True, blank=True, help_text="The desk's own screen; null until screened.")
    understanding = models.JSONField(null=True, blank=True, help_text="What the assistant understood.")
    answer_name = models.CharField(max_length=100, blank=True)
    answer_version = models.CharField(max_length=100, blank=True)
    parts = models.JSONField(
        default=list, blank=True, help_text="Of a bubble of several answers: [{answer, version, text}], in order."
    )
    feedback = models.SmallIntegerField(null=True, blank=True, help_text="The patient's thumb: 1 up, -1 down.")
    request_id = models.CharField(max_length=ID_MAX_LENGTH, blank=True, help_text="The request it came with.")
    channel = models.CharField(max_length=16, choices=Channel)
    channel_message_id = models.CharField(max_length=200, null=True, blank=True)
    in_reply_to = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="replies")
    state = models.CharField(max_length=10, choices=State, blank=True, help_text="Of an inbound message.")
    delivery = models.CharField(max_length=9, choices=Delivery, blank=True, help_text="Of an outgoing message.")
    delivery_attempts = models.PositiveSmallIntegerField(default=0)
    delivery_error = models.CharField(max_length=300, blank=True, help_text="The channel's last error, in words.")
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="When an inbound message left 'received'.")
    take_ups = models.PositiveSmallIntegerField(
        default=0, help_text="How often a worker began on this inbound message: it gives up after a few."
    )
    dealt_with_at = models.DateTimeField(
        null=True, blank=True, help_text="When staff said that they have looked after a send in doubt or a dead letter."
    )
    channel_time = models.DateTimeField(null=True, blank=True, help_text="When the channel says it was sent.")
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
        indexes = (
            models.Index(F("conversation"), F("sequence"), name="inbox", condition=Q(state="received")),
            models.Index(
                F("next_attempt_at"), name="outbox", condition=Q(delivery__in=["pending", "sending", "uncertain"])
            ),
            models.Index(F("created_at"), name="messages_by_time"),
            # Few rows that staff pages ask for again and again, among all the messages there are
            models.Index(F("created_at"), name="messages_dead", condition=Q(state="dead")),
            models.Index(
                F("created_at"), name="messages_unsure", condition=Q(delivery__in=["uncertain", "failed", "dead"])
            ),
        )

    @property
    def answer_names(self) -> tuple[str, ...]:
        """The names of the answers in this bubble, in order."""
        return tuple(part["answer"] for part in self.parts) or ((self.answer_name,) if self.answer_name else ())


class EarlyReport(models.Model):
    """A channel's word about a message that the desk does not know by that id yet; it goes once it is applied."""

    channel = models.CharField(max_length=16, choices=Channel)
    external_id = models.CharField(max_length=200)
    status = models.CharField(max_length=9, choices=Delivery)
    at = models.DateTimeField()
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["channel", "external_id", "status"], name="one_early_report_per_status"),
        )


class Note(models.Model):
    """What staff write to each other about a conversation; no patient sees it."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="notes")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("created_at",)
