"""Messages as patients type them: what the screen must hear, and what it must not."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.risk import Level, RiskScreen, load_screen

CASES: dict[str, list[list[Any]]] = yaml.safe_load(
    (Path(__file__).parent / "risk_cases.yml").read_text(encoding="utf-8")
)


@pytest.fixture(scope="module")
def screen() -> RiskScreen:
    return load_screen()


@pytest.mark.parametrize(("text", "level", "categories"), CASES["risk"])
def test_a_risk_is_heard(screen: RiskScreen, text: str, level: str, categories: list[str]) -> None:
    risk = screen.screen(text)
    assert risk.level.value == level, risk.findings
    assert set(categories) <= set(risk.categories)


@pytest.mark.parametrize(("text", "level"), CASES["quiet"])
def test_a_harmless_message_stays_with_the_bot(screen: RiskScreen, text: str, level: str) -> None:
    assert screen.screen(text).level.value == level


def test_there_are_enough_cases_to_mean_something() -> None:
    assert len(CASES["risk"]) >= 300
    assert len(CASES["quiet"]) >= 300
    assert {Level(level) for _, level, _ in CASES["risk"]} == {Level.PERSONAL, Level.EMERGENCY}
