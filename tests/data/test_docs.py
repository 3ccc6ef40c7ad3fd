"""Documents that cannot drift: a setting, command or topic that is missing from them fails here."""

import re
from pathlib import Path

import pytest

from assistant.topics import load_topics
from desk.environment import SETTINGS
from scripts.run import SETTINGS_HELP

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
EXAMPLE = (ROOT / ".env.example").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*(s.name for s in SETTINGS), *(name for name, _, _ in SETTINGS_HELP)])
def test_every_setting_is_in_the_example_file(name: str) -> None:
    assert re.search(rf"^{name}=", EXAMPLE, re.MULTILINE), f"{name} is missing from .env.example"


@pytest.mark.parametrize("command", re.findall(r"^([a-z]+):.*##", MAKEFILE, re.MULTILINE))
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"make {command}" in README


def test_every_topic_is_in_the_architecture() -> None:
    topics = load_topics(ROOT / "data/topics.yml")
    for intent, topic in topics.items():
        row = f"| `{intent}` | {topic.title['ar']} / {topic.title['en']} | {'yes' if topic.harmless else 'no'} |"
        assert row in ARCHITECTURE, f"the table of topics must hold: {row}"


@pytest.mark.parametrize("document", [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))], ids=lambda p: p.name)
def test_every_linked_file_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", text):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"
