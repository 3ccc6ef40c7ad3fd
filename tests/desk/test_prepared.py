"""A query built once finds what the query itself finds, whatever its parameters."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from desk.conversations.models import Conversation, Direction, Message
from desk.prepared import PreparedQuery, row_insert, row_insert_and_update, row_update
from desk.staff.models import User
from tests.desk.conftest import receive

pytestmark = pytest.mark.django_db(transaction=True)


def later(conversation_id: str, sequence: int) -> object:
    found = Message.objects.filter(conversation_id=conversation_id, direction=Direction.IN, sequence__gt=sequence)
    return found.select_related("staff").defer("raw").order_by("sequence")[:2]


def fields(message: Message) -> dict[str, object]:
    return {name: value for name, value in vars(message).items() if name != "_state"}


@pytest.fixture
def messages(conversation: Conversation, staff: User) -> list[Message]:
    messages = [receive(conversation, f"text {number}") for number in range(4)]
    messages[2].staff = staff
    messages[2].risk = {"level": "none"}
    messages[2].save()
    return messages


@pytest.mark.parametrize("sequence", [0, 2, 3, 9])
def test_it_finds_what_the_query_finds(messages: list[Message], sequence: int) -> None:
    prepared = PreparedQuery[Message](later, conversation_id="", sequence=0)  # type: ignore[arg-type]
    for conversation_id in (messages[0].conversation_id, "c_nobody", messages[0].conversation_id):
        found = prepared(conversation_id=conversation_id, sequence=sequence)
        expected = list(later(conversation_id, sequence))  # type: ignore[call-overload]
        assert [fields(message) for message in found] == [fields(message) for message in expected]


def test_what_is_related_comes_with_it_and_what_is_deferred_later(
    messages: list[Message], staff: User, django_assert_num_queries: object
) -> None:
    prepared = PreparedQuery[Message](later, conversation_id="", sequence=0)  # type: ignore[arg-type]
    with django_assert_num_queries(1):  # type: ignore[operator]
        first, second = prepared(conversation_id=messages[0].conversation_id, sequence=2)
        assert (first.staff, second.staff) == (staff, None)
    assert first.get_deferred_fields() == {"raw"}
    assert first.raw is None


def test_it_locks_what_it_finds(conversation: Conversation) -> None:
    locking = PreparedQuery(lambda pk: Conversation.objects.select_for_update().filter(pk=pk), pk="")
    with transaction.atomic():
        assert locking(pk=conversation.pk) == [conversation]


def test_a_parameter_that_the_query_changes_is_refused(conversation: Conversation) -> None:
    prepared = PreparedQuery(lambda text: Message.objects.filter(text__contains=text), text="")
    with pytest.raises(ValueError, match="text"):
        prepared(text="a")


def test_a_row_is_stored_as_django_stores_it(conversation: Conversation) -> None:
    given = {
        "conversation": conversation,
        "channel": "web",
        "direction": "in",
        "author": "patient",
        "state": "answered",
    }
    by_django = Message.objects.create(sequence=1, raw={"a": ["ا", None]}, **given)
    ours = Message(sequence=2, raw={"a": ["ا", None]}, **given)
    row_insert(ours)
    assert not ours._state.adding
    stored = Message.objects.get(pk=ours.pk)
    alike = fields(Message.objects.get(pk=by_django.pk)).keys() - {"id", "sequence", "created_at"}
    for name in alike:
        assert getattr(stored, name) == getattr(by_django, name), name
    assert stored.created_at == ours.created_at >= by_django.created_at


def test_only_the_named_fields_are_updated(messages: list[Message]) -> None:
    message = Message.objects.get(pk=messages[0].pk)
    message.risk, message.settled_at, message.text = None, message.created_at, "changed"
    row_update(message, "risk", "settled_at")
    stored = Message.objects.get(pk=message.pk)
    assert (stored.risk, stored.settled_at, stored.text) == (None, message.created_at, "text 0")
    assert Message.objects.exclude(pk=message.pk).filter(settled_at=None).count() == 3


def test_a_row_that_is_gone_or_there_already_is_told(messages: list[Message]) -> None:
    with pytest.raises(IntegrityError):
        row_insert(messages[0])
    Message.objects.filter(pk=messages[0].pk).delete()
    with pytest.raises(DatabaseError, match="no Message"):
        row_update(messages[0], "text")


def test_a_new_row_and_a_changed_one_are_stored_together(messages: list[Message], conversation: Conversation) -> None:
    known = messages[0]
    new = Message(conversation=conversation, channel="web", direction="in", author="patient", state="answered")
    new.sequence, new.text = 9, "new"
    conversation.refresh_from_db()
    conversation.last_sequence, conversation.language = 9, "ar"
    row_insert_and_update(new, conversation, "last_sequence")
    assert Message.objects.get(pk=new.pk).text == "new"
    assert not new._state.adding
    stored = Conversation.objects.get(pk=conversation.pk)
    assert (stored.last_sequence, stored.language) == (9, "")
    known.sequence = 10
    with pytest.raises(IntegrityError), transaction.atomic():
        row_insert_and_update(known, conversation, "language")
    assert Conversation.objects.get(pk=conversation.pk).language == ""
    gone = Conversation(person=conversation.person, channel="web")
    another = Message(
        conversation=conversation, channel="web", direction="in", author="patient", state="answered", sequence=11
    )
    with pytest.raises(DatabaseError, match="no Conversation"), transaction.atomic():
        row_insert_and_update(another, gone, "language")
    assert not Message.objects.filter(pk=another.pk).exists()
