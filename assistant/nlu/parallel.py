"""Training's work in several processes. Each has one thread: its core."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from joblib import Parallel, delayed
from joblib.externals.loky import get_reusable_executor

_TEXTS_WORTH_A_PROCESS = 2_000
_T = TypeVar("_T")


def processes_for(texts: int) -> int:
    """One per core where there is work for them; a message, or a small training file, is done in this process."""
    worth = texts // _TEXTS_WORTH_A_PROCESS
    return min(os.cpu_count() or 1, worth) if worth > 1 else 1


def run_all(jobs: Iterable[Any], *, processes: int) -> list[Any]:
    """The results of joblib's `delayed` calls, in order."""
    return list(Parallel(n_jobs=processes)(jobs))


def in_batches(work: Callable[..., Iterable[_T]], texts: Sequence[str], *arguments: object, size: int) -> list[_T]:
    """What `work(batch, *arguments)` gives for batches of so many texts, one result for each text, in order."""
    batches = [texts[start : start + size] for start in range(0, len(texts), size)]
    processes = processes_for(len(texts))
    if processes == 1:  # a message: joblib would cost more than it is worth
        done = [work(batch, *arguments) for batch in batches]
    else:
        done = run_all([delayed(work)(batch, *arguments) for batch in batches], processes=processes)
    return [result for batch in done for result in batch]


def end_processes() -> None:
    """They are kept from one `run_all` to the next, and would outlive a training that ends in a hurry."""
    get_reusable_executor().shutdown(wait=True)
