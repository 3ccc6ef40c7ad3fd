"""The model's own ear for risks, on a tiny data set with the real sentence encoder."""

from pathlib import Path

import pytest

from assistant.model_signal import Signal, SignalCutoffs, model_risk, second_look
from assistant.nlu.encoder import encode
from assistant.nlu.risk_head import NO_KNOWN_WORD, NO_RISK, RiskExample, RiskHead, category_of, load_examples
from assistant.nlu.shapes import Shape, shape_in, shapes_of
from assistant.risk import Doubt, Finding, Level, Risk, Who, judge, load_screen
from assistant.risk.model import settle
from assistant.risk.screen import DEFAULT_FOLDER

RISKS = {
    "pregnancy_breastfeeding": ["انا حامل بالثالث", "i am pregnant", "ارضع ولدي", "12 weeks along", "حامل بتوام"],
    "allergy": ["عندي حساسيه من المخدر", "allergic to latex", "اتحسس من الكريم", "i react to lidocaine"],
}
HARMLESS = ["كم السعر", "how many sessions", "وين موقعكم", "ماني حامل", "not pregnant", "متي تفتحون", "هل توجع"]


SCREEN = load_screen()


def shape(text: str) -> Shape:
    return shape_in(text, SCREEN)


@pytest.fixture(scope="module")
def head() -> RiskHead:
    texts = [*(text for listed in RISKS.values() for text in listed), *HARMLESS]
    categories = [*(c for c, listed in RISKS.items() for _ in listed), *[NO_RISK] * len(HARMLESS)]
    return RiskHead().fit(texts, encode(texts), [shape(text) for text in texts], categories)


@pytest.mark.parametrize(
    ("text", "category"), [("حامل بالثاني", "pregnancy_breastfeeding"), ("allergic to lidocaine", "allergy")]
)
def test_risks_are_heard_with_their_category(head: RiskHead, text: str, category: str) -> None:
    [signal] = head.signals([text], encode([text]), [shape(text)])
    assert signal.margin > 0
    assert signal.category == category


def test_harmless_messages_are_below_the_border(head: RiskHead) -> None:
    shapes = [shape(text) for text in HARMLESS]
    assert all(signal.margin < 0 for signal in head.signals(HARMLESS, encode(HARMLESS), shapes))


def test_noise_is_below_the_border(head: RiskHead) -> None:
    noise = ["qwjx zxkq", "ظظضص ثقفغ"]
    assert all(signal.margin < -0.2 for signal in head.signals(noise, encode(noise), [shape(text) for text in noise]))


