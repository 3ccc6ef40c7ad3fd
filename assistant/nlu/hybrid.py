"""The hybrid intent model, without Rasa: n-grams and sentence embeddings, scored against the nearest phrase.

P is the weighted mean of two halves: a linear SVM on word and character n-grams (tf-idf), its margins turned into
shares by a softmax, and a logistic regression on the scaled sentence embedding; score = P(intent) x cosine to the
nearest training phrase of that intent. The score is not a probability: its threshold is chosen by cross-validation at
training time and kept with the model. Why an SVM and these weights: docs/decisions/0002-hybrid-classifier.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from assistant.nlu.halves import half_of
from assistant.nlu.linear import DenseLinear, SparseLinear, softmax
from assistant.nlu.ngrams import Floats, NgramFeatures

COMPARED_INTENTS = 10
"""How many of the likeliest intents are compared with their phrases and ranked."""

NEGLIGIBLE = 0.005
"""Intents less likely than that are not compared, but for the likeliest few: buttons may offer those."""
FEWEST_RANKED = 3


@dataclass(frozen=True)
class Settings:
    """What can be tuned; the defaults were chosen on development data (docs/decisions)."""

    ngram_c: float = 1.0
    ngram_sharpness: float = 6.0
    """How strongly the SVM's margins are spread before the softmax."""
    ngram_weight: float = 0.7
    embedding_c: float = 2.0
    embedding_scale: float = 4.0
    embedding_iterations: int = 30


@dataclass(frozen=True)
class ByWords:
    """What the words of some texts say, before their meaning is known."""

    probabilities: Floats
    """Shape (texts, intents)."""
    known: Floats
    """How much of each text the model has ever seen, at most 1."""


@dataclass(frozen=True)
class Scored:
    """One text's likeliest intents, best first."""

    intents: tuple[str, ...]
    scores: Floats
    """P x cosine of each intent, the ranking's order."""

    @property
    def best(self) -> tuple[str, float]:
        return self.intents[0], float(self.scores[0])


@dataclass(frozen=True)
class Weighed:
    """One intent as both halves see a text, for explanations."""

    intent: str
    ngram: float
    embedding: float
    cosine: float
    phrase: int
    """The nearest training phrase of the intent: its place among the texts that were fitted."""


