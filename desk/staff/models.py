"""The clinic's staff, what they did, and the replies they keep at hand."""

from __future__ import annotations

from typing import Any, NoReturn

from django.contrib.auth.models import AbstractUser
from django.db import models

from desk.identifiers import ID_MAX_LENGTH


class User(AbstractUser):
    """Our own user model from the start: changing it later would mean moving every table."""

    must_change_password = models.BooleanField(default=False, help_text="Somebody else chose it: at the next login.")

    class Meta(AbstractUser.Meta):  # type: ignore[name-defined,misc]
        permissions = (
            ("answer_patients", "Can read the queue, take conversations over and reply"),
            ("review_conversations", "Can read every conversation, review and correct"),
            ("manage_desk", "Can manage staff, replies and settings, and erase patients' data"),
        )

    @property
    def shown_name(self) -> str:
        """The full name, else the user name."""
        return self.get_full_name() or self.get_username()


class AuditEntry(models.Model):
    """Who did or read what: rows are added, never changed. Ids, not foreign keys: it outlives what it tells of."""

    at = models.DateTimeField(auto_now_add=True, db_index=True)
    actor_id = models.BigIntegerField(null=True, blank=True)
    actor_name = models.CharField(max_length=150, blank=True)
    action = models.CharField(max_length=40)
    conversation_id = models.CharField(max_length=ID_MAX_LENGTH, blank=True, db_index=True)
    address = models.GenericIPAddressField(null=True, blank=True)
    details = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("id",)

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None:
            raise TypeError("the audit trail is only added to")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("the audit trail is only added to")


class CannedReply(models.Model):
    """A reply in both languages that staff send as it is or change first."""

    title_ar = models.CharField(max_length=60)
    title_en = models.CharField(max_length=60)
    text_ar = models.TextField(max_length=1000)
    text_en = models.TextField(max_length=1000)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "id")

    def title(self, language: str) -> str:
        return self.title_en if language == "en" else self.title_ar

    def text(self, language: str) -> str:
        return self.text_en if language == "en" else self.text_ar
