"""What the assistant says is what the article and the clinic say, in both languages alike."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.data import knowledge
from tests.data.knowledge import Answer, Variation

ROOT = Path(__file__).parents[2]
ARTICLE = Path(os.environ.get("ARTICLE", ROOT.parent / "shared" / "article.txt"))

FACTS = knowledge.load_facts(ROOT / "data" / "facts.yml")
ANSWERS = knowledge.load_answers(ROOT / "data" / "responses")
TOPICS = knowledge.read(ROOT / "data" / "topics.yml")
FOLLOWUPS = knowledge.read(ROOT / "data" / "followups.yml")
CLINIC = knowledge.read(ROOT / "clinic.yml")

HARMLESS = {
    f"ask_{topic}"
    for topic in (
        *("price", "hours", "location", "contact", "booking", "session_count", "session_length", "session_spacing"),
        *("human", "bot", "language", "privacy", "delete_data"),
    )
}
"""The clinician's list: changing topics.yml alone must not widen it."""

every_answer = pytest.mark.parametrize("answer", ANSWERS.values(), ids=list(ANSWERS))


@pytest.fixture(scope="module")
def article() -> str:
    if not ARTICLE.exists():
        pytest.skip(f"the article is not at {ARTICLE}")
    return ARTICLE.read_text(encoding="utf-8")


def nlu_intents() -> set[str]:
    files = (ROOT / "data" / "nlu").glob("*/*.yml")
    return {entry["intent"] for path in files for entry in knowledge.read(path)["nlu"] if "intent" in entry}


# --- the knowledge as it stands ------------------------------------------------------------------


@every_answer
def test_each_answer_has_one_wording_per_language(answer: Answer) -> None:
    assert list(knowledge.language_faults(answer)) == []


@every_answer
def test_each_text_fits_one_bubble(answer: Answer) -> None:
    assert list(knowledge.length_faults(answer)) == []


@every_answer
def test_each_number_stands_in_the_named_sources(answer: Answer) -> None:
    assert list(knowledge.source_faults(answer, FACTS, CLINIC)) == []


@every_answer
def test_both_languages_say_the_same(answer: Answer) -> None:
    assert list(knowledge.agreement_faults(answer)) == []


@every_answer
def test_each_placeholder_is_filled_by_someone(answer: Answer) -> None:
    assert list(knowledge.placeholder_faults(answer)) == []


@every_answer
def test_no_answer_copies_the_article(answer: Answer, article: str) -> None:
    for variation in answer.variations:
        assert knowledge.shared_runs(variation.text, article, knowledge.SHARED_WORDS) == []


def test_facts_are_in_our_own_words(article: str) -> None:
    shared = {fact: knowledge.shared_runs(text, article, knowledge.SHARED_WORDS_FACT) for fact, text in FACTS.items()}
    assert {fact: runs for fact, runs in shared.items() if runs} == {}


def test_facts_name_a_heading_of_the_article_and_carry_their_groups_name(article: str) -> None:
    for name, group in knowledge.read(ROOT / "data" / "facts.yml").items():
        assert group["section"] in article
        assert all(fact.startswith(f"{name}-") for fact in group["facts"])


def test_every_fact_is_used() -> None:
    assert knowledge.unused_facts(FACTS, ANSWERS.values()) == []


def test_every_placeholder_we_allow_is_used() -> None:
    used = {
        name: frozenset(knowledge.PLACEHOLDER.findall(ANSWERS[name].variations[0].text))
        for name in knowledge.PLACEHOLDERS
    }
    assert used == knowledge.PLACEHOLDERS


def test_topics_are_sound() -> None:
    assert list(knowledge.topic_faults(TOPICS)) == []


def test_every_topic_has_an_answer_and_every_answer_to_a_question_is_a_topic() -> None:
    assert set(TOPICS) == {name.removeprefix("utter_") for name in ANSWERS if name.startswith("utter_ask_")}


def test_topics_list_every_question_that_has_phrases() -> None:
    assert {intent for intent in nlu_intents() if intent.startswith("ask_")} <= set(TOPICS)


def test_topics_list_every_question_of_the_domain() -> None:
    path = ROOT / "domain.yml"
    if not path.exists():
        pytest.skip("domain.yml is not written yet")
    intents = {intent if isinstance(intent, str) else next(iter(intent)) for intent in knowledge.read(path)["intents"]}
    assert set(TOPICS) == {intent for intent in intents if intent.startswith("ask_")}


def test_only_the_clinicians_list_is_harmless() -> None:
    assert {intent for intent, topic in TOPICS.items() if topic["harmless"]} == HARMLESS


def test_followups_lead_from_topic_to_topic() -> None:
    assert set(FOLLOWUPS) == {"follow_why", "follow_how_long", "follow_how_many", "follow_when"}
    assert list(knowledge.followup_faults(FOLLOWUPS, TOPICS)) == []


def test_placeholders_of_the_clinic_are_marked() -> None:
    assert list(knowledge.example_faults(CLINIC)) == []
    marked = set(knowledge.examples(CLINIC))
    assert {
        "clinic.email",
        "clinic.branches[0].phone",
        "clinic.branches[1].hours",
        "clinic.holidays",
    } <= marked
    assert not any(where.startswith(("clinic.emergency", "clinic.timezone")) for where in marked)


# --- the checker itself: each bad sample is found ------------------------------------------------

SAMPLE_FACTS = {"sessions-1": "A usual course is 4 to 8 sessions, each 1 or 2 days apart."}
SAMPLE_CLINIC = {"emergency": {"ambulance": "997"}}


