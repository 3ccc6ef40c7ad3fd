"""What the word lists see in texts, for the risk head: read in training and in use with the same lists."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from assistant.nlu.parallel import in_batches
from assistant.risk import RiskScreen, load_screen
from assistant.risk.shape import features_of

_BATCH = 1_000


class Shape(NamedTuple):
    """What the lists see in one text, each part as the words of a linear model."""

    signs: str = ""
    """findings and cues, in order, without the words (`assistant.risk.shape`)"""
    neighbours: str = ""
    """the words around findings (`assistant.risk.neighbours`)"""


def screen_of(folder: Path) -> RiskScreen:
    """The screen of a folder's word lists as they stand now; the components of a pipeline share one."""
    return _screen(folder, tuple(sorted((path.name, path.stat().st_mtime_ns) for path in folder.glob("*.yml"))))


@lru_cache(maxsize=2)
def _screen(folder: Path, files: tuple[tuple[str, int], ...]) -> RiskScreen:
    return load_screen(folder)


def shapes_of(texts: Sequence[str], folder: Path) -> list[Shape]:
    """Each text's shape."""
    return in_batches(_shapes, texts, folder, size=_BATCH)


def shape_in(text: str, screen: RiskScreen) -> Shape:
    return Shape(features_of(screen.shape(text), len(text)), " ".join(screen.neighbours(text)))


def _shapes(texts: Sequence[str], folder: Path) -> list[Shape]:
    screen = screen_of(folder)
    return [shape_in(text, screen) for text in texts]
