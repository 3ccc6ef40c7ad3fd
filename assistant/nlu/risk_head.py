"""The model's own ear for risks: a second linear model over the same readings as the intent model, without Rasa.

It learns from the `report_*` phrases and from `data/risk/examples/`: described risks, and messages that hold a risk
word but no risk (negated, long over, of other people, idioms, general questions). Beside words and meaning it sees the
shape of what the clinician's words find (`assistant.risk.shape`); a small network over the meaning has a say too
(`assistant.nlu.meaning`). What it may do with that: `assistant.model_signal`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import scipy.sparse as sp
import yaml
from sklearn.svm import LinearSVC

from assistant.model_signal import CATEGORY_OF_INTENT, Signal
from assistant.nlu.linear import Linear, one_column_each
from assistant.nlu.meaning import MeaningModel
from assistant.nlu.ngrams import Floats, NgramFeatures, WordFeatures

NO_RISK = "none"
SHAPE_WEIGHT = 0.7
MEANING_WEIGHT = 0.1
"""What a unit of the network's log odds adds to the linear model's margin."""
NOISE = 0.5
"""Below this share of known letter trigrams a text is taken the more for noise, the less of it is known."""
NO_KNOWN_WORD = 0.5
"""Keys hit at random make trigrams that are known, but no word that is: taken off the margin."""


@dataclass(frozen=True)
class RiskExample:
    text: str
    category: str
    """A risk category, or `NO_RISK`."""


def load_examples(folder: Path) -> list[RiskExample]:
    """Read `personal*.yml` (category -> texts) and `harmless*.yml` (group -> texts); ValueError on a bad file."""
    examples: list[RiskExample] = []
    for path in sorted(folder.glob("*.yml")):
        is_risk = path.name.startswith("personal")
        if not is_risk and not path.name.startswith("harmless"):
            raise ValueError(f"{path}: must be called personal*.yml or harmless*.yml")
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or not all(isinstance(texts, list) for texts in data.values()):
            raise ValueError(f"{path}: must map each group to a list of messages")
        for group, texts in data.items():
            examples += [RiskExample(str(text), group if is_risk else NO_RISK) for text in texts]
    return examples


def category_of(intent: str) -> str:
    """What a training phrase of an intent teaches the head."""
    return CATEGORY_OF_INTENT.get(intent, NO_RISK)


class RiskHead:
    """Fit on texts, embeddings, shapes and categories; say how sure it is of a risk, and which."""

    def fit(
        self, texts: Sequence[str], embeddings: Floats, shapes: Sequence[str], categories: Sequence[str]
    ) -> RiskHead:
        self._ngrams = NgramFeatures(word_sizes=(1, 2, 3))
        self._shapes = WordFeatures()
        blocks = [self._ngrams.fit(texts), self._shapes.fit(shapes) * SHAPE_WEIGHT, sp.csr_matrix(embeddings)]
        features = sp.hstack(blocks, format="csr")
        labels = np.asarray(categories)
        is_risk = labels != NO_RISK
        risk = LinearSVC(C=0.5, random_state=42).fit(features, is_risk)
        category = LinearSVC(C=0.5, random_state=42).fit(features[is_risk], labels[is_risk])
        self._categories = category.classes_.tolist()
        weights = np.concatenate([risk.coef_, category.coef_])
        intercepts = np.concatenate([risk.intercept_, category.intercept_])
        nothing = np.zeros_like(intercepts)
        by_ngrams, by_shape, by_embedding = np.split(
            weights, [self._ngrams.width, self._ngrams.width + self._shapes.width], axis=1
        )
        self._by_ngrams = Linear(by_ngrams, intercepts)
        self._by_shape = Linear(by_shape * SHAPE_WEIGHT, nothing)
        self._by_embedding = Linear(by_embedding, nothing)
        self._meaning = MeaningModel().fit(embeddings, is_risk.tolist())
        return self

    def signals(self, texts: Sequence[str], embeddings: Floats, shapes: Sequence[str]) -> list[Signal]:
        """One signal per text: the margin (0 is the fitted border, above it a risk) and the likeliest category."""
        scores = self._by_ngrams.of_rows([self._ngrams.read(text) for text in texts])
        scores += self._by_shape.of_rows([self._shapes.read(shape) for shape in shapes])
        scores += self._by_embedding.of_dense(embeddings)
        best = one_column_each(scores[:, 1:]).argmax(axis=1)
        margins = scores[:, 0] + MEANING_WEIGHT * self._meaning.log_odds(embeddings)
        return [
            Signal(float(margin) - self._noise(text), self._categories[category])
            for margin, text, category in zip(margins, texts, best)
        ]

    def _noise(self, text: str) -> float:
        """How much less is believed of a text that is hardly language."""
        unknown = max(0.0, NOISE - self._ngrams.known_share(text))
        return unknown if self._ngrams.knows_a_word(text) else unknown + NO_KNOWN_WORD
