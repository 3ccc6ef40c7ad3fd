"""The figures: shares with intervals, F1, and how well a score parts in-scope from out-of-scope messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Z95 = 1.959964
Pair = tuple[float, float]


@dataclass(frozen=True)
class Share:
    """How many of how many, with Wilson's 95 % interval."""

    hits: int
    total: int

    @classmethod
    def of(cls, outcomes: Sequence[bool]) -> Share:
        return cls(sum(outcomes), len(outcomes))

    @property
    def value(self) -> float:
        return self.hits / self.total if self.total else float("nan")

    @property
    def interval(self) -> Pair:
        return wilson(self.hits, self.total)

    def as_dict(self) -> dict[str, Any]:
        low, high = self.interval
        return {**asdict(self), "share": self.value, "low": low, "high": high}

    def __str__(self) -> str:
        if not self.total:
            return "none"
        low, high = self.interval
        return f"{self.value:.1%} ({self.hits}/{self.total}; {low:.1%} to {high:.1%})"


def wilson(hits: int, total: int) -> Pair:
    """Wilson's score interval of a share, 95 %."""
    if total == 0:
        return 0.0, 1.0
    share, z2 = hits / total, _Z95**2
    centre = share + z2 / (2 * total)
    spread = _Z95 * sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    scale = 1 + z2 / total
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)


def accuracy(gold: Sequence[str], given: Sequence[str]) -> float:
    return float(np.mean(np.asarray(gold) == np.asarray(given))) if gold else float("nan")


def macro_f1(gold: Sequence[str], given: Sequence[str]) -> float:
    """Mean F1 over the labels that occur in `gold`."""
    return _macro_f1(*_codes(gold, given)) if gold else float("nan")


def macro_f1_interval(gold: Sequence[str], given: Sequence[str], *, resamples: int = 1000) -> Pair:
    """95 % percentile bootstrap interval of `macro_f1`."""
    truth, said, size = _codes(gold, given)
    random = np.random.default_rng(7)
    picks = random.integers(0, len(truth), (resamples, len(truth)))
    values = [_macro_f1(truth[pick], said[pick], size) for pick in picks]
    low, high = np.quantile(values, [0.025, 0.975])
    return float(low), float(high)


def _codes(gold: Sequence[str], given: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    labels, codes = np.unique([*gold, *given], return_inverse=True)
    return codes[: len(gold)], codes[len(gold) :], len(labels)


def _macro_f1(truth: NDArray[np.int64], said: NDArray[np.int64], size: int) -> float:
    right = np.bincount(truth[truth == said], minlength=size)
    expected = np.bincount(truth, minlength=size)
    claimed = np.bincount(said, minlength=size)
    present = expected > 0
    return float((2 * right[present] / (expected + claimed)[present]).mean())


def auroc(inside: ArrayLike, outside: ArrayLike) -> float:
    """Chance that an in-scope message scores above an out-of-scope one; ties count half."""
    within, without = np.asarray(inside, dtype=float), np.sort(np.asarray(outside, dtype=float))
    below = np.searchsorted(without, within, side="left")
    upto = np.searchsorted(without, within, side="right")
    return float((below + upto).mean() / 2 / len(without))


def oscr(inside: ArrayLike, right: ArrayLike, outside: ArrayLike) -> float:
    """Area under the rate of correctly answered in-scope over accepted out-of-scope messages, all thresholds."""
    within, without = np.asarray(inside, dtype=float), np.asarray(outside, dtype=float)
    answered_right = within[np.asarray(right, dtype=bool)]
    cuts = np.unique(np.concatenate([within, without]))[::-1]
    accepted = np.array([0.0, *((without >= cut).mean() for cut in cuts)])
    correct = np.array([0.0, *((answered_right >= cut).sum() / len(within) for cut in cuts)])
    return float(np.sum(np.diff(accepted) * (correct[1:] + correct[:-1]) / 2))


def mcc(gold: Sequence[str], given: Sequence[str]) -> float:
    """Matthews' correlation over all classes (Gorodkin's R_K)."""
    truth, said, size = _codes(gold, given)
    expected = np.bincount(truth, minlength=size).astype(float)
    claimed = np.bincount(said, minlength=size).astype(float)
    total, right = float(len(truth)), float((truth == said).sum())
    above = right * total - expected @ claimed
    below = sqrt((total**2 - claimed @ claimed) * (total**2 - expected @ expected))
    return float(above / below) if below else 0.0


def mcc_at(gold: Sequence[str], given: Sequence[str], scores: ArrayLike, *, threshold: float, outside: str) -> float:
    """MCC when what scores below the threshold is given the class `outside`."""
    kept = np.asarray(scores, dtype=float) >= threshold
    return mcc(gold, [label if keep else outside for label, keep in zip(given, kept)])


def best_mcc(gold: Sequence[str], given: Sequence[str], scores: ArrayLike, *, outside: str) -> float:
    """The best MCC that any threshold reaches."""
    cuts = np.quantile(np.asarray(scores, dtype=float), np.linspace(0, 0.995, 200))
    return max(mcc_at(gold, given, scores, threshold=float(cut), outside=outside) for cut in cuts)
