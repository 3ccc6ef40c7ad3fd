"""Fitted linear models as bare weights: one message is scored without copying them or checking it again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.nlu.ngrams import Floats, Row


class SparseLinear:
    """A model of sparse features: weights of shape (features, classes), kept with half the digits."""

    def __init__(self, weights: NDArray[Any], intercepts: NDArray[Any] | float = 0.0) -> None:
        """`weights` as scikit-learn keeps them: shape (classes, features)."""
        self._weights = np.ascontiguousarray(weights.T, dtype=np.float16)
        self._intercepts = np.asarray(intercepts, dtype=np.float32)

    def of(self, rows: Sequence[Row]) -> Floats:
        """Scores of shape (texts, classes): a text has few of the features."""
        sums = [values.astype(np.float32) @ self._weights[columns].astype(np.float32) for columns, values in rows]
        return np.asarray(np.stack(sums) + self._intercepts, dtype=np.float32)


class DenseLinear:
    """A model of dense features: weights of shape (features, classes). Stored with half the digits."""

    def __init__(self, weights: NDArray[Any], intercepts: NDArray[Any]) -> None:
        """`weights` as scikit-learn keeps them: shape (classes, features)."""
        self._weights = np.ascontiguousarray(weights.T, dtype=np.float32)
        self._intercepts = intercepts.astype(np.float32)

    def of(self, features: Floats) -> Floats:
        """Scores of features of shape (texts, features), shape (texts, classes)."""
        return np.asarray(features @ self._weights + self._intercepts, dtype=np.float32)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_weights": self._weights.astype(np.float16)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._weights = self._weights.astype(np.float32)


def one_column_each(scores: Floats) -> Floats:
    """Give two classes a column each: scikit-learn keeps one for both."""
    return np.hstack([-scores / 2, scores / 2]) if scores.shape[1] == 1 else scores


def softmax(scores: Floats) -> Floats:
    """Scores of each row as shares that sum to 1."""
    scores = one_column_each(scores)
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True), dtype=np.float32)
