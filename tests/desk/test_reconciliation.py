"""The reconciliation finds each way in which a message can end wrongly, and nothing where all is well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from desk.conversations.models import Conversation, Message
from desk.conversations.reconciliation import GRACE, RULES, breaks
from desk.conversations.worker import Worker
from desk.handoffs.models import Handoff, HandoffEvent
from tests.desk.conftest import receive, run
from tests.desk.fake_assistant import FakeAssistant

pytestmark = pytest.mark.django_db(transaction=True)


def asked() -> Message:
    return Message.objects.filter(direction="in").order_by("sequence")[0]


def answer() -> Message:
    return Message.objects.filter(direction="out").order_by("sequence")[0]


def drop_answers() -> None:
    Message.objects.filter(direction="out").delete()


def forget() -> None:
    Message.objects.filter(pk=asked().pk).update(state="received")


def answer_twice() -> None:
    again = Message.objects.filter(direction="out").order_by("sequence").reverse()[0]
    again.pk, again.sequence = "m_again", 99
    again.save(force_insert=True)


def no_handoff() -> None:
    Message.objects.filter(pk=asked().pk).update(state="with_staff")


def handoff_too_late() -> None:
    no_handoff()
    Handoff.objects.create(conversation=asked().conversation, reason="late")
    Handoff.objects.update(opened_at=timezone.now() + timedelta(hours=1))


def handoff_too_early() -> None:
    no_handoff()
    early = timezone.now() - timedelta(days=2)
    handoff = Handoff.objects.create(conversation=asked().conversation, reason="early", status="closed")
    Handoff.objects.filter(pk=handoff.pk).update(opened_at=early, closed_at=early)


def out_of_order() -> None:
    Message.objects.filter(pk=answer().pk).update(sequence=99)


def stuck() -> None:
    Message.objects.filter(pk=answer().pk).update(delivery="pending")


def crashed_while_sending() -> None:
    Message.objects.filter(pk=answer().pk).update(delivery="sending", next_attempt_at=timezone.now())


WRONGS: dict[Callable[[], None], str] = {
    drop_answers: "answered_without_an_answer",
    forget: "not_dealt_with",
    answer_twice: "answered_more_than_once",
    no_handoff: "with_staff_without_a_handoff",
    handoff_too_late: "with_staff_without_a_handoff",
    handoff_too_early: "with_staff_without_a_handoff",
    out_of_order: "answered_out_of_order",
    stuck: "stuck_on_its_way_out",
    crashed_while_sending: "stuck_on_its_way_out",
}


@pytest.fixture
def answered(conversation: Conversation, worker: Worker) -> Conversation:
    for text in ("how many sessions?", "does it hurt?"):
        receive(conversation, text)
    run(worker)
    return conversation


@pytest.mark.parametrize("go_wrong", WRONGS, ids=lambda wrong: wrong.__name__)
def test_each_wrong_end_is_found(
    answered: Conversation, go_wrong: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    later = timezone.now() + 2 * GRACE
    assert list(breaks(now=later)) == []
    go_wrong()
    found = {row.rule for row in breaks(now=later)}
    assert found == {WRONGS[go_wrong]}
    assert WRONGS[go_wrong] in {rule.__name__ for rule in RULES}
    with pytest.raises(CommandError, match="did not end as they should"):
        call_command("reconcile", grace=-1)
    assert WRONGS[go_wrong] in capsys.readouterr().out


def test_every_rule_has_a_test() -> None:
    assert {rule.__name__ for rule in RULES} == set(WRONGS.values())


def test_all_proper_ends(
    conversation: Conversation, worker: Worker, fake: FakeAssistant, capsys: pytest.CaptureFixture[str]
) -> None:
    for texts in ("price?", "hi", "I have a question", "does it hurt?"), ("I am pregnant", "can't breathe"):
        for text in texts:
            receive(conversation, text)
        run(worker)
    fake.fail = "timeout"
    receive(conversation, "price?")
    run(worker)
    receive(conversation, "👍")
    Message.objects.filter(state="received").update(state="noted")
    states = set(Message.objects.filter(direction="in").values_list("state", flat=True))
    assert states == {"answered", "with_staff", "apologised", "noted"}
    assert HandoffEvent.objects.exists()
    call_command("reconcile", grace=-1)
    shown = "8 messages received (answered 4, apologised 1, noted 1, with_staff 2), every one ended as it should"
    assert shown in capsys.readouterr().out


def test_what_just_came_may_still_be_on_its_way(conversation: Conversation) -> None:
    receive(conversation, "price?")
    assert list(breaks()) == []
    assert [row.rule for row in breaks(now=timezone.now() + 2 * GRACE)] == ["not_dealt_with"]
