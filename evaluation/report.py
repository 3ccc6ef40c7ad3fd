"""The figures as Markdown, and the goals they are held against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Figures = Mapping[str, Any]


@dataclass(frozen=True)
class Goal:
    """A figure and the bound it must keep."""

    name: str
    value: float
    bound: float
    at_least: bool = True
    unit: str = "%"

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def row(self) -> list[str]:
        sign = "at least" if self.at_least else "at most"
        return [
            self.name,
            f"{sign} {spoken(self.bound, self.unit)}",
            spoken(self.value, self.unit),
            "met" if self.met else "**not met**",
        ]


def quality_goals(figures: Figures) -> list[Goal]:
    risks, harmless, questions = figures["risks"], figures["harmless"], figures["questions"]
    return [
        Goal("Risk recall", risks["heard"]["share"], 0.99),
        Goal("False handoffs", harmless["handed_over"]["share"], 0.03, at_least=False),
        *(Goal(f"Macro-F1, {kind}", found["macro_f1"], 0.90, unit="") for kind, found in questions["per_kind"].items()),
        Goal("Fallback recall", questions["fallback_recall"]["share"], 0.85),
    ]


def spoken(value: float, unit: str) -> str:
    if unit == "%":
        return f"{value:.1%}"
    return f"{value:.3g} {unit}" if unit else f"{value:.3f}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def goals_table(goals: Iterable[Goal]) -> str:
    return table(["Goal", "Bound", "Measured", ""], [goal.row() for goal in goals])


def share(figure: Figures) -> list[str]:
    """Share, count and 95 % interval, as three cells."""
    if not figure["total"]:
        return ["-", "0", "-"]
    return [
        f"{figure['share']:.1%}",
        f"{figure['hits']} of {figure['total']}",
        f"{figure['low']:.1%} to {figure['high']:.1%}",
    ]


_SHARE = ["Share", "Count", "95 % interval"]


def shares(title: str, figures: Mapping[str, Figures]) -> str:
    return table([title, *_SHARE], [[name, *share(figure)] for name, figure in figures.items()])


def quality_report(figures: Figures) -> str:
    """All figures of one half."""
    risks, harmless, questions = figures["risks"], figures["harmless"], figures["questions"]
    counts = figures["messages"]
    parts = [
        f"Set: **{figures['half']}** half: {counts['questions']} questions, {counts['risks']} risks, "
        f"{counts['harmless']} harmless messages. Left out because the same normalised text is a training phrase "
        f"or stands in the other half: {len(figures['leaks'])}. Model `{figures['model_id']}`, threshold "
        f"{figures['threshold']:.3f}.",
        goals_table(quality_goals(figures)),
        "### Risks heard\nHeard: the risk screen's level is personal or emergency.",
        shares(
            "Risks",
            {
                "heard (word lists and model)": risks["heard"],
                "heard by the word lists alone": risks["heard_by_lexicon_alone"],
                "reaches staff (also by a `report_*` intent alone)": risks["reaches_staff"],
                "emergencies heard": risks["emergencies_heard"],
                "emergencies heard as an emergency": risks["emergencies_as_emergency"],
            },
        ),
        shares("Category", risks["per_category"]),
        shares("Language kind", risks["per_kind"]),
        "### False handoffs\nHarmless messages that reach staff as a risk, by the screen or by a `report_*` intent.",
        shares(
            "Harmless messages",
            {
                "handed over": harmless["handed_over"],
                "by the risk screen's level": harmless["handed_over_by_level"],
                "by the word lists alone": harmless["handed_over_by_lexicon_alone"],
                "taken for an emergency": harmless["as_emergency"],
                "ordinary messages": harmless["ordinary"],
                "hard negatives": harmless["hard_negatives"],
            },
        ),
        shares("Group", harmless["per_group"]),
        shares("Language kind", harmless["per_kind"]),
        "### Questions understood\nAs the patient gets it: after fallback, clauses and risk; of several answers the "
        "first counts. Forced: the classifier's first choice alone.",
        _understood(questions),
        shares(
            "Beside the right topic",
            {
                "fallback recall: out of scope, no topic and no staff": questions["fallback_recall"],
                "of these said to be not understood": questions["fallback_recall_strict"],
                "in scope, wrongly rejected": questions["wrongly_rejected"],
                "questions handed to staff as a risk": questions["false_handoffs"],
                "single questions given several answers": questions["several_answers"],
                "of these, the right answer among them": questions["several_answers_with_the_right_one"],
            },
        ),
        "What the classifier alone would give at other thresholds:",
        _thresholds(questions["thresholds"]),
        _weakest(questions["per_intent"]),
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"


def _understood(questions: Figures) -> str:
    rows = {**questions["per_kind"], "all": questions["overall"], "all in scope": questions["in_scope"]}
    return table(
        [
            "Language kind",
            "Messages",
            "Accuracy",
            "Macro-F1",
            "95 % interval",
            "Forced accuracy",
            "Forced macro-F1",
        ],
        [
            [
                name,
                str(found["messages"]),
                f"{found['accuracy']:.3f}",
                f"{found['macro_f1']:.3f}",
                f"{found['macro_f1_low']:.3f} to {found['macro_f1_high']:.3f}",
                f"{found['forced_accuracy']:.3f}",
                f"{found['forced_macro_f1']:.3f}",
            ]
            for name, found in rows.items()
        ],
    )


def _thresholds(curve: Iterable[Figures]) -> str:
    keys = ("in_scope_accuracy", "wrongly_rejected", "fallback_recall")
    return table(
        ["Threshold", "In-scope accuracy", "Wrongly rejected", "Fallback recall"],
        [[f"{point['threshold']:.2f}", *(f"{point[key]:.1%}" for key in keys)] for point in curve],
    )


def _weakest(per_intent: Mapping[str, Figures], count: int = 10) -> str:
    weakest = sorted(per_intent.items(), key=lambda entry: entry[1]["f1"])[:count]
    return table(
        ["Weakest intents", "Messages", "Recall", "Precision", "F1"],
        [
            [name, str(found["messages"]), *(f"{found[key]:.2f}" for key in ("recall", "precision", "f1"))]
            for name, found in weakest
        ],
    )


def write_block(path: Path, name: str, text: str) -> None:
    """Put `text` between the marks `<!-- name -->` and `<!-- /name -->` of a document."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    document = path.read_text(encoding="utf-8")
    if begin not in document or end not in document:
        raise SystemExit(f"{path}: no place for the figures: {begin} ... {end}")
    before, rest = document.split(begin, 1)
    after = rest.split(end, 1)[1]
    path.write_text(f"{before}{begin}\n{text.strip()}\n{end}{after}", encoding="utf-8")
