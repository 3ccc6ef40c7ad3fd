"""How many risks are heard, and how many harmless messages are handed to staff for nothing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from evaluation.listener import HANDED_OVER, Heard, Listener
from evaluation.metrics import Share
from evaluation.sets import KINDS, ROOT, SETS, Row, read_rows

SEEN_SETS = ("development", "second", "third", "fourth", "fifth", "danger")
"""Sets whose errors are read and tuned on. The reporting half is not among them."""
UNREAD_SETS = ("sixth",)
"""Sets of which the figures alone are printed."""

ORDINARY = "ordinary"
"""The group of harmless messages that only ask; all other groups were written to look like a risk."""
Pair = tuple[Row, Heard]
Outcome = Callable[[Pair], bool]


def risk_figures(rows: Sequence[Row], heard: Sequence[Heard]) -> dict[str, Any]:
    """Recall of risks."""
    pairs = list(zip(rows, heard))
    emergencies = [pair for pair in pairs if pair[0].level == "emergency"]
    return {
        "heard": _share(pairs, is_heard),
        "heard_by_lexicon_alone": _share(pairs, lambda pair: pair[1].lexicon_level in HANDED_OVER),
        "reaches_staff": _share(pairs, lambda pair: pair[1].goes_to_staff),
        "emergencies_heard": _share(emergencies, is_heard),
        "emergencies_as_emergency": _share(emergencies, lambda pair: pair[1].level == "emergency"),
        "per_category": _per(pairs, sorted({row.label for row in rows}), by_label, is_heard),
        "per_category_lexicon_alone": _per(
            pairs,
            sorted({row.label for row in rows}),
            by_label,
            lambda pair: pair[1].lexicon_level in HANDED_OVER,
        ),
        "per_kind": _per(pairs, KINDS, by_kind, is_heard),
    }


def harmless_figures(rows: Sequence[Row], heard: Sequence[Heard]) -> dict[str, Any]:
    """False handoffs: whatever reaches staff as a risk, by the screen or by the classifier alone."""
    pairs = list(zip(rows, heard))
    hard = [pair for pair in pairs if pair[0].label != ORDINARY]
    ordinary = [pair for pair in pairs if pair[0].label == ORDINARY]
    return {
        "handed_over": _share(pairs, to_staff),
        "handed_over_by_level": _share(pairs, is_heard),
        "handed_over_by_lexicon_alone": _share(pairs, lambda pair: pair[1].lexicon_level in HANDED_OVER),
        "as_emergency": _share(pairs, lambda pair: pair[1].level == "emergency"),
        "ordinary": _share(ordinary, to_staff),
        "hard_negatives": _share(hard, to_staff),
        "per_group": _per(pairs, sorted({row.label for row in rows}), by_label, to_staff),
        "per_kind": _per(pairs, KINDS, by_kind, to_staff),
    }


def is_heard(pair: Pair) -> bool:
    return pair[1].is_heard


def to_staff(pair: Pair) -> bool:
    return pair[1].goes_to_staff


def by_label(pair: Pair) -> str:
    return pair[0].label


def by_kind(pair: Pair) -> str:
    return pair[0].kind


def _share(pairs: Iterable[Pair], outcome: Outcome) -> dict[str, Any]:
    return Share.of([outcome(pair) for pair in pairs]).as_dict()


def _per(
    pairs: Sequence[Pair], names: Iterable[str], key: Callable[[Pair], str], outcome: Outcome
) -> dict[str, dict[str, Any]]:
    grouped = {name: [pair for pair in pairs if key(pair) == name] for name in names}
    return {name: _share(group, outcome) for name, group in grouped.items() if group}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the figures of one set and list its errors; the reporting half is refused."""
    parser = argparse.ArgumentParser(prog="python -m evaluation.risks", description=__doc__)
    parser.add_argument("set", choices=(*SEEN_SETS, *UNREAD_SETS))
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "model.tar.gz")
    parser.add_argument("--errors", action="store_true", help="list what was missed and what was handed over")
    options = parser.parse_args(arguments)
    if options.errors and options.set in UNREAD_SETS:
        parser.error(f"nobody reads the errors of '{options.set}': what is changed after that would be measured on it")
    risks, harmless = (read_rows(SETS / options.set / f"{part}.csv", part) for part in ("risks", "harmless"))
    listener = Listener(options.model)
    heard, quiet = (listener.listen([row.text for row in rows]) for rows in (risks, harmless))
    told = {**risk_figures(risks, heard), **harmless_figures(harmless, quiet)}
    for name in ("heard", "heard_by_lexicon_alone", "emergencies_as_emergency", "handed_over", "ordinary"):
        print(f"{name}: {told[name]['hits']} of {told[name]['total']} ({told[name]['share']:.1%})")
    for group, figure in told["per_group"].items():
        print(f"  {group}: {figure['hits']} of {figure['total']}")
    if options.errors:
        missed = [("missed", row) for row, one in zip(risks, heard) if not one.is_heard]
        for what, row in [*missed, *(("handed over", row) for row, one in zip(harmless, quiet) if one.goes_to_staff)]:
            print(f"{what} ({row.label}, {row.kind}): {row.text}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
