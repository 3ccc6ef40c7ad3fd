"""The words by which a message is found: normalised as in training and in the risk screen."""

from __future__ import annotations

import re

from assistant.text import normalise, tokens

_ARTICLE = re.compile(r"^[وف]?(?:[بك]?ال|لل)(?=[\u0620-\u064a]{3})|^[وف]لل(?=[\u0620-\u064a]{3})")
"""و ف ب ك ل before the article, and the article: "والجلسه" is also found as "جلسه"."""


def words_of(text: str) -> list[str]:
    """The words of a text as they are searched: normalised, apostrophes left out."""
    return [word.replace("'", "") for word in tokens(normalise(text))]


def terms_of(text: str) -> str:
    """What is stored to search by: each word once, Arabic ones also without their article."""
    found: dict[str, None] = {}
    for word in words_of(text):
        found[word] = None
        found[without_article(word)] = None
    return " ".join(found)


def without_article(word: str) -> str:
    return _ARTICLE.sub("", word)
