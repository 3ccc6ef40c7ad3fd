"""May a newly trained model take the place of the one before? Not while a figure that matters falls."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

Figures = Mapping[str, Any]
ALLOWED_FALL = 0.005
"""Share by which a figure may move for the worse: three or four messages of a half, as any retraining moves them.

Risk recall has no such allowance.
"""


@dataclass(frozen=True)
class Compared:
    """One figure before and after, as shares between 0 and 1."""

    name: str
    before: float
    after: float
    higher_is_better: bool = True
    allowed: float = ALLOWED_FALL

    @property
    def fell(self) -> bool:
        worse = self.before - self.after if self.higher_is_better else self.after - self.before
        return worse > self.allowed + 1e-9

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "fell": self.fell}


def compare(before: Figures, after: Figures) -> list[Compared]:
    """The figures that matter, of two evaluations (`evaluation/results/evaluation-*.json`) of the same half."""
    return [
        Compared(name, read(before), read(after), higher_is_better, allowed)
        for name, read, higher_is_better, allowed in _MATTER
    ]


def _share(*path: str) -> Callable[[Figures], float]:
    def read(figures: Figures) -> float:
        value: Any = figures
        for key in path:
            value = value[key]
        return float(value["share"] if isinstance(value, Mapping) else value)

    return read


_MATTER: tuple[tuple[str, Callable[[Figures], float], bool, float], ...] = (
    ("risks heard", _share("risks", "heard"), True, 0.0),
    ("risks that reach staff", _share("risks", "reaches_staff"), True, 0.0),
    ("emergencies heard as emergencies", _share("risks", "emergencies_as_emergency"), True, 0.0),
    ("questions answered right", _share("questions", "in_scope", "accuracy"), True, ALLOWED_FALL),
    ("macro-F1", _share("questions", "overall", "macro_f1"), True, ALLOWED_FALL),
    ("out of scope held back", _share("questions", "fallback_recall"), True, 2 * ALLOWED_FALL),
    ("questions wrongly held back", _share("questions", "wrongly_rejected"), False, ALLOWED_FALL),
    ("harmless messages handed over", _share("harmless", "handed_over"), False, ALLOWED_FALL),
)
