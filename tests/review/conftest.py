"""A small project of the same shape as the real one, for patches that may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

NLU = {
    "data/nlu/ar/pain.yml": ("ask_pain", ["هل الجلسة مؤلمة", "يعور كثير ولا لا", "t3awer wla 3adi"]),
    "data/nlu/en/pain.yml": ("ask_pain", ["does it hurt", "is it painful"]),
    "data/nlu/ar/price.yml": ("ask_price", ["كم السعر", "بكم الجلسة الواحدة عندكم"]),
    "data/nlu/en/price.yml": ("ask_price", ["how much is it", "what does one session cost at your clinic"]),
    "data/nlu/en/out_of_scope.yml": ("out_of_scope", ["what is the capital of France"]),
}
TOPICS = """
- name: does it hurt
  language: en
  turns:
    - patient: will I feel any pain
      answers: [utter_ask_pain]

- name: what does it cost
  language: en
  turns:
    - patient: tell me the price
      answers: [utter_ask_price]
"""
HELD_OUT = "text,intent,kind\nwill my thighs hurt for days,ask_pain,english\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, (intent, phrases) in NLU.items():
        lines = "".join(f"    - {phrase}\n" for phrase in phrases)
        _write(tmp_path / path, f'version: "3.1"\nnlu:\n- intent: {intent}\n  examples: |\n{lines}')
    _write(tmp_path / "tests/conversations/topics_en.yml", TOPICS)
    _write(tmp_path / "evaluation/sets/development/questions.csv", HELD_OUT)
    return tmp_path


def _write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
