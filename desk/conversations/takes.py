"""Taking up what waits in a conversation: by one worker at a time over all processes, in order.

A lease on the conversation says whose turn it is. Its worker renews it while it works; that of a worker that was
killed runs out after some seconds. Should two ever work on the same message all the same, the first to commit
answers it and the other changes nothing (`turns.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.db.models import Min, Q
from django.utils import timezone

from desk.assistant_client.replies import Reply
from desk.conversations.head_starts import head_starts
from desk.conversations.models import Conversation, Direction, Kind, Message
from desk.conversations.services import conversation_lock
from desk.conversations.turns import answer_deliver, own_risk_hear
from desk.conversations.unfinished import asks_nothing_yet
from desk.prepared import PreparedQuery, row_update
from desk.screening import NONE, ScreenedRisk

LEASE = timedelta(seconds=6)
THOUGHT = timedelta(seconds=1.5)
"""How long a message that asks nothing yet waits for the next one."""
MAX_JOINED = 6
ALONE_AFTER = 2
"""So often a thought is begun as a whole: not once, since screening a message counts as well."""
GIVE_UP_AFTER = 4
"""So often a message is begun; then it is a dead letter."""


@dataclass(frozen=True)
class Turn:
    """Messages that get one answer, oldest first: usually one."""

    conversation: Conversation
    messages: tuple[Message, ...]

    @property
    def last(self) -> Message:
        return self.messages[-1]

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(message.pk for message in self.messages)

    @property
    def text(self) -> str:
        return "\n".join(message.text for message in self.messages)

    @property
    def is_wordless(self) -> bool:
        """A file without a caption, a place, a sticker: nothing that the assistant could read."""
        return not self.text.strip() and self.last.kind not in (Kind.TEXT, Kind.CHOICE)

    @property
    def edits(self) -> int:
        """How often these messages were edited before they were taken up."""
        return sum(len(message.edits) for message in self.messages)


@dataclass(frozen=True)
class StillWriting:
    """The patient has asked nothing yet: look again when more comes, or at that time."""

    until: datetime


@dataclass(frozen=True)
class Taken:
    """Another worker has the conversation."""


@dataclass(frozen=True)
class Unscreened:
    """A message that no risk screen has seen yet."""

    message: Message


@dataclass(frozen=True)
class Hopeless:
    """A message that was begun again and again, and never brought to an end."""

    message: Message


Take = Turn | StillWriting | Taken | Unscreened | Hopeless | None


@transaction.atomic
def turn_take(*, conversation_id: str, owner: str) -> Take:
    """Take up what waits next in the conversation; None when nothing waits, and the lease is given back."""
    conversation = conversation_lock(conversation_id)
    return _take(conversation, _waiting(conversation), owner)


@transaction.atomic
def message_screen_and_take(*, message: Message, risk: ScreenedRisk, owner: str) -> Take:
    """Record what the screen found in a new message, and take its conversation up: one commit instead of two."""
    conversation = conversation_lock(message.conversation_id)
    waiting = _waiting(conversation)
    for each in waiting:
        if each.pk == message.pk and each.risk is None:
            own_risk_hear(conversation, each, risk)
    # A message that was a phone number and nothing else is answered by now.
    return _take(conversation, [each for each in waiting if each.state == Message.State.RECEIVED], owner)


@transaction.atomic
def turn_finish_and_take(*, turn: Turn, reply: Reply, owner: str) -> Take:
    """Deliver the answer to a turn, and take up what waits behind it: one commit instead of two."""
    conversation = conversation_lock(turn.conversation.pk)
    waiting = _waiting(conversation)
    if len(waiting) <= len(turn.ids):
        # Nothing behind: the lease is given back in the same write as the answer.
        conversation.lease_owner, conversation.lease_until = "", None
    answer_deliver(
        conversation,
        [message for message in waiting if message.pk in turn.ids],
        reply,
        state_asked_with=turn.conversation.assistant_state,
        edits_asked_with=turn.edits,
    )
    behind = [message for message in waiting if message.state == Message.State.RECEIVED]
    if not behind:
        transaction.on_commit(partial(head_starts.known.keep, conversation))
    return _take(conversation, behind, owner)


def leases_renew(*, owner: str, conversation_ids: Collection[str]) -> None:
    """Keep these conversations for their worker a while longer."""
    kept = Conversation.objects.filter(pk__in=conversation_ids, lease_owner=owner)
    kept.update(lease_until=timezone.now() + LEASE)


def leases_release(*, owner: str) -> None:
    """Give back whatever this worker holds, when it stops."""
    Conversation.objects.filter(lease_owner=owner).update(lease_owner="", lease_until=None)


def leases_left_release() -> None:
    """At a worker's start: SQLite serves one desk, so what is taken there was left by one that was killed."""
    if connection.vendor == "sqlite":
        Conversation.objects.exclude(lease_owner="").update(lease_owner="", lease_until=None)


