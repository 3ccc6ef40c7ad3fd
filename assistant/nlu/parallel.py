"""Training's work in several processes. Each has one thread: its core."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from joblib import Parallel
from joblib.externals.loky import get_reusable_executor

_TEXTS_WORTH_A_PROCESS = 2_000


def processes_for(texts: int) -> int:
    """One per core where there is work for them; a message, or a small training file, is done in this process."""
    worth = texts // _TEXTS_WORTH_A_PROCESS
    return min(os.cpu_count() or 1, worth) if worth > 1 else 1


def run_all(jobs: Iterable[Any], *, processes: int) -> list[Any]:
    """The results of joblib's `delayed` calls, in order."""
    return list(Parallel(n_jobs=processes)(jobs))


def end_processes() -> None:
    """They are kept from one `run_all` to the next, and would outlive a training that ends in a hurry."""
    get_reusable_executor().shutdown(wait=True)
