"""The hybrid model itself, on a tiny data set with the real sentence encoder."""

import numpy as np
import pytest

from assistant.nlu.encoder import sentence_encoder
from assistant.nlu.hybrid import HybridModel, Settings, choose_threshold

PHRASES = {
    "ask_pain": ["does it hurt", "is it painful", "هل توجع الجلسه", "يعور ولا لا", "pain level", "كم درجه الالم"],
    "ask_price": ["how much is it", "price please", "كم السعر", "بكم الجلسه", "cost of a session", "عندكم عروض"],
    "out_of_scope": ["what is the weather", "tell me a joke", "مين فاز بالمباراه", "كيف الجو", "order pizza", "قصيده"],
}
TEXTS = [text for texts in PHRASES.values() for text in texts]
INTENTS = [intent for intent, texts in PHRASES.items() for _ in texts]


def encode(texts: list[str]) -> np.ndarray:
    return np.asarray(sentence_encoder().encode(texts), dtype=np.float32)


@pytest.fixture(scope="module")
def model() -> HybridModel:
    return HybridModel().fit(TEXTS, encode(TEXTS), INTENTS)


@pytest.mark.parametrize(("text", "intent"), [("will it be painful", "ask_pain"), ("كم سعر الجلسه", "ask_price")])
def test_unseen_wording_is_understood(model: HybridModel, text: str, intent: str) -> None:
    assert model.score([text], encode([text]))[0].best[0] == intent


def test_scores_are_ranked_and_never_above_the_probability(model: HybridModel) -> None:
    embeddings = encode(TEXTS)
    scored = model.score(TEXTS[:1], embeddings[:1], ranked=3)[0]
    assert list(scored.scores) == sorted(scored.scores, reverse=True)
    probabilities = dict(zip(model.intents, model.probabilities(model.read(TEXTS[:1]), embeddings[:1])[0]))
    assert len(scored.intents) == len(PHRASES)
    for intent, score in zip(scored.intents, scored.scores):
        assert 0 <= score <= probabilities[intent] + 1e-6


def test_the_best_intent_does_not_depend_on_how_many_are_ranked(model: HybridModel) -> None:
    embeddings = encode(TEXTS)
    for one, three in zip(model.score(TEXTS, embeddings), model.score(TEXTS, embeddings, ranked=3)):
        assert one.best == three.best


def test_a_training_phrase_is_its_own_nearest() -> None:
    texts, intents = TEXTS * 2, INTENTS * 2  # so that all their trigrams count as known
    embeddings = encode(texts)
    model = HybridModel().fit(texts, embeddings, intents)
    probabilities = model.probabilities(model.read(texts), embeddings)
    for scored, shares in zip(model.score(texts, embeddings), probabilities):
        assert scored.best[1] == pytest.approx(shares.max(), abs=1e-4)


def test_the_nearest_phrase_is_of_its_intent(model: HybridModel) -> None:
    embedding = encode(["does it hurt"])[0]
    weighed = model.weigh("does it hurt", embedding, model.intents.tolist())
    assert [INTENTS[each.phrase] for each in weighed] == model.intents.tolist()
    intent, cosine, place = model.neighbours(embedding, 3)[0]
    assert (TEXTS[place], INTENTS[place]) == ("does it hurt", intent)
    assert cosine == pytest.approx(1.0, abs=1e-3)


def test_the_threshold_asks_again_about_the_share_it_is_given() -> None:
    texts, intents = TEXTS * 4, INTENTS * 4
    low, high = (
        choose_threshold(
            texts, encode(texts), intents, settings=Settings(), background="out_of_scope", rejected_share=share
        )
        for share in (0.4, 0.8)
    )
    assert 0 < low < high < 1


def test_one_intent_is_refused() -> None:
    with pytest.raises(ValueError, match="two intents"):
        HybridModel().fit(["a"], encode(["a"]), ["only"])


def test_the_encoder_gives_the_vectors_it_gave_when_the_figures_were_measured() -> None:
    """Golden vector: the encoder has one author, so a changed release must be seen."""
    vector = encode(["كم جلسه احتاج"])[0]
    assert vector.shape == (512,)
    assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-3)
    assert vector[:6] == pytest.approx(GOLDEN, abs=2e-3)


GOLDEN = [0.0854, -0.0522, -0.0204, -0.0016, -0.064, 0.0305]


@pytest.mark.parametrize("noise", ["asdkjh qwpoei zxcmnb", "ظ", "سيبلتن كمنةى ؤرلاز"])
def test_noise_scores_near_nothing(model: HybridModel, noise: str) -> None:
    question = "how much is it"
    clear = model.score([question], encode([question]))[0].best[1]
    assert model.score([noise], encode([noise]))[0].best[1] < clear / 3
