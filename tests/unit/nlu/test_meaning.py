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
