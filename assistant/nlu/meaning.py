"""A small neural network over sentence embeddings: what a weighted sum of their parts cannot tell, it can.

It stands beside the linear model of the risk head. Alone it is the worse of the two; together they hand over a fifth
fewer harmless messages for as many risks heard (docs/decisions/0003-risk-words-and-model.md).
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from zlib import crc32

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from assistant.nlu.linear import DenseLinear
from assistant.nlu.ngrams import Floats

_SCALE = 4.0
"""Embeddings have unit length: their parts are too small for a network that starts with weights near zero."""
_NEURONS = 128
_ROUNDS = 12
_BATCH = 256
_SUREST = 14.0
"""Log odds that a few hundred thousand examples could bear out."""


class MeaningModel:
    """Fit on embeddings of shape (texts, dimensions) and whether each is a risk; give the log odds of new ones."""

    def fit(self, embeddings: Floats, is_risk: Sequence[bool]) -> MeaningModel:
        # In an order that each row has of itself: one example more leaves all batches nearly as they were. Shuffled
        # anew by their number, all weights would end elsewhere, and with them whatever lies near a cut-off.
        order = np.argsort([crc32(row.tobytes()) for row in embeddings], kind="stable")
        network = MLPClassifier(
            (_NEURONS,),
            alpha=1e-2,
            max_iter=_ROUNDS,
            batch_size=min(_BATCH, len(is_risk)),
            shuffle=False,
            random_state=0,
        )
        with warnings.catch_warnings():  # stopping early is meant: more rounds learn the examples by heart
            warnings.simplefilter("ignore", ConvergenceWarning)
            network.fit(embeddings[order] * _SCALE, np.asarray(is_risk)[order])
        self._hidden, self._last = (
            DenseLinear(weights.T, intercepts) for weights, intercepts in zip(network.coefs_, network.intercepts_)
        )
        return self

    def log_odds(self, embeddings: Floats) -> Floats:
        """Shape (texts,): above 0 a risk is likelier than not."""
        hidden = np.maximum(self._hidden.of(embeddings * _SCALE), 0.0)
        return np.clip(self._last.of(hidden)[:, 0], -_SUREST, _SUREST)
