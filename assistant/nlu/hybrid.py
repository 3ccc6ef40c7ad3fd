"""The hybrid intent model, without Rasa: n-grams and sentence embeddings, scored against the nearest phrase.

P is the weighted mean of two halves: a linear SVM on word and character n-grams (tf-idf), its margins turned into
shares by a softmax, and a logistic regression on the scaled sentence embedding; score = P(intent) x cosine to the
nearest training phrase of that intent. The score is not a probability: its threshold is chosen by cross-validation at
training time and kept with the model. Why an SVM and these weights: docs/decisions/0002-hybrid-classifier.md.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import FeatureUnion
from sklearn.svm import LinearSVC

Floats = NDArray[np.float32]
Encoder = Callable[[Sequence[str]], Floats]
"""Texts to unit-length embeddings, shape (texts, dimensions)."""

COMPARED_INTENTS = 10
"""How many of the likeliest intents are compared with their phrases and ranked."""


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
class Scored:
    """One text's intents, best first."""

    intents: tuple[str, ...]
    scores: Floats
    """P x cosine of each intent, the ranking's order."""
    ngram: Floats
    embedding: Floats
    """Each half's probabilities, in the same order."""
    nearest: tuple[int, ...]
    """Row of the nearest training phrase of each intent, in the same order."""

    @property
    def best(self) -> tuple[str, float]:
        return self.intents[0], float(self.scores[0])


class HybridModel:
    """Fit on (text, embedding text) pairs and intents; score new ones."""

    def __init__(self, settings: Settings = Settings()) -> None:
        self.settings = settings
        self.intents: NDArray[np.str_] = np.array([], dtype=str)
        self.phrase_intents: NDArray[np.int64] = np.array([], dtype=np.int64)
        self.phrase_embeddings: Floats = np.zeros((0, 0), dtype=np.float32)

    def fit(self, texts: Sequence[str], embeddings: Floats, intents: Sequence[str]) -> HybridModel:
        """Fit both halves; `embeddings` has one unit-length row per text."""
        labels = np.asarray(intents)
        self.intents, self.phrase_intents = np.unique(labels, return_inverse=True)
        if len(self.intents) < 2:
            raise ValueError("a classifier needs phrases of at least two intents")
        self._vectorizer = FeatureUnion(
            [
                ("words", TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, token_pattern=r"[^\s]+")),
                ("characters", TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True, min_df=2)),
            ]
        )
        self._ngram = LinearSVC(C=self.settings.ngram_c, random_state=42)
        self._ngram.fit(self._vectorizer.fit_transform(texts), self.phrase_intents)
        self._embedding = LogisticRegression(
            C=self.settings.embedding_c, max_iter=self.settings.embedding_iterations, tol=1e-3, random_state=42
        )
        with warnings.catch_warnings():  # stopping early is meant: more iterations gain nothing
            warnings.simplefilter("ignore", ConvergenceWarning)
            self._embedding.fit(embeddings * self.settings.embedding_scale, self.phrase_intents)
        self._ngram_weights = Linear(self._ngram)
        self._embedding_weights = Linear(self._embedding)
        del self._ngram, self._embedding
        characters = self._vectorizer.transformer_list[1][1]
        self._trigrams = {gram for gram in characters.vocabulary_ if len(gram) == 3}
        self._index_phrases(embeddings)
        return self

    def probabilities(self, texts: Sequence[str], embeddings: Floats) -> tuple[Floats, Floats]:
        """Both halves' probabilities, shapes (texts, intents)."""
        margins = self._ngram_weights.decide(self._vectorizer.transform(texts))
        ngram = _softmax(margins * self.settings.ngram_sharpness)
        embedding = _softmax(self._embedding_weights.decide(embeddings * self.settings.embedding_scale))
        return ngram, embedding

    def score(self, texts: Sequence[str], embeddings: Floats) -> list[Scored]:
        """Rank all intents for each text."""
        ngram, embedding = self.probabilities(texts, embeddings)
        weight = self.settings.ngram_weight
        mean = weight * ngram + (1 - weight) * embedding
        known = self._known(texts)
        ranked = []
        for row in range(len(texts)):
            likely = np.argsort(-mean[row], kind="stable")[:COMPARED_INTENTS]
            found = [self._nearest(embeddings[row], int(intent)) for intent in likely]
            cosines = np.array([cosine for cosine, _ in found], dtype=np.float32)
            scores = mean[row][likely] * np.clip(cosines, 0.0, 1.0) * known[row]
            best_first = np.argsort(-scores, kind="stable")
            order = likely[best_first]
            ranked.append(
                Scored(
                    tuple(self.intents[order].tolist()),
                    scores[best_first],
                    ngram[row][order],
                    embedding[row][order],
                    tuple(found[position][1] for position in best_first),
                )
            )
        return ranked

    def _known(self, texts: Sequence[str]) -> Floats:
        """How much of a text the model has ever seen, 1 from 3 in 4 of its letter trigrams on: noise scores near 0."""
        shares = []
        for text in texts:
            trigrams = {f" {word} "[i : i + 3] for word in text.split() for i in range(len(word))}
            shares.append(len(trigrams & self._trigrams) / len(trigrams) if trigrams else 0.0)
        return np.asarray(np.minimum(1.0, np.array(shares) / 0.75) ** 2, dtype=np.float32)

    def _nearest(self, embedding: Floats, intent: int) -> tuple[float, int]:
        """The cosine to the nearest phrase of an intent, and that phrase's row."""
        start, end = self._starts[intent], self._starts[intent + 1]
        cosines = self.phrase_embeddings[start:end] @ embedding
        best = int(np.argmax(cosines))
        return float(cosines[best]), int(self._rows[start + best])

    def _index_phrases(self, embeddings: Floats) -> None:
        """Keep phrases sorted by intent, so that those of one intent are one slice."""
        self._rows = np.argsort(self.phrase_intents, kind="stable")
        self._starts = np.searchsorted(self.phrase_intents[self._rows], np.arange(len(self.intents) + 1))
        self.phrase_embeddings = embeddings.astype(np.float32)[self._rows]

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state["phrase_embeddings"] = self.phrase_embeddings.astype(np.float16)
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.phrase_embeddings = self.phrase_embeddings.astype(np.float32)


