"""The model's own ear for risks: a second linear model over the same readings as the intent model, without Rasa.

It learns from the `report_*` phrases and from `data/risk/examples/`: described risks, and messages that hold a risk
word but no risk (negated, idioms, general questions). It only ever adds to what the clinician's words find.
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
from assistant.nlu.ngrams import Floats, NgramFeatures

NO_RISK = "none"


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
    """Fit on texts, embeddings and categories; say how sure it is of a risk, and which."""

    def fit(self, texts: Sequence[str], embeddings: Floats, categories: Sequence[str]) -> RiskHead:
        self._ngrams = NgramFeatures(word_sizes=(1, 2, 3))
        features = sp.hstack([self._ngrams.fit(texts), sp.csr_matrix(embeddings)], format="csr")
        labels = np.asarray(categories)
        is_risk = labels != NO_RISK
        risk = LinearSVC(C=0.5, random_state=42).fit(features, is_risk)
        category = LinearSVC(C=0.5, random_state=42).fit(features[is_risk], labels[is_risk])
        self._categories = category.classes_.tolist()
        weights = np.concatenate([risk.coef_, category.coef_])
        intercepts = np.concatenate([risk.intercept_, category.intercept_])
        self._by_ngrams = Linear(weights[:, : self._ngrams.width], intercepts)
        self._by_embedding = Linear(weights[:, self._ngrams.width :], np.zeros_like(intercepts))
        return self

    def signals(self, texts: Sequence[str], embeddings: Floats) -> list[Signal]:
        """One signal per text: the margin (0 is the fitted border, above it a risk) and the likeliest category."""
        rows = [self._ngrams.read(text) for text in texts]
        scores = self._by_ngrams.of_rows(rows) + self._by_embedding.of_dense(embeddings)
        best = one_column_each(scores[:, 1:]).argmax(axis=1)
        return [Signal(float(margin), self._categories[category]) for margin, category in zip(scores[:, 0], best)]
