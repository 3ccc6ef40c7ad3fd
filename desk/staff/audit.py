"""The audit trail of the staff pages: who did or read what, when, from where."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import HttpRequest

from desk.addresses import client_address
from desk.safe_text import storable_json, storable_text
from desk.staff.models import AuditEntry, User


class Act(models.TextChoices):
    LOG_IN = "log_in"
    LOG_IN_FAILED = "log_in_failed"
    LOCKED_OUT = "locked_out"
    LOG_OUT = "log_out"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"
    CONVERSATION_READ = "conversation_read"
    CONVERSATIONS_SEARCHED = "conversations_searched"
    HANDOFF_OPENED = "handoff_opened"
    HANDOFF_CLAIMED = "handoff_claimed"
    HANDOFF_TRANSFERRED = "handoff_transferred"
    HANDOFF_RETURNED = "handoff_returned"
    HANDOFF_CLOSED = "handoff_closed"
    ALARM_SEEN = "alarm_seen"
    REPLIED = "replied"
    TEMPLATE_SENT = "template_sent"
    FILE_OPENED = "file_opened"
    NOTE_ADDED = "note_added"
    PROBLEM_DEALT_WITH = "problem_dealt_with"
    NOTIFICATION_TESTED = "notification_tested"
    STAFF_ADDED = "staff_added"
    STAFF_ROLE_SET = "staff_role_set"
    STAFF_DEACTIVATED = "staff_deactivated"
    STAFF_ACTIVATED = "staff_activated"
    STAFF_PASSWORD_SET = "staff_password_set"
    CANNED_REPLY_SAVED = "canned_reply_saved"
    CANNED_REPLY_DELETED = "canned_reply_deleted"
    AUDIT_READ = "audit_read"
    MESSAGE_REVIEWED = "message_reviewed"
    HANDOFF_JUDGED = "handoff_judged"
    CONVERSATION_MARKED = "conversation_marked"
    CORRECTION_DECIDED = "correction_decided"
    CORRECTIONS_DOWNLOADED = "corrections_downloaded"
    UNANSWERED_READ = "unanswered_read"


def audit_record(
    *,
    action: str,
    actor: User | None = None,
    actor_name: str = "",
    address: str | None = None,
    conversation_id: str = "",
    details: dict[str, Any] | None = None,
) -> AuditEntry:
    """Add one entry; inside a transaction it stands or falls with what it tells of."""
    return AuditEntry.objects.create(
        action=action,
        actor_id=actor.pk if actor else None,
        actor_name=storable_text(actor.get_username() if actor else actor_name)[:150],
        address=address,
        conversation_id=conversation_id,
        details=storable_json(details or {}),
    )


def audit_request(request: HttpRequest, act: Act, *, conversation_id: str = "", **details: Any) -> AuditEntry:
    """Add an entry for what the logged-in user of this request does."""
    actor = request.user if isinstance(request.user, User) else None
    return audit_record(
        action=act,
        actor=actor,
        address=client_address(request),
        conversation_id=conversation_id,
        details=details,
    )
