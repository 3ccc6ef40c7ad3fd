import numpy as np
import pytest

from desk.review.phrasebook import Phrase
from evaluation.data_report import competing, leaks_of, near_duplicates
from evaluation.sets import HALVES, Half, Row, load_half


def phrase(text: str, intent: str) -> Phrase:
    return Phrase(text, intent, "en", f"data/nlu/en/{intent}.yml")


def test_near_duplicates_across_intents_are_found_once() -> None:
    phrases = [phrase("how long is it", "a"), phrase("How long is it?", "b"), phrase("how long is it!", "a")]
    pairs = [(twins.one.text, twins.other.text) for twins in near_duplicates(phrases)]
    assert sorted(pairs) == [("how long is it", "How long is it?"), ("how long is it!", "How long is it?")]


def test_an_intent_whose_phrases_lie_beside_another_competes() -> None:
    phrases = [phrase(f"a{n}", "a") for n in range(4)] + [phrase(f"b{n}", "b") for n in range(4)]
    east, north = np.array([1.0, 0.0], dtype=np.float32), np.array([0.0, 1.0], dtype=np.float32)
    vectors = np.stack([east, east, east, north, north, north, north, north])
    (rival,) = competing(phrases, vectors)
    assert (rival.intent, rival.rival, rival.count, rival.share, rival.example) == ("a", "b", 1, 0.25, "a3")


def test_a_held_out_row_that_training_has_seen_is_a_leak() -> None:
    rows = (Row("Does it hurt?!", "ask_pain", "english", line=2), Row("will it sting", "ask_pain", "english", line=3))
    half = Half(rows, (), (), ())
    (leak,) = leaks_of("development", half, [phrase("does it hurt", "ask_pain")])
    assert (leak.place, leak.file) == ("development/questions.csv:2", "data/nlu/en/ask_pain.yml")


@pytest.mark.parametrize("name", HALVES)
def test_the_evaluation_counts_no_row_that_training_has_seen(name: str) -> None:
    from desk.review.phrasebook import read_phrases
    from evaluation.sets import ROOT

    assert leaks_of(name, load_half(name), read_phrases(ROOT)) == []
