"""The desk's own use of the risk screen, on every message. Any error in it counts as a risk."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol

from django.conf import settings

log = logging.getLogger(__name__)

NONE, GENERAL, PERSONAL, EMERGENCY = "none", "general", "personal", "emergency"
LEVELS = (NONE, GENERAL, PERSONAL, EMERGENCY)
SCREEN_ERROR = "screen_error"
SELF_HARM = "self_harm"


class Screen(Protocol):
    """What the desk needs of `assistant.risk.RiskScreen`."""

    def screen(self, text: str) -> Any: ...


@dataclass(frozen=True)
class ScreenedRisk:
    """A risk in the form of the contract, from our own screen or from the assistant's understanding."""

    level: str = NONE
    urgency: str | None = None
    findings: tuple[dict[str, Any], ...] = field(default=())
    doubtful: bool = False
    """Words near the finding make it doubtful: it counts unless the assistant looks at it and clears it."""

    @property
    def certain(self) -> ScreenedRisk:
        """What counts whatever the assistant says."""
        return NO_RISK if self.doubtful else self

    @property
    def is_personal(self) -> bool:
        return self.level in (PERSONAL, EMERGENCY)

    @property
    def is_emergency(self) -> bool:
        return self.level == EMERGENCY

    @property
    def is_self_harm(self) -> bool:
        return any(finding.get("kind") == SELF_HARM for finding in self._concerning)

    @property
    def categories(self) -> tuple[str, ...]:
        """What concerns a person, once each; never empty when the level is personal."""
        if not self.is_personal:
            return ()
        named = dict.fromkeys(str(finding["category"]) for finding in self._concerning if finding.get("category"))
        return tuple(named) or (self.level,)

    @property
    def _concerning(self) -> list[dict[str, Any]]:
        silent = ("negated", "cleared")
        return [f for f in self.findings if f.get("who") != "general" and not any(f.get(key) for key in silent)]

    def as_dict(self) -> dict[str, Any]:
        return {
            "level": self.level,
            "urgency": self.urgency,
            "doubtful": self.doubtful,
            "findings": list(self.findings),
        }


NO_RISK = ScreenedRisk()
FAILED = ScreenedRisk(
    PERSONAL, "urgent", ({"category": SCREEN_ERROR, "who": "self", "negated": False, "source": "error"},)
)


def read_risk(value: Any) -> ScreenedRisk:
    """Read the contract's `risk` object; anything unreadable is a risk."""
    if not isinstance(value, dict) or value.get("level") not in LEVELS:
        return FAILED
    findings = value.get("findings") or []
    if not isinstance(findings, (list, tuple)) or not all(isinstance(finding, dict) for finding in findings):
        return FAILED
    urgency = value.get("urgency")
    doubtful = value.get("doubtful") is True
    return ScreenedRisk(value["level"], str(urgency) if urgency else None, tuple(findings), doubtful)


def settled(own: Any, judged: Any) -> Any:
    """Our own finding as it stands: a doubtful one gives way to what the assistant's risk screen made of it."""
    is_doubtful = isinstance(own, dict) and own.get("doubtful") is True
    return judged if is_doubtful and isinstance(judged, dict) else own


def screen_text(text: str, screen: Screen | None = None) -> ScreenedRisk:
    """Screen one message; never raises."""
    try:
        screen = screen or load_screen()
        return read_risk(screen.screen(text).as_dict())
    except Exception:
        log.exception("the risk screen failed: the message goes to staff")
        return FAILED


@cache
def load_screen() -> Screen:
    """Load the clinic's risk words, once per process; without them every message is a risk."""
    try:
        from assistant import risk  # spaCy: not for every management command

        return risk.load_screen(settings.BASE_DIR / "data" / "risk")
    except Exception:
        log.exception("the risk screen cannot be loaded: until a restart, every message goes to staff")
        return _EveryMessage()


class _EveryMessage:
    def screen(self, text: str) -> ScreenedRisk:
        return FAILED


def screen_works() -> bool:
    """Tell whether the screen can be loaded and answers; for readiness."""
    return screen_text("ping") != FAILED
