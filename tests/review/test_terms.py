import pytest

from desk.review.terms import terms_of, words_of


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("الجلســـة", "الجلسه جلسه"),
        ("والجلسات للحامل", "والجلسات جلسات للحامل حامل"),
        ("How MUCH is it?", "how much is it"),
        ("don't", "dont"),
        ("من ٤ إلى 8", "من 4 الي 8"),
        ("t3awer el jalsa", "t3awer el jalsa"),
        ("الله", "الله"),
        ("🙂", ""),
    ],
)
def test_terms(text: str, terms: str) -> None:
    assert terms_of(text) == terms


def test_spellings_of_one_word_are_one() -> None:
    assert words_of("أسعار الجلسة") == words_of("اسعار الجلسه") == words_of("أسعــار الجلسةْ")
