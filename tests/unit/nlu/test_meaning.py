"""The network over meanings, on made-up embeddings of which no weighted sum can tell the two sorts apart."""

import pickle

import numpy as np
import pytest

from assistant.nlu.meaning import MeaningModel
from assistant.nlu.ngrams import Floats


def one_or_the_other(count: int, seed: int) -> tuple[Floats, list[bool]]:
    """Embeddings of unit length; a risk lies along the first or the second axis, but not along both."""
    chance = np.random.default_rng(seed)
    first, second = chance.integers(0, 2, size=(2, count))
    embeddings = chance.normal(0, 0.05, size=(count, 16))
    embeddings[:, 0] += first * 2 - 1
    embeddings[:, 1] += second * 2 - 1
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    return embeddings.astype(np.float32), (first != second).tolist()


@pytest.fixture(scope="module")
def model() -> MeaningModel:
    return MeaningModel().fit(*one_or_the_other(3_000, seed=1))


def test_it_learns_what_no_weighted_sum_can(model: MeaningModel) -> None:
    embeddings, is_risk = one_or_the_other(200, seed=2)
    assert ((model.log_odds(embeddings) > 0) == np.asarray(is_risk)).mean() > 0.97


def test_it_is_never_surer_than_its_bound(model: MeaningModel) -> None:
    assert np.abs(model.log_odds(np.full((3, 16), 1e3, dtype=np.float32))).max() <= 14


def test_it_is_stored_with_half_the_digits_and_says_the_same(model: MeaningModel) -> None:
    embeddings, _ = one_or_the_other(50, seed=3)
    stored = pickle.loads(pickle.dumps(model))
    assert stored.log_odds(embeddings) == pytest.approx(model.log_odds(embeddings), abs=0.05)


def test_one_example_more_moves_little() -> None:
    """Learning one phrase must not change what is thought of all the others."""
    known, labels = one_or_the_other(3_000, seed=1)
    is_wrong = np.random.default_rng(6).random(3_000) < 0.15  # some that cannot be learnt, as in life
    is_risk = (np.asarray(labels) ^ is_wrong).tolist()
    new, is_new_risk = one_or_the_other(1, seed=4)
    place = 700
    before = MeaningModel().fit(known, is_risk)
    after = MeaningModel().fit(
        np.concatenate([known[:place], new, known[place:]]), [*is_risk[:place], *is_new_risk, *is_risk[place:]]
    )
    embeddings, _ = one_or_the_other(500, seed=5)
    odds = before.log_odds(embeddings)
    assert np.std(after.log_odds(embeddings) - odds) < np.std(odds) / 200
