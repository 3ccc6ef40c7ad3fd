"""The model's own ear for risks: a second linear model over the same readings as the intent model, without Rasa.

It learns from the `report_*` phrases and from `data/risk/examples/`: described risks, and messages that hold a risk
word but no risk (negated, long over, of other people, idioms, general questions). Beside words, and pairs of words that
stand near each other, it sees the shape of what the clinician's words find (`assistant.risk.shape`) and what stands
around it (`assistant.risk.neighbours`); a small network over the meaning has a say too (`assistant.nlu.meaning`). What
it may do with that: `assistant.model_signal`.
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
from assistant.nlu.linear import SparseLinear, one_column_each
from assistant.nlu.meaning import MeaningModel
from assistant.nlu.ngrams import Floats, NgramFeatures, PairFeatures, WordFeatures
from assistant.nlu.shapes import Shape
from assistant.yaml_loader import LOADER

NO_RISK = "none"
PAIRS_WEIGHT = 0.6
SIGNS_WEIGHT = 0.7
NEIGHBOURS_WEIGHT = 0.6
MEANING_WEIGHT = 0.12
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
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
        if not isinstance(data, dict) or not all(isinstance(texts, list) for texts in data.values()):
            raise ValueError(f"{path}: must map each group to a list of messages")
        for group, texts in data.items():
            examples += [RiskExample(str(text), group if is_risk else NO_RISK) for text in texts]
    return examples


def category_of(intent: str) -> str:
    """What a training phrase of an intent teaches the head."""
    return CATEGORY_OF_INTENT.get(intent, NO_RISK)


def fit_meaning(embeddings: Floats, categories: Sequence[str]) -> MeaningModel:
    return MeaningModel().fit(embeddings, [category != NO_RISK for category in categories])


class RiskHead:
    """Fit on texts, embeddings, shapes and categories; say how sure it is of a risk, and which."""

    meaning: MeaningModel
    """Fitted beside the rest, in a process of its own."""

    def fit(
        self, texts: Sequence[str], embeddings: Floats, shapes: Sequence[Shape], categories: Sequence[str]
    ) -> RiskHead:
        self.meaning = fit_meaning(embeddings, categories)
        return self.fit_words(texts, shapes, categories)

    def fit_words(self, texts: Sequence[str], shapes: Sequence[Shape], categories: Sequence[str]) -> RiskHead:
        """Fit all but `meaning`."""
        self._ngrams = NgramFeatures(word_sizes=(1, 2, 3))
        self._pairs, self._signs, self._neighbours = PairFeatures(), WordFeatures(), WordFeatures()
        by_words = self._ngrams.fit(texts)
        by_signs = self._signs.fit([shape.signs for shape in shapes]) * SIGNS_WEIGHT
        by_pairs = self._pairs.fit(texts) * PAIRS_WEIGHT
        by_neighbours = self._neighbours.fit([shape.neighbours for shape in shapes]) * NEIGHBOURS_WEIGHT
        labels = np.asarray(categories)
        is_risk = labels != NO_RISK
        risk = LinearSVC(C=1.0, random_state=42).fit(
            sp.hstack([by_words, by_signs, by_pairs, by_neighbours], format="csr"), is_risk
        )
        category = LinearSVC(C=0.5, random_state=42).fit(
            sp.hstack([by_words[is_risk], by_signs[is_risk]], format="csr"), labels[is_risk]
        )
        self._categories = category.classes_.tolist()
        ends = np.cumsum([self._ngrams.width, self._signs.width, self._pairs.width])
        words, signs, pairs, neighbours = np.split(risk.coef_, ends, axis=1)
        self._by_words = SparseLinear(words, risk.intercept_)
        self._by_signs = SparseLinear(signs * SIGNS_WEIGHT)
        self._by_pairs = SparseLinear(pairs * PAIRS_WEIGHT)
        self._by_neighbours = SparseLinear(neighbours * NEIGHBOURS_WEIGHT)
        words, signs = np.split(category.coef_, ends[:1], axis=1)
        self._category_by_words = SparseLinear(words, category.intercept_)
        self._category_by_signs = SparseLinear(signs * SIGNS_WEIGHT)
        return self

    def signals(self, texts: Sequence[str], embeddings: Floats, shapes: Sequence[Shape]) -> list[Signal]:
        """One signal per text: the margin (0 is the fitted border, above it a risk) and the likeliest category."""
        return self.weigh(self.read(texts, shapes), embeddings)

    def read(self, texts: Sequence[str], shapes: Sequence[Shape]) -> list[Signal]:
        """The signals as far as they need no embeddings."""
        words = [self._ngrams.read(text) for text in texts]
        signs = [self._signs.read(shape.signs) for shape in shapes]
        margins = self._by_words.of(words) + self._by_signs.of(signs)
        margins += self._by_pairs.of([self._pairs.read(text) for text in texts])
        margins += self._by_neighbours.of([self._neighbours.read(shape.neighbours) for shape in shapes])
        best = one_column_each(self._category_by_words.of(words) + self._category_by_signs.of(signs)).argmax(axis=1)
        return [
            Signal(float(margin) - self._noise(text), self._categories[category])
            for margin, text, category in zip(margins[:, 0], texts, best)
        ]

    def weigh(self, read: Sequence[Signal], embeddings: Floats) -> list[Signal]:
        """What was read, with what the meaning adds."""
        added = MEANING_WEIGHT * self.meaning.log_odds(embeddings)
        return [Signal(signal.margin + float(more), signal.category) for signal, more in zip(read, added)]

    def _noise(self, text: str) -> float:
        """How much less is believed of a text that is hardly language."""
        unknown = max(0.0, NOISE - self._ngrams.known_share(text))
        return unknown if self._ngrams.knows_a_word(text) else unknown + NO_KNOWN_WORD
