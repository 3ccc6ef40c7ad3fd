"""What staff put on conversations and keep for themselves: tags, flags, "looked through", saved filters."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from desk.conversations.services import conversation_lock
from desk.review.models import ConversationMark, SavedFilter, Tag
from desk.staff.models import User

MAX_TAG, MAX_NAME, MAX_QUERY = 40, 60, 1000


class BadName(ValueError):
    """A name that is empty or too long."""


@transaction.atomic
def conversation_tag(*, conversation_id: str, name: str) -> Tag:
    """Put a tag on a conversation; raises BadName."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_TAG:
        raise BadName(name)
    tag, _ = Tag.objects.get_or_create(name=name)
    _mark(conversation_id).tags.add(tag)
    return tag


@transaction.atomic
def conversation_untag(*, conversation_id: str, tag_id: int) -> None:
    """Take a tag off; a tag that no conversation holds is gone."""
    _mark(conversation_id).tags.remove(tag_id)
    Tag.objects.filter(pk=tag_id, marks__isnull=True).delete()


@transaction.atomic
def conversation_flag(*, conversation_id: str, flagged: bool) -> ConversationMark:
    mark = _mark(conversation_id)
    mark.is_flagged = flagged
    mark.save(update_fields=["is_flagged"])
    return mark


@transaction.atomic
def conversation_reviewed(*, conversation_id: str, reviewer: User, reviewed: bool, now: datetime) -> ConversationMark:
    """Mark a conversation as looked through up to its last message, or as not looked through."""
    conversation = conversation_lock(conversation_id)
    mark = _mark(conversation_id)
    mark.reviewed_sequence = conversation.last_sequence if reviewed else 0
    mark.reviewed_by, mark.reviewed_at = (reviewer, now) if reviewed else (None, None)
    mark.save(update_fields=["reviewed_sequence", "reviewed_by", "reviewed_at"])
    return mark


@transaction.atomic
def filter_save(*, owner: User, name: str, query: str) -> SavedFilter:
    """Keep a filter under a name; the same name is overwritten. Raises BadName."""
    name = " ".join(name.split())
    if not 0 < len(name) <= MAX_NAME or len(query) > MAX_QUERY:
        raise BadName(name)
    saved, _ = SavedFilter.objects.update_or_create(owner=owner, name=name, defaults={"query": query})
    return saved


@transaction.atomic
def filter_delete(*, owner: User, filter_id: int) -> None:
    SavedFilter.objects.filter(owner=owner, pk=filter_id).delete()


def _mark(conversation_id: str) -> ConversationMark:
    mark, _ = ConversationMark.objects.get_or_create(conversation_id=conversation_id)
    return mark
