"""The words around a finding, without the finding."""

from assistant.risk.mention import Mention
from assistant.risk.neighbours import neighbours_of
from assistant.risk.words import split
from assistant.text import normalise_spans


def around(text: str, *spans: tuple[int, int]) -> set[str]:
    mentions = [Mention(first, after, topic=None, of_person=False) for first, after in spans]
    return set(neighbours_of(split(normalise_spans(text)), mentions))


def test_runs_beside_it_and_words_not_far_from_it() -> None:
    assert around("my husband has diabetes since 2015", (3, 4)) == {
        *("has+_", "husband+has+_", "_+since", "_+since+2015", "has+_+since"),
        *("my.._", "husband.._", "has.._", "_..since", "_..2015"),
    }


def test_the_edges_of_a_message_are_seen() -> None:
    assert around("pregnant", (0, 1)) == {"|+_", "_+|", "|+|+_", "_+|+|", "|+_+|"}


def test_findings_that_overlap_are_one() -> None:
    assert around("a high blood pressure b", (1, 3), (2, 4)) == around("a high blood pressure b", (1, 4))


def test_two_findings_stand_beside_each_other_as_signs() -> None:
    assert "and+_" in around("asthma and lupus", (0, 1), (2, 3))
    assert "_+and" in around("asthma and lupus", (0, 1), (2, 3))
    assert "lupus.._" not in around("asthma and lupus", (0, 1), (2, 3))


def test_without_a_finding_there_is_nothing() -> None:
    assert not around("how much is it")
