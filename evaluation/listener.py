"""The trained assistant in this process: what it makes of a message, without its logs."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.risk import load_screen
from assistant.seam import MAX_TEXT, disarm
from assistant.text import clean
from evaluation.sets import ROOT

if TYPE_CHECKING:
    from rasa.core.agent import Agent

HANDED_OVER = ("personal", "emergency")
REPORTS = ("report_condition", "report_reaction", "report_emergency")
REJECTED = ("nlu_fallback", "out_of_scope")
_FOR_IMPORT = {
    "RASA_TELEMETRY_ENABLED": "false",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
}


@dataclass(frozen=True)
class Heard:
    """What the assistant understood of one message."""

    text: str
    intent: str
    """After fallback, clauses and risk."""
    forced: str
    """The classifier's first choice, however unsure."""
    score: float
    threshold: float
    answers: tuple[str, ...]
    level: str
    """The risk, with the model's own signal."""
    lexicon_level: str
    """The risk by the word lists alone."""

    @property
    def is_heard(self) -> bool:
        return self.level in HANDED_OVER

    @property
    def goes_to_staff(self) -> bool:
        """Also where the risk screen is silent and the classifier's `report_*` intent hands over by its rule."""
        return self.is_heard or self.intent in REPORTS

    @property
    def is_split(self) -> bool:
        return not self.goes_to_staff and len(self.answers) > 1

    @property
    def label(self) -> str:
        """What the patient gets: the first answer of several; both ways of saying "not understood" are one."""
        given = self.answers[0] if self.is_split else self.intent
        return "out_of_scope" if given in REJECTED else given


class Listener:
    """Parses messages with the real pipeline, as the seam would."""

    def __init__(self, model: Path) -> None:
        self._agent = load_agent(model)
        self._screen = load_screen(ROOT / "data" / "risk")

    @property
    def model_id(self) -> str:
        return str(self._agent.model_id)

    def listen(self, texts: Sequence[str]) -> list[Heard]:
        safe = [disarm(clean(text, limit=MAX_TEXT)) for text in texts]
        parsed = parse_all(self._agent, safe)
        return [heard(text, parse, self._screen.screen(text).level.value) for text, parse in zip(safe, parsed)]


def heard(text: str, parsed: dict[str, Any], lexicon_level: str) -> Heard:
    noted = parsed.get("understanding") or {}
    ranking = parsed.get("intent_ranking") or [parsed["intent"]]
    return Heard(
        text=text,
        intent=parsed["intent"]["name"] or REJECTED[0],
        forced=ranking[0]["name"] or REJECTED[0],
        score=float(ranking[0]["confidence"]),
        threshold=float(noted.get("threshold") or 0.0),
        answers=tuple(noted.get("answers") or ()),
        level=(noted.get("risk") or {}).get("level", "none"),
        lexicon_level=lexicon_level,
    )


def load_agent(model: Path) -> Agent:
    """Rasa's agent, loaded from the repository's root, where its paths begin."""
    if not model.is_file():
        raise SystemExit(f"No model at {model}: train one first (make train).")
    model = model.resolve()
    os.chdir(ROOT)
    quieten()
    from rasa.core.agent import Agent

    return Agent.load(str(model))


def parse_all(agent: Agent, texts: Sequence[str]) -> list[dict[str, Any]]:
    from rasa.core.channels.channel import UserMessage

    processor = agent.processor
    assert processor is not None

    async def parse() -> list[dict[str, Any]]:
        return [dict(await processor.parse_message(UserMessage(text=text))) for text in texts]

    return asyncio.run(parse())


def quieten() -> None:
    """Keep Rasa from calling home and from logging what patients wrote; call before Rasa is imported."""
    for name, value in _FOR_IMPORT.items():
        os.environ.setdefault(name, value)
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    for name in ("rasa", "matplotlib"):
        logging.getLogger(name).setLevel(logging.ERROR)