def sample(ar: str = "من 4 إلى 8 جلسات", en: str = "4 to 8 sessions", **sources: tuple[str, ...]) -> Answer:
    sources = sources or {"facts": ("sessions-1",)}
    return Answer("utter_sample", (Variation("ar", ar, **sources), Variation("en", en, **sources)))


def all_faults(answer: Answer) -> list[str]:
    return [
        *knowledge.language_faults(answer),
        *knowledge.length_faults(answer),
        *knowledge.source_faults(answer, SAMPLE_FACTS, SAMPLE_CLINIC),
        *knowledge.agreement_faults(answer),
        *knowledge.placeholder_faults(answer),
    ]


def test_a_good_answer_has_no_fault() -> None:
    assert all_faults(sample()) == []
    assert all_faults(sample("يوم أو يومين", "a day or two")) == []
    assert all_faults(sample("الاتصال على 997", "call 997", clinic=("emergency",))) == []


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param(sample("من 4 إلى 9 جلسات", "4 to 9 sessions"), "states 9", id="a number no fact holds"),
        pytest.param(sample("ثلاث جلسات", "three sessions"), "states 3", id="a number word no fact holds"),
        pytest.param(
            sample("الاتصال على 998", "call 998", clinic=("emergency",)),
            "states 998",
            id="a number of no key",
        ),
        pytest.param(sample("4", "4", clinic=("parking",)), "no parking in clinic", id="an unknown key"),
        pytest.param(sample(facts=("sessions-9",)), "no fact sessions-9", id="an unknown fact"),
        pytest.param(sample(en="some sessions"), "differ in their numbers", id="numbers differ"),
        pytest.param(
            Answer("utter_sample", (Variation("ar", "نعم", ("sessions-1",)), Variation("en", "yes"))),
            "differ in their facts",
            id="facts differ",
        ),
        pytest.param(sample(ar="نعم " * 130), "characters", id="too long"),
        pytest.param(sample(en=" "), "characters", id="empty"),
        pytest.param(Answer("utter_sample", (Variation("en", "yes"),)), "0 variations for ar", id="a language missing"),
        pytest.param(
            Answer("utter_sample", (Variation("ar", "نعم"), Variation("en", "yes"), Variation(None, "yes"))),
            "a default",
            id="a default",
        ),
        pytest.param(sample("{parking}", "{parking}"), "nothing fills {parking}", id="unknown placeholder"),
        pytest.param(sample(ar="4 to 8"), "no Arabic letter", id="Arabic without Arabic"),
        pytest.param(sample(en="4 to 8 جلسات"), "Arabic letters", id="English with Arabic"),
        pytest.param(sample(ar="من ٤ إلى ٨"), "digits other than 0-9", id="Arabic-Indic digits"),
    ],
)
def test_a_bad_answer_is_found(answer: Answer, fault: str) -> None:
    assert any(fault in found for found in all_faults(answer)), all_faults(answer)


def test_a_default_in_the_file_is_read_as_one(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text("responses:\n  utter_x:\n    - text: hello\n", encoding="utf-8")
    assert knowledge.load_answers(tmp_path)["utter_x"].variations == (Variation(None, "hello"),)


def test_the_same_answer_in_two_files_is_found(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text("responses:\n  utter_x:\n    - text: hello\n", encoding="utf-8")
    with pytest.raises(ValueError, match="utter_x is in another file too"):
        knowledge.load_answers(tmp_path)


def test_an_unused_fact_is_found() -> None:
    assert knowledge.unused_facts(["sessions-1", "sessions-2"], [sample()]) == ["sessions-2"]


def test_a_copied_run_is_found() -> None:
    article = "one two three four five six seven eight nine"
    assert knowledge.shared_runs("so: One two, three four five six seven eight!", article, 8)
    assert not knowledge.shared_runs("one two three four five six seven", article, 8)


GOOD_TOPIC = {"harmless": False, "title": {"ar": "سؤال", "en": "Question"}, "related": ["ask_b", "ask_c"]}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"harmless": "no"}, "neither true nor false"),
        ({"title": {"ar": "سؤال"}}, "title is missing"),
        ({"title": {"ar": "سؤال", "en": "A title that does not fit"}}, "25 characters"),
        ({"related": ["ask_b"]}, "needs 2"),
        ({"related": ["ask_b", "ask_gone"]}, "ask_gone, which is no topic"),
    ],
)
def test_a_bad_topic_is_found(change: dict[str, object], fault: str) -> None:
    others = {
        name: {**GOOD_TOPIC, "related": ["ask_a", other]} for name, other in (("ask_b", "ask_c"), ("ask_c", "ask_b"))
    }
    assert list(knowledge.topic_faults({"ask_a": GOOD_TOPIC, **others})) == []
    assert any(fault in found for found in knowledge.topic_faults({"ask_a": {**GOOD_TOPIC, **change}, **others}))


def test_a_followup_into_nowhere_is_found() -> None:
    assert list(knowledge.followup_faults({"follow_why": {"ask_a": "ask_gone"}}, {"ask_a"})) == [
        "follow_why: ask_gone is no topic"
    ]


@pytest.mark.parametrize("bad", [{"value": 1, "example": "yes"}, {"number": 1, "example": True}])
def test_a_bad_placeholder_mark_is_found(bad: dict[str, object]) -> None:
    assert list(knowledge.example_faults({"branches": [{"phone": bad}]}))