class HybridModel:
    """Fit on (text, embedding text) pairs and intents; score new ones."""

    def __init__(self, settings: Settings = Settings()) -> None:
        self.settings = settings
        self.intents: NDArray[np.str_] = np.array([], dtype=str)
        self._phrases: list[Floats] = []
        self._places: list[NDArray[np.int64]] = []

    def fit(self, texts: Sequence[str], embeddings: Floats, intents: Sequence[str]) -> HybridModel:
        """Fit both halves; `embeddings` has one unit-length row per text."""
        self.intents, numbers = np.unique(np.asarray(intents), return_inverse=True)
        if len(self.intents) < 2:
            raise ValueError("a classifier needs phrases of at least two intents")
        self._ngrams = NgramFeatures(word_sizes=(1, 2))
        by_ngrams = LinearSVC(C=self.settings.ngram_c, random_state=42)
        by_ngrams.fit(self._ngrams.fit(texts), numbers)
        by_embedding = LogisticRegression(
            C=self.settings.embedding_c, max_iter=self.settings.embedding_iterations, tol=1e-3, random_state=42
        )
        with warnings.catch_warnings():  # stopping early is meant: more iterations gain nothing
            warnings.simplefilter("ignore", ConvergenceWarning)
            by_embedding.fit(embeddings * self.settings.embedding_scale, numbers)
        self._ngram_weights = SparseLinear(by_ngrams.coef_, by_ngrams.intercept_)
        self._embedding_weights = DenseLinear(by_embedding.coef_, by_embedding.intercept_)
        self._phrases, self._places = [], []
        for intent in range(len(self.intents)):
            places = np.flatnonzero(numbers == intent)
            phrases, first = np.unique(embeddings[places], axis=0, return_index=True)
            self._phrases.append(phrases)
            self._places.append(places[first])
        return self

    def read(self, texts: Sequence[str]) -> ByWords:
        """The half of the scoring that needs no embeddings."""
        margins = self._ngram_weights.of([self._ngrams.read(text) for text in texts])
        return ByWords(softmax(margins * self.settings.ngram_sharpness), self._known(texts))

    def probabilities(self, words: ByWords, embeddings: Floats) -> Floats:
        """The weighted mean of both halves, shape (texts, intents)."""
        by_embedding = self._by_embedding(embeddings)
        return self.settings.ngram_weight * words.probabilities + (1 - self.settings.ngram_weight) * by_embedding

    def rank(self, words: ByWords, embeddings: Floats, ranked: Sequence[int]) -> list[Scored]:
        """As many of the best intents of each text as `ranked` says for it."""
        rows = zip(self.probabilities(words, embeddings), embeddings, words.known, ranked)
        return [self._rank(probabilities, embedding, known, count) for probabilities, embedding, known, count in rows]

    def score(self, texts: Sequence[str], embeddings: Floats, *, ranked: int = 1) -> list[Scored]:
        """The `ranked` best intents of each text."""
        return self.rank(self.read(texts), embeddings, [ranked] * len(texts))

    def weigh(self, text: str, embedding: Floats, intents: Sequence[str]) -> list[Weighed]:
        """How both halves see a text for each of these intents."""
        [ngram], [meaning] = self.read([text]).probabilities, self._by_embedding(embedding[None, :])
        weighed = []
        for intent in intents:
            number = int(np.searchsorted(self.intents, intent))
            cosines = self._phrases[number] @ embedding
            best = int(np.argmax(cosines))
            place = int(self._places[number][best])
            weighed.append(Weighed(intent, float(ngram[number]), float(meaning[number]), float(cosines[best]), place))
        return weighed

    def neighbours(self, embedding: Floats, count: int) -> list[tuple[str, float, int]]:
        """The nearest training phrases over all intents: (intent, cosine, place among the fitted texts)."""
        found = [
            (str(intent), float(cosine), int(place))
            for intent, phrases, places in zip(self.intents, self._phrases, self._places)
            for cosine, place in zip(phrases @ embedding, places)
        ]
        return sorted(found, key=lambda one: -one[1])[:count]

    def _by_embedding(self, embeddings: Floats) -> Floats:
        """The probabilities by meaning, shape (texts, intents)."""
        return softmax(self._embedding_weights.of(embeddings * self.settings.embedding_scale))

    def _rank(self, probabilities: Floats, embedding: Floats, known: float, ranked: int) -> Scored:
        """Compare intents with their phrases, likeliest first, until none that is left can be among the best."""
        found: list[tuple[float, int]] = []
        for intent in np.argsort(-probabilities, kind="stable")[:COMPARED_INTENTS]:
            if len(found) >= ranked and found[ranked - 1][0] >= probabilities[intent]:
                break  # a cosine is at most 1
            if len(found) >= FEWEST_RANKED and probabilities[intent] < NEGLIGIBLE:
                break
            cosine = float(np.max(self._phrases[intent] @ embedding))
            found.append((float(probabilities[intent]) * min(max(cosine, 0.0), 1.0), int(intent)))
            found.sort(key=lambda one: -one[0])
        scores, intents = zip(*found[:ranked])
        return Scored(tuple(self.intents[list(intents)].tolist()), np.array(scores, dtype=np.float32) * known)

    def _known(self, texts: Sequence[str]) -> Floats:
        """How much of a text the model has ever seen, 1 from 3 in 4 of its letter trigrams on: noise scores near 0."""
        shares = np.array([self._ngrams.known_share(text) for text in texts])
        return np.asarray(np.minimum(1.0, shares / 0.75) ** 2, dtype=np.float32)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_phrases": [phrases.astype(np.float16) for phrases in self._phrases]}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._phrases = [phrases.astype(np.float32) for phrases in self._phrases]


def choose_threshold(
    texts: Sequence[str],
    embeddings: Floats,
    intents: Sequence[str],
    *,
    settings: Settings,
    background: str,
    rejected_share: float,
) -> float:
    """The score below which a message counts as not understood, from the training phrases alone.

    Cross-validation in halves gives the scores of phrases whose topic is found rightly; the threshold is where
    `rejected_share` of them would be asked again. Phrases of the `background` intent have no topic to find.
    """
    labels = np.asarray(intents)
    halves = np.array([half_of(text) for text in texts])
    right: list[float] = []
    for half in (0, 1):
        train, test = np.flatnonzero(halves != half), np.flatnonzero(halves == half)
        model = HybridModel(settings).fit([texts[i] for i in train], embeddings[train], labels[train].tolist())
        for index, scored in zip(test, model.score([texts[i] for i in test], embeddings[test])):
            intent, score = scored.best
            if intent == labels[index] and intent != background:
                right.append(score)
    return float(np.quantile(right, rejected_share)) if right else 0.0
