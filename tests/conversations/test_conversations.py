"""Plays every conversation of this folder against the trained model and the real action server."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from assistant.text import normalise
from tests.conversations.player import FOLDER, Chat, Conversation, all_conversations

if TYPE_CHECKING:
    from assistant.turn import TurnPlayer
    from tests.conftest import RunAsync

CONVERSATIONS = all_conversations()
SINGLE = FOLDER / "single_questions.yml"
PHRASES = FOLDER.parents[1] / "data" / "nlu"
MOST_SPLIT = 2
MOST_KNOWN_SHARE = 0.1


@pytest.fixture
def chat(turn_player: TurnPlayer, in_loop: RunAsync) -> Chat:
    from assistant.seam import TurnRequest

    return Chat(lambda request: in_loop(turn_player.play(TurnRequest.from_json(request))))


@pytest.mark.parametrize("conversation", CONVERSATIONS, ids=lambda conversation: conversation.id)
def test_conversation(conversation: Conversation, chat: Chat) -> None:
    chat.play(conversation)


def test_single_questions_stay_one_question(turn_player: TurnPlayer, in_loop: RunAsync) -> None:
    split = [
        f"{entry['question']} -> {heard['answers']}"
        for entry in single_questions()
        if len((heard := _understand(entry["question"], turn_player, in_loop))["answers"]) > 1
    ]
    assert len(split) <= MOST_SPLIT, f"{len(split)} of 100 were split:\n" + "\n".join(split)


def test_single_questions_are_understood(turn_player: TurnPlayer, in_loop: RunAsync) -> None:
    wrong = []
    for entry in single_questions():
        heard = _understand(entry["question"], turn_player, in_loop)
        if entry["intent"] not in (heard["intent"], *heard["answers"]):
            wrong.append(f"{entry['question']} -> {heard['intent']}, not {entry['intent']}")
    assert len(wrong) <= 5, f"{len(wrong)} of 100 were misunderstood:\n" + "\n".join(wrong)


def test_there_are_100_single_questions() -> None:
    questions = [normalise(entry["question"]) for entry in single_questions()]
    assert len(questions) == len(set(questions)) == 100


def test_conversations_are_many_and_told_apart() -> None:
    assert len(CONVERSATIONS) >= 170
    assert [name for name, count in Counter(c.id for c in CONVERSATIONS).items() if count > 1] == []


@pytest.mark.parametrize("file", ["topics_ar", "topics_en", "topics_arabizi"])
def test_every_topic_is_asked_about_in_every_language_kind(file: str) -> None:
    topics = yaml.safe_load((PHRASES.parent / "topics.yml").read_text(encoding="utf-8"))
    named = (PHRASES.parents[1] / "tests" / "conversations" / f"{file}.yml").read_text(encoding="utf-8")
    handed_over = {"ask_human": "asked_for_staff", "ask_delete_data": "delete_data"}
    assert [topic for topic in topics if handed_over.get(topic, f"utter_{topic}") not in named] == []


def test_patients_do_not_recite_the_training_phrases() -> None:
    phrases = {
        normalise(line.strip().removeprefix("- "))
        for path in PHRASES.rglob("*.yml")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    lines = [turn.said["text"] for c in CONVERSATIONS for turn in c.turns if "text" in turn.said]
    lines += [entry["question"] for entry in single_questions()]
    known = [line for line in lines if normalise(line) in phrases]
    assert len(known) <= MOST_KNOWN_SHARE * len(lines), "\n".join(known)


def single_questions() -> list[dict[str, str]]:
    """Questions that hold an "and" and ask one thing, with the intent that they ask."""
    data = yaml.safe_load(Path(SINGLE).read_text(encoding="utf-8"))
    return [{"question": question, "intent": intent} for intent, asked in data.items() for question in asked]


def _understand(text: str, player: TurnPlayer, in_loop: RunAsync) -> dict[str, Any]:
    from assistant.seam import TurnRequest

    request = {"conversation": "c", "message_id": "m", "mode": "understand", "text": text, "state": None}
    reply = in_loop(player.play(TurnRequest.from_json(request)))
    understanding: dict[str, Any] = reply["understanding"]
    return understanding