def test_a_text_of_which_no_word_is_known_is_believed_less(head: RiskHead, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "pregnantpreg"
    [unknown] = head.signals([text], encode([text]), [Shape()])
    monkeypatch.setattr(head._ngrams, "knows_a_word", lambda text: True)
    [known] = head.signals([text], encode([text]), [Shape()])
    assert known.margin - unknown.margin == pytest.approx(NO_KNOWN_WORD)


def test_training_phrases_teach_their_category() -> None:
    assert category_of("ask_price") == NO_RISK
    assert category_of("report_emergency") == "emergency"


def test_examples_are_read_by_file_name(tmp_path: Path) -> None:
    (tmp_path / "personal.yml").write_text("allergy: [a]\n")
    (tmp_path / "harmless_more.yml").write_text("negated: [b]\n")
    assert load_examples(tmp_path) == [RiskExample("b", NO_RISK), RiskExample("a", "allergy")]


@pytest.mark.parametrize(("name", "content"), [("other.yml", "a: [b]"), ("personal.yml", "just words")])
def test_a_bad_file_is_named(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(ValueError, match=name):
        load_examples(tmp_path)


CUTOFFS = SignalCutoffs(
    alone=0.0, against_general=0.5, against_negation=1.0, doubtful=-0.1, of_another=0.3, joking=-0.5, topic_weight=0.8
)


def lexicon(*, negated: bool = False, who: Who = Who.SELF) -> Risk:
    return judge([Finding("allergy", "x", 0, 1, who, negated, "lexicon", "v")])


def heard(margin: float, lexicon: Risk, *, text: str = "x", topic_confidence: float = 0.0) -> Risk | None:
    signal = Signal(margin, "allergy")
    return model_risk(text, signal, lexicon=lexicon, topic_confidence=topic_confidence, cutoffs=CUTOFFS)


def test_the_model_alone_raises_a_personal_risk() -> None:
    risk = heard(0.1, judge([]))
    assert risk is not None
    assert risk.level is Level.PERSONAL
    assert risk.findings[0].source == "model"


@pytest.mark.parametrize("text", ["12", "...", "😂", ""])
def test_a_message_without_letters_says_nothing_of_anybody(text: str) -> None:
    assert heard(2.0, judge([]), text=text) is None


def test_against_a_general_question_it_must_be_surer() -> None:
    assert heard(0.4, lexicon(who=Who.GENERAL)) is None
    assert heard(0.6, lexicon(who=Who.GENERAL)) is not None


def test_against_a_denial_it_must_be_surest() -> None:
    assert heard(0.9, lexicon(negated=True)) is None
    assert heard(1.1, lexicon(negated=True)) is not None


def test_a_topic_that_is_sure_weighs_against_it() -> None:
    assert heard(0.3, judge([]), topic_confidence=0.95) is None
    assert heard(0.3, judge([]), topic_confidence=0.6) is not None


def test_it_has_nothing_to_add_to_a_risk_already_heard() -> None:
    assert heard(2.0, lexicon()) is None


def test_what_it_has_cleared_it_does_not_raise_again() -> None:
    cleared = settle(doubtful(), agrees=False)
    assert cleared.level is Level.GENERAL
    assert heard(CUTOFFS.doubtful + 9, cleared) is None


def doubtful(category: str = "allergy") -> Risk:
    return judge([Finding(category, "x", 0, 1, Who.SELF, False, "lexicon", "v", doubts=(Doubt.PAST,))])


@pytest.mark.parametrize(("margin", "level"), [(-0.2, Level.GENERAL), (0.0, Level.PERSONAL)])
def test_a_doubtful_finding_holds_where_the_model_agrees(margin: float, level: Level) -> None:
    assert second_look(doubtful(), Signal(margin, "allergy"), CUTOFFS).level is level


@pytest.mark.parametrize("doubt", [Doubt.OTHER, Doubt.NOT_TREATED])
def test_what_may_be_said_of_somebody_else_takes_more(doubt: Doubt) -> None:
    of_another = judge([Finding("allergy", "x", 0, 1, Who.OTHER, False, "lexicon", "v", doubts=(doubt, Doubt.PAST))])
    assert second_look(of_another, Signal(0.2, "allergy"), CUTOFFS).level is Level.GENERAL
    assert second_look(of_another, Signal(0.4, "allergy"), CUTOFFS).level is Level.PERSONAL


@pytest.mark.parametrize(("margin", "level"), [(-0.6, Level.GENERAL), (-0.4, Level.EMERGENCY)])
def test_an_emergency_takes_more_to_be_a_joke(margin: float, level: Level) -> None:
    assert second_look(doubtful("emergency"), Signal(margin, "emergency"), CUTOFFS).level is level


def test_a_certain_finding_holds_whatever_the_model_says() -> None:
    assert second_look(lexicon(), Signal(-9.0, "allergy"), CUTOFFS) == lexicon()


def test_shapes_say_what_is_heard_and_not_in_which_words() -> None:
    aunt, khala = (
        shape.signs.split() for shape in shapes_of(["my aunt has diabetes", "my friend has psoriasis"], DEFAULT_FOLDER)
    )
    assert "others" in aunt
    assert "who:other" in aunt
    assert set(aunt) ^ set(khala) <= {word for word in aunt + khala if "is:" in word}


def test_what_stands_around_an_illness_is_the_same_for_all_of_them() -> None:
    aunt, friend = shapes_of(["aunt has diabetes", "aunt has psoriasis"], DEFAULT_FOLDER)
    assert aunt.neighbours == friend.neighbours
    assert "has+_" in aunt.neighbours.split()
