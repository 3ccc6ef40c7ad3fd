"""N-grams as keys: the same features as scikit-learn's, without its texts."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from assistant.nlu.ngrams import NgramFeatures, PairFeatures

TEXTS = ["كم سعر الجلسه", "كم السعر", "how much is a session", "a b c", "session session price", "x", "هل توجع الجلسه"]
UNSEEN = ["سعر الجلسه كم كم", "how is it", "زز", "", "a"]


def dense(features: NgramFeatures, texts: list[str]) -> np.ndarray:
    rows = np.zeros((len(texts), features.width))
    for row, (columns, values) in zip(rows, map(features.read, texts)):
        row[columns] = values
    return rows


def test_the_features_are_those_of_scikit_learn() -> None:
    """Columns stand in another order, so what is compared is how like each text is to each other one."""
    peer = FeatureUnion(
        [
            ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"[^\s]+")),
            ("letters", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)),
        ]
    ).fit(TEXTS)
    features = NgramFeatures(word_sizes=(1, 2))
    fitted = features.fit(TEXTS)
    theirs, unseen = peer.transform(TEXTS), peer.transform(UNSEEN)
    assert fitted.shape == theirs.shape
    assert (fitted @ fitted.T).toarray() == pytest.approx((theirs @ theirs.T).toarray())
    assert dense(features, UNSEEN) @ fitted.T == pytest.approx((unseen @ theirs.T).toarray())


def test_a_text_is_read_in_use_as_in_training() -> None:
    features = NgramFeatures(word_sizes=(1, 2, 3))
    fitted = features.fit(TEXTS)
    assert dense(features, TEXTS) == pytest.approx(fitted.toarray())


@pytest.mark.parametrize(("text", "share"), [("كم سعر الجلسه", 1.0), ("ظظظ", 0.0), ("", 0.0)])
def test_the_share_of_known_trigrams(text: str, share: float) -> None:
    features = NgramFeatures(word_sizes=(1,))
    features.fit(TEXTS * 2)
    assert features.known_share(text) == share


def test_a_word_is_known_where_a_training_text_had_it() -> None:
    features = NgramFeatures(word_sizes=(1, 2))
    features.fit(["كم السعر", "how much"])
    assert features.knows_a_word("السعر ؤرلاز")
    assert not features.knows_a_word("السعرر muchh")
    assert not features.knows_a_word("")


def test_pairs_are_words_that_stand_near_each_other_in_any_order() -> None:
    pairs = PairFeatures()
    fitted = pairs.fit(["aunt has it", "it has aunt", "aunt a b c d e f g it"])
    assert fitted.shape == (3, 3)  # aunt-has, has-it, aunt-it; in the third they stand too far apart
    assert fitted[0].toarray() == pytest.approx(fitted[1].toarray())
    assert fitted[2].nnz == 0
    columns, values = pairs.read("has aunt")
    assert len(columns) == 1
    assert values == pytest.approx([1.0])
