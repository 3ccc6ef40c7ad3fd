"""The confusion matrix as a picture, with Arabic titles drawn right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from assistant.topics import load_topics
from evaluation.sets import ROOT

_OTHER_TITLES = {
    "affirm": "نعم",
    "complain": "شكوى",
    "deny": "لا",
    "follow_how_long": "كم المدة؟",
    "follow_how_many": "كم العدد؟",
    "follow_when": "متى؟",
    "follow_why": "لماذا؟",
    "goodbye": "وداع",
    "greet": "تحية",
    "out_of_scope": "خارج الموضوع",
    "report_condition": "حالة صحية",
    "report_emergency": "طارئ",
    "report_reaction": "رد فعل بعد الجلسة",
    "thank": "شكر",
}


def arabic_titles() -> dict[str, str]:
    topics = load_topics(ROOT / "data" / "topics.yml")
    return {**_OTHER_TITLES, **{intent: topic.title["ar"] for intent, topic in topics.items()}}


def as_drawn(text: str) -> str:
    """Letters joined and put in the order in which matplotlib, which knows neither, has to draw them."""
    import arabic_reshaper
    from bidi.algorithm import get_display

    return str(get_display(arabic_reshaper.reshape(text)))


def draw_confusion(gold: Sequence[str], received: Sequence[str], path: Path, *, title: str) -> None:
    """Rows: what was asked; columns: what the patient got; shade: share of the row; figures: messages."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    labels = sorted({*gold, *received})
    place = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), dtype=int)
    for truth, given in zip(gold, received):
        counts[place[truth], place[given]] += 1
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    titles = arabic_titles()
    names = [as_drawn(titles.get(label, label)) for label in labels]
    figure, axes = pyplot.subplots(figsize=(18, 17))
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(labels)), names, rotation=90)
    axes.set_yticks(range(len(labels)), names)
    axes.set_xlabel(as_drawn("ما حصل عليه المراجع"), fontsize=14)
    axes.set_ylabel(as_drawn("ما سأل عنه"), fontsize=14)
    axes.set_title(title, fontsize=15)
    for row, column in zip(*np.nonzero(counts)):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, str(counts[row, column]), ha="center", va="center", color=colour, fontsize=8)
    axes.set_xticks(np.arange(-0.5, len(labels)), minor=True)
    axes.set_yticks(np.arange(-0.5, len(labels)), minor=True)
    axes.grid(which="minor", color="0.9", linewidth=0.5)
    axes.tick_params(which="minor", length=0)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=80)
    pyplot.close(figure)
