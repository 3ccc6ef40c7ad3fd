"""Try words: `python -m assistant.risk "انا حامل"`. Without text, reads one message per line."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from assistant.risk.model import Risk
from assistant.risk.screen import load_screen


def describe(risk: Risk) -> str:
    """Say in lines of plain English what was heard."""
    lines = [f"level: {risk.level.value}   urgency: {risk.urgency.value if risk.urgency else '-'}"]
    for finding in risk.findings:
        kind = f" ({finding.kind})" if finding.kind else ""
        state = "denied or over" if finding.negated else finding.who.value
        cue = f"   because of: {finding.cue}" if finding.cue else ""
        doubts = f"   doubtful: {', '.join(doubt.value for doubt in finding.doubts)}" if finding.doubts else ""
        lines.append(f"  {finding.category}{kind}: '{finding.text}' -> {state}{cue}{doubts}")
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run the command."""
    try:
        screen = load_screen()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    texts: Iterable[str] = [" ".join(arguments)] if arguments else (line.rstrip("\n") for line in sys.stdin)
    for text in texts:
        if not arguments:
            print(f"\n{text}")
        print(describe(screen.screen(text)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
