"""What review adds to conversations: facts to search and sort by, verdicts, corrections, tags and saved filters."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from desk.conversations.models import Author, Channel, Conversation, Language, Message
from desk.handoffs.models import Handoff


class PendingMessage(models.Model):
    """A message whose facts are no longer right. The database's own triggers write these rows (`triggers.py`)."""

    message_id = models.CharField(max_length=40)


class MessageFacts(models.Model):
    """What the log and the queue ask about a message, in columns that can be indexed; made from the message alone."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="facts")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField()
    author = models.CharField(max_length=8, choices=Author)
    channel = models.CharField(max_length=16, choices=Channel)
    language = models.CharField(max_length=2, choices=Language, blank=True)
    topic = models.CharField(max_length=64, blank=True, help_text="The intent, after fallback, clauses and risk.")
    risk = models.CharField(max_length=9, blank=True, help_text="The graver level of the screen's and the model's.")
    margin = models.FloatField(null=True, help_text="(first - second) / first of the ranking, 0..1.")
    is_fallback = models.BooleanField(default=False)
    is_low_margin = models.BooleanField(default=False)
    is_thumbs_down = models.BooleanField(default=False)
    is_at_odds = models.BooleanField(default=False, help_text="Risk screen and model disagree.")
    neighbours_agree = models.BooleanField(null=True, help_text="With the classifier; null until asked.")
    handoff_verdict = models.CharField(max_length=8, blank=True, help_text="needless or missed, as staff said.")
    is_reviewed = models.BooleanField(default=False)
    priority = models.PositiveSmallIntegerField(default=0, help_text="Sum of the reasons' weights; 0: not queued.")
    reasons = models.JSONField(default=list, blank=True)
    terms = models.TextField(blank=True, help_text="Normalised words to search by, a blank between them.")

    class Meta:
        indexes = (
            models.Index(fields=["-at", "-id"], name="review_by_time"),
            models.Index(fields=["topic", "-at", "-id"], name="review_by_topic"),
            models.Index(fields=["-at"], name="review_risks", condition=Q(risk__in=["personal", "emergency"])),
            models.Index(fields=["-at"], name="review_fallbacks", condition=Q(is_fallback=True)),
            models.Index(fields=["-at"], name="review_low_margins", condition=Q(is_low_margin=True)),
            models.Index(fields=["-at"], name="review_thumbs_down", condition=Q(is_thumbs_down=True)),
            models.Index(
                fields=["-priority", "-at", "-id"], name="review_queue", condition=Q(is_reviewed=False, priority__gt=0)
            ),
        )


class Verdict(models.TextChoices):
    RIGHT = "right"
    WRONG = "wrong", "Wrong: another intent was meant"
    NEW_TOPIC = "new_topic", "A question that no topic answers"
    RISK = "risk", "A personal risk that was not heard"
    NO_RISK = "no_risk", "Handed over as a risk, and none"


class MessageReview(models.Model):
    """A reviewer's verdict on how a message was understood; the last one counts."""

    message = models.OneToOneField(Message, on_delete=models.CASCADE, related_name="review")
    verdict = models.CharField(max_length=9, choices=Verdict)
    intent = models.CharField(max_length=64, blank=True)
    category = models.CharField(max_length=64, blank=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)


class HandoffJudgement(models.Model):
    """Whether a handoff was worth the staff's time."""

    class Verdict(models.TextChoices):
        NEEDED = "needed"
        NEEDLESS = "needless"

    handoff = models.OneToOneField(Handoff, on_delete=models.CASCADE, related_name="judgement")
    verdict = models.CharField(max_length=8, choices=Verdict)
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)


class CorrectionRun(models.Model):
    """One training with accepted corrections: the figures before and after, and whether it was promoted."""

    started_at = models.DateTimeField(default=timezone.now)
    is_promoted = models.BooleanField(default=False)
    falls = models.JSONField(default=list, blank=True, help_text="The figures that fell, in words.")
    figures = models.JSONField(default=list, blank=True, help_text="[{name, before, after}]")


class Correction(models.Model):
    """A wording to learn from. It holds no patient's id once its message is gone, and no personal data ever."""

    class Kind(models.TextChoices):
        PHRASE = "phrase"
        NEW_TOPIC = "new_topic"
        RISK = "risk"
        NO_RISK = "no_risk"

    class Status(models.TextChoices):
        PROPOSED = "proposed"
        BLOCKED = "blocked", "Blocked: somebody must word it anew"
        ACCEPTED = "accepted"
        REFUSED = "refused"
        PROMOTED = "promoted"

    message = models.ForeignKey(Message, on_delete=models.SET_NULL, null=True, blank=True, related_name="corrections")
    kind = models.CharField(max_length=9, choices=Kind)
    status = models.CharField(max_length=8, choices=Status, default=Status.PROPOSED)
    text = models.TextField(blank=True, help_text="Without personal data; empty while blocked.")
    removed = models.JSONField(default=list, blank=True, help_text="Kinds of personal data taken out.")
    problem = models.CharField(max_length=300, blank=True, help_text="Code, and after a colon what it concerns.")
    language = models.CharField(max_length=2, choices=Language)
    intent = models.CharField(max_length=64, blank=True)
    category = models.CharField(max_length=64, blank=True)
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    run = models.ForeignKey(CorrectionRun, on_delete=models.SET_NULL, null=True, blank=True, related_name="corrections")

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(fields=["status", "id"], name="corrections_by_status"),)


class Tag(models.Model):
    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ("name",)


class ConversationMark(models.Model):
    """What reviewers put on a conversation."""

    conversation = models.OneToOneField(Conversation, on_delete=models.CASCADE, related_name="mark")
    is_flagged = models.BooleanField(default=False)
    tags = models.ManyToManyField(Tag, blank=True, related_name="marks")
    reviewed_sequence = models.PositiveIntegerField(default=0, help_text="Looked through up to this message.")
    reviewed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)


class SavedFilter(models.Model):
    """A filter of the log under a name."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000, help_text="The log's query string.")

    class Meta:
        ordering = ("name",)
        constraints = (models.UniqueConstraint(fields=["owner", "name"], name="one_filter_per_name"),)