def choose_threshold(
    texts: Sequence[str],
    embeddings: Floats,
    intents: Sequence[str],
    *,
    settings: Settings,
    background: str,
    rejected_share: float,
    folds: int = 2,
) -> float:
    """The score below which a message counts as not understood, from the training phrases alone.

    Cross-validation gives the scores of phrases whose topic is found rightly; the threshold is where
    `rejected_share` of them would be asked again. Phrases of the `background` intent have no topic to find.
    """
    labels = np.asarray(intents)
    right: list[float] = []
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=7).split(labels, labels):
        model = HybridModel(settings).fit([texts[i] for i in train], embeddings[train], labels[train].tolist())
        for index, scored in zip(test, model.score([texts[i] for i in test], embeddings[test])):
            intent, score = scored.best
            if intent == labels[index] and intent != background:
                right.append(score)
    return float(np.quantile(right, rejected_share)) if right else 0.0


class Linear:
    """A fitted linear model's weights, laid out so that one sparse row is multiplied without copying them."""

    def __init__(self, model: LogisticRegression | LinearSVC) -> None:
        self._weights = np.ascontiguousarray(model.coef_.T, dtype=np.float32)
        self._intercept = model.intercept_.astype(np.float32)

    def decide(self, features: Any) -> Floats:
        return np.asarray(features @ self._weights + self._intercept, dtype=np.float32)


def one_column_each(scores: Floats) -> Floats:
    """Give two classes a column each: scikit-learn keeps one for both."""
    return np.hstack([-scores / 2, scores / 2]) if scores.shape[1] == 1 else scores


def _softmax(scores: Floats) -> Floats:
    scores = one_column_each(scores)
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)