def conversations_to_take(*, owner: str, limit: int) -> list[str]:
    """Conversations where something waits and nobody else is at work, the longest waiting first."""
    free = Q(conversation__lease_until__isnull=True) | Q(conversation__lease_until__lte=timezone.now())
    mine = Q(conversation__lease_owner=owner)
    waiting = Message.objects.filter(free | mine, direction=Direction.IN, state=Message.State.RECEIVED)
    longest_first = waiting.values("conversation_id").annotate(since=Min("created_at")).order_by("since")
    return list(longest_first.values_list("conversation_id", flat=True)[:limit])


def _take(conversation: Conversation, waiting: Sequence[Message], owner: str) -> Take:
    now = timezone.now()
    waiting = waiting[:MAX_JOINED]
    if conversation.lease_until and conversation.lease_until > now and conversation.lease_owner != owner:
        return Taken()
    if not waiting:
        _set_lease(conversation, "", None)
        return None
    unscreened = [message for message in waiting if message.risk is None]
    first = (unscreened or waiting)[0]
    if first.take_ups >= GIVE_UP_AFTER:
        return Hopeless(first)
    if not unscreened:
        joined, is_whole = _thought(conversation, waiting)
        if not is_whole and (until := joined[-1].created_at + THOUGHT) > now:
            _set_lease(conversation, "", None)
            return StillWriting(until)
    # Counted before the work begins: a message that ends the process counts too.
    first.take_ups += 1  # with the conversation locked nobody else counts
    row_update(first, "take_ups")
    _set_lease(conversation, owner, now + LEASE)
    return Unscreened(first) if unscreened else Turn(conversation, tuple(joined))


def _waiting(conversation: Conversation) -> list[Message]:
    """What waits in a locked conversation: at least a whole turn and one more behind it, if there are so many."""
    return _find_waiting(conversation_id=conversation.pk)


_find_waiting = PreparedQuery(
    lambda conversation_id: Message.objects.filter(
        conversation_id=conversation_id, direction=Direction.IN, state=Message.State.RECEIVED
    ).order_by("sequence")[: 2 * MAX_JOINED],
    conversation_id="",
)


def _thought(conversation: Conversation, waiting: Sequence[Message]) -> tuple[list[Message], bool]:
    """The messages that make one thought, and whether it asks something.

    Messages that ask nothing yet go with the next one that does. Each question has an answer of its own: what
    already waits behind it is not joined to it. After failures each is tried alone.
    """
    if conversation.status == Conversation.Status.STAFF or waiting[0].take_ups >= ALONE_AFTER:
        return [waiting[0]], True
    for place, message in enumerate(waiting):
        if not _asks_nothing_yet(message):
            # A button stands alone: what came before it is answered first.
            end = place if place and message.choice else place + 1
            return list(waiting[:end]), True
    return list(waiting), len(waiting) == MAX_JOINED


def _asks_nothing_yet(message: Message) -> bool:
    is_harmless = (message.risk or {}).get("level") == NONE
    return not message.choice and is_harmless and asks_nothing_yet(message.text)


def _set_lease(conversation: Conversation, owner: str, until: datetime | None) -> None:
    if (conversation.lease_owner, conversation.lease_until) != (owner, until):
        conversation.lease_owner, conversation.lease_until = owner, until
        row_update(conversation, "lease_owner", "lease_until")
