"""Reading what the staff pages show: the queue, conversations, what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet

from desk.assistant_client.replica import OK
from desk.conversations.models import Conversation, Message
from desk.conversations.problems import messages_dead, messages_unsure
from desk.handoffs.models import Handoff
from desk.handoffs.selectors import Show, handoffs_open
from desk.notifications.selectors import notifications_dead
from desk.runtime import assistant_state
from desk.staff.models import AuditEntry, CannedReply, User
from desk.staff.roles import ANSWER, REVIEW, may

MAX_QUERY = 100
MIN_DIGITS = 4
# Letters that people write one for the other, and marks that they leave out
_SAME_LETTERS = ("اأإآٱ", "هة", "يىئ", "وؤ", "كک")
_MARKS = "[\u064b-\u0652\u0640]*"


@dataclass(frozen=True)
class QueueFilter:
    """Which part of the queue is shown; an empty value filters nothing."""

    show: Show = Show.ALL
    urgency: str = ""
    channel: str = ""
    language: str = ""
    category: str = ""
    text: str = ""


@dataclass(frozen=True)
class Problems:
    """What is wrong with the machine, so far as staff must know it."""

    degraded: bool
    unsure_sends: int
    dead_messages: int
    dead_notifications: int

    @property
    def any(self) -> bool:
        return self.degraded or bool(self.unsure_sends or self.dead_messages or self.dead_notifications)


def queue(wanted: QueueFilter, *, staff: User) -> list[Handoff]:
    """Open handoffs that match, the most urgent first, then the longest waiting."""
    found = handoffs_open(show=wanted.show, staff=staff).select_related("conversation__person")
    if wanted.urgency:
        found = found.filter(urgency=wanted.urgency)
    if wanted.channel:
        found = found.filter(conversation__channel=wanted.channel)
    if wanted.text:
        found = found.filter(conversation__in=conversations_with(wanted.text, Conversation.objects.all()))
    handoffs = list(found)
    if wanted.language:  # what a conversation speaks is a choice, else the last language, else Arabic
        handoffs = [handoff for handoff in handoffs if handoff.conversation.speaks == wanted.language]
    if wanted.category:
        handoffs = [handoff for handoff in handoffs if wanted.category in handoff.categories]
    return handoffs


def conversations_readable(staff: User) -> QuerySet[Conversation]:
    """Reviewers read all; who answers patients reads what was ever handed over; others nothing."""
    if may(staff, REVIEW):
        return Conversation.objects.all()
    if may(staff, ANSWER):
        return Conversation.objects.filter(Exists(Handoff.objects.filter(conversation=OuterRef("pk"))))
    return Conversation.objects.none()


def conversation_readable(conversation_id: str, staff: User) -> Conversation | None:
    return conversations_readable(staff).select_related("person").filter(pk=conversation_id).first()


def conversations_with(text: str, among: QuerySet[Conversation]) -> QuerySet[Conversation]:
    """Conversations in which a patient's words, name, number or an id holds `text`."""
    pattern = search_pattern(text)
    said = Message.objects.filter(conversation=OuterRef("pk"), text__iregex=pattern)
    in_handoff = Q(pk=text) | Q(contact_phone__contains=digits) if (digits := _digits(text)) else Q(pk=text)
    handed = Handoff.objects.filter(conversation=OuterRef("pk")).filter(in_handoff)
    named = Q(pk=text) | Q(person=text) | Q(person__display_name__iregex=pattern)
    return among.filter(named | Exists(said) | Exists(handed))


def _digits(text: str) -> str:
    """The digits of a telephone number however it is written, without what stands before it; else nothing."""
    digits = "".join(str(int(char)) for char in text if char.isdecimal()).lstrip("0")
    return digits if len(digits) >= MIN_DIGITS and not re.search(r"[^\d\s+()-]", text) else ""


def search_pattern(text: str) -> str:
    """A pattern for both databases that finds Arabic however it is spelled: alef forms, taa marbuta, vowel marks."""
    alike = {letter: f"[{letters}]" for letters in _SAME_LETTERS for letter in letters}
    letters = [alike.get(char, re.escape(char)) for char in text if not re.fullmatch(_MARKS, char)]
    return "".join(letter + (_MARKS if re.search("[\u0620-\u064a]", letter) else "") for letter in letters)


def staff_who_answer() -> list[User]:
    """Active staff to whom a conversation can be given."""
    active = User.objects.filter(is_active=True, is_staff=True).prefetch_related("groups").order_by("username")
    return [user for user in active if may(user, ANSWER)]


def staff_all() -> QuerySet[User]:
    return User.objects.filter(is_staff=True).prefetch_related("groups").order_by("-is_active", "username")


def canned_replies() -> QuerySet[CannedReply]:
    return CannedReply.objects.all()


def audit_entries(
    *, actor: str = "", action: str = "", conversation_id: str = "", since: str = "", until: str = ""
) -> QuerySet[AuditEntry]:
    """The trail, the newest first; dates as YYYY-MM-DD, both included."""
    found = AuditEntry.objects.order_by("-id")
    if actor:
        found = found.filter(actor_name=actor)
    if action:
        found = found.filter(action=action)
    if conversation_id:
        found = found.filter(conversation_id=conversation_id)
    if since:
        found = found.filter(at__date__gte=since)
    if until:
        found = found.filter(at__date__lte=until)
    return found


def audit_actors() -> list[str]:
    names = AuditEntry.objects.exclude(actor_name="").order_by("actor_name").values_list("actor_name", flat=True)
    return list(names.distinct())


def problems() -> Problems:
    return Problems(
        degraded=assistant_state() != OK,
        unsure_sends=messages_unsure().count(),
        dead_messages=messages_dead().count(),
        dead_notifications=notifications_dead().count(),
    )
