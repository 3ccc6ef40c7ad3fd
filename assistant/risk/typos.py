"""Find list words at one typing slip's distance, by the deletions both share."""

from __future__ import annotations

from collections.abc import Iterable

_SHORTEST = 5


class TypoIndex:
    """Words that may be recognised with one letter wrong, missing, added or swapped."""

    def __init__(self, words: Iterable[str], never: Iterable[str]) -> None:
        self._never = frozenset(never)
        self._by_key: dict[str, list[str]] = {}
        for word in sorted(set(words)):
            for key in _deletions(word):
                self._by_key.setdefault(key, []).append(word)

    def near(self, word: str) -> set[str]:
        """List words one slip away from `word`, which keep its first letter."""
        if len(word) < _SHORTEST or word in self._never or not self._by_key:
            return set()
        found: set[str] = set()
        for key in _deletions(word):
            for known in self._by_key.get(key, ()):
                if known not in found and known[0] == word[0] and _one_slip(known, word):
                    found.add(known)
        return found


def _deletions(word: str) -> set[str]:
    return {word} | {word[:i] + word[i + 1 :] for i in range(len(word))}


def _one_slip(one: str, two: str) -> bool:
    if one == two:
        return True
    if abs(len(one) - len(two)) > 1:
        return False
    short, long = sorted((one, two), key=len)
    first = next((i for i, (a, b) in enumerate(zip(short, long, strict=False)) if a != b), len(short))
    if len(short) < len(long):
        return short[first:] == long[first + 1 :]
    swapped = short[:first] + short[first + 1 : first + 2] + short[first : first + 1] + short[first + 2 :]
    return short[first + 1 :] == long[first + 1 :] or swapped == long
