"""Corrections become clean changes to the project's files, or are refused with a reason."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.nlu.risk_head import NO_RISK, load_examples
from desk.review.patches import LEDGER, TESTS, Author, Item, expectations
from desk.review.phrasebook import read_phrases
from tests.conversations.player import load_conversations

TODAY = date(2026, 11, 26)
ROOT = Path(__file__).resolve().parents[2]


def phrase(text: str, intent: str = "ask_pain", language: str = "en", number: int = 7) -> Item:
    return Item(number, "phrase", text, language, intent=intent)


def test_a_phrase_becomes_a_line_a_test_and_a_ledger_entry(project: Path) -> None:
    patch = Author(project).patch([phrase("how sore will I be afterwards")], on=TODAY)
    patch.write(project)
    assert [p.text for p in read_phrases(project) if p.file == "data/nlu/en/pain.yml"] == [
        "does it hurt",
        "is it painful",
        "how sore will I be afterwards",
    ]
    (conversation,) = load_conversations(project / TESTS)
    assert conversation.turns[0].said == {"text": "how sore will I be afterwards"}
    assert conversation.turns[0].answers == ("utter_ask_pain",)
    (entry,) = yaml.safe_load((project / LEDGER).read_text(encoding="utf-8"))
    assert entry == {
        "id": 7,
        "date": "2026-11-26",
        "kind": "phrase",
        "file": "data/nlu/en/pain.yml",
        "text": "how sore will I be afterwards",
    }


def test_the_patch_applies_with_git_and_gives_the_same_files(project: Path) -> None:
    items = [phrase("how sore will I be afterwards"), phrase("قديش الوجع من عشرة", language="ar", number=8)]
    items.append(Item(9, "risk", "عندي سيولة بالدم", "ar", category="blood_thinner_bleeding"))
    patch = Author(project).patch(items, on=TODAY)
    (project / "change.patch").write_text(patch.diff(), encoding="utf-8")
    for command in (
        ["git", "init", "-q"],
        ["git", "apply", "--check", "change.patch"],
        ["git", "apply", "change.patch"],
    ):
        subprocess.run(command, cwd=project, check=True)
    assert {path: (project / path).read_text(encoding="utf-8") for path in patch.files} == patch.files
    assert Author(project).patch(items, on=TODAY).diff().count("+    - ") == 0  # known by now


def test_the_rest_of_a_file_stays_as_it_is(project: Path) -> None:
    path = project / "data/nlu/en/pain.yml"
    path.write_text("# a comment of somebody\n" + path.read_text(encoding="utf-8").rstrip("\n"), encoding="utf-8")
    before = path.read_text(encoding="utf-8")
    Author(project).patch([phrase("how sore will I be afterwards")], on=TODAY).write(project)
    assert path.read_text(encoding="utf-8") == before + "\n    - how sore will I be afterwards\n"


def test_arabizi_goes_to_the_arabic_file(project: Path) -> None:
    patch = Author(project).patch([phrase("el alam yt7ammal?", language="ar")], on=TODAY)
    assert "    - el alam yt7ammal?\n" in patch.files["data/nlu/ar/pain.yml"]


@pytest.mark.parametrize(
    ("item", "code"),
    [
        (phrase("Does it HURT?"), "known"),
        (phrase("How much is it", intent="ask_pain"), "other_intent"),
        (phrase("what does one session cost at the clinic", intent="ask_pain"), "near_other_intent"),
        (phrase("Will my thighs hurt for days"), "held_out"),
        (phrase("call 0551234567 about the pain"), "personal_data"),
        (phrase("my name is Sara and it hurts"), "name"),
        (phrase("does [it](thing) hurt a lot"), "unwritable"),
        (phrase("does it hurt\n    - and this"), "personal_data"),
        (phrase("x" * 301), "unwritable"),
        (phrase("how sore will I be", intent="ask_weather"), "unknown_intent"),
        (Item(3, "risk", "Will my thighs hurt for days", "en", category="herpes"), "held_out"),
    ],
)
def test_what_would_spoil_the_data_is_refused(project: Path, item: Item, code: str) -> None:
    patch = Author(project).patch([item], on=TODAY)
    assert [refusal.code for refusal in patch.refused] == [code]
    assert patch.files == {}
    assert patch.diff() == ""


def test_the_same_wording_is_taken_once(project: Path) -> None:
    patch = Author(project).patch([phrase("how sore will I be"), phrase("How SORE will I be?!", number=8)], on=TODAY)
    assert [(refusal.code, refusal.what) for refusal in patch.refused] == [("twice", "7")]


def test_no_intent_gets_many_phrases_that_begin_alike(project: Path) -> None:
    items = [phrase(f"will it really hurt my {part} today", number=n) for n, part in enumerate(PARTS)]
    Author(project).patch(items[:12], on=TODAY).write(project)
    patch = Author(project).patch(items[12:], on=TODAY)
    assert [refusal.code for refusal in patch.refused] == ["same_opening"]


PARTS = [
    "knees",
    "hips",
    "calves",
    "ankles",
    "elbows",
    "wrists",
    "shoulders",
    "fingers",
    "toes",
    "neck",
    "temples",
    "heels",
    "ribs",
]


def test_risk_corrections_become_examples_that_the_model_can_read(project: Path) -> None:
    items = [
        Item(1, "risk", "عندي سيولة بالدم", "ar", category="blood_thinner_bleeding"),
        Item(2, "risk", "I bleed for hours", "en", category="blood_thinner_bleeding"),
        Item(3, "no_risk", "بموت من الحماس", "ar"),
    ]
    Author(project).patch(items[:2], on=TODAY).write(project)
    Author(project).patch(items[2:], on=TODAY).write(project)
    examples = load_examples(project / "data/risk/examples")
    assert {(example.text, example.category) for example in examples} == {
        ("عندي سيولة بالدم", "blood_thinner_bleeding"),
        ("I bleed for hours", "blood_thinner_bleeding"),
        ("بموت من الحماس", NO_RISK),
    }


def test_only_what_was_understood_gets_a_conversation_test(project: Path) -> None:
    items = [phrase("how sore will I be afterwards"), phrase("is the soreness long", number=8)]
    patch = Author(project).patch(items, on=TODAY, tests_for={8})
    assert [test["name"] for test in yaml.safe_load(patch.files[TESTS])] == ["correction 8"]


def test_the_real_conversation_tests_say_what_answers_each_topic() -> None:
    topics: dict[str, Any] = yaml.safe_load((ROOT / "data/topics.yml").read_text(encoding="utf-8"))
    known = expectations(ROOT)
    assert set(topics) - set(known) == set()
    assert known["ask_hours"] == {"answers": ["utter_ask_hours", "open_or_closed"]}
    assert known["ask_human"]["handoff"] == {"reason": "asked_for_staff"}
