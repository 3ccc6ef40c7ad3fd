"""Say in a terminal why the assistant understands a message as it does: `make why TEXT="..."`."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from assistant.explanation import Explanation
from evaluation.confusion import as_drawn
from evaluation.listener import load_agent
from scripts.train import MODEL

Show = Callable[[str], str]
NAME_WIDTH = 22
TITLES = {"arabic": "Arabic script", "latin": "Latin letters", "mixed": "both scripts"}
LANGUAGES = {"ar": "Arabic", "en": "English", None: "tells no language"}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _options(arguments)
    agent = load_agent(options.model)
    from assistant.nlu.explainer import Explainer

    assert agent.processor is not None
    texts = json.load(sys.stdin) if options.json else options.texts or [line.rstrip("\n") for line in sys.stdin]
    for explanation in Explainer(agent.processor).explain([text for text in texts if text.strip()]):
        if options.json:
            print(json.dumps(explanation.as_dict(), ensure_ascii=False))
        else:
            print("\n".join(lines_of(explanation, drawn=not options.plain)) + "\n")
    return 0


def lines_of(why: Explanation, *, drawn: bool) -> list[str]:
    """The explanation for a terminal; `drawn` joins and orders Arabic for terminals that do not."""

    def show(text: str) -> str:
        return as_drawn(text) if drawn else text

    return [
        _pair("message", show(why.text)),
        _pair("language", f"{LANGUAGES[why.language]}, {TITLES.get(why.script or '', 'no letters')}"),
        _pair("normalised", show(why.normalised)),
        *([_pair("read as", show(why.read_as))] if why.read_as != why.normalised else []),
        *_clauses(why, show),
        _pair("understood as", _decision(why)),
        _pair("score / threshold", f"{why.score:.3f} / {why.threshold:.3f}"),
        "",
        f"{'intent':<{NAME_WIDTH}} {'score':>6} {'n-grams':>8} {'sentence':>9}  nearest phrase",
        *(
            f"{each.intent:<{NAME_WIDTH}} {each.score:6.3f} {each.ngram:8.3f} {each.embedding:9.3f}  "
            f"{show(each.nearest_phrase)}"
            for each in why.candidates
        ),
        "",
        "nearest phrases of any intent" + ("" if why.neighbours_agree else ": they disagree with the classifier"),
        *(f"{each.intent:<{NAME_WIDTH}} {each.cosine:6.3f}  {show(each.phrase)}" for each in why.neighbours),
        "",
        *_risk(why, show),
    ]


def _decision(why: Explanation) -> str:
    answers = f", answered in order: {', '.join(why.answers)}" if len(why.answers) > 1 else ""
    return f"{why.intent}{answers}"


def _clauses(why: Explanation, show: Show) -> Iterator[str]:
    if len(why.clauses) < 2:
        return
    for number, clause in enumerate(why.clauses, start=1):
        cut = "" if number == 1 else " (strong cut)" if clause.strong else " (weak cut)"
        yield _pair(f"clause {number}{cut}", f"{show(clause.text)}  -> {clause.intent} {clause.score:.3f}")


def _risk(why: Explanation, show: Show) -> Iterator[str]:
    urgency = f", {why.risk['urgency']}" if why.risk.get("urgency") else ""
    yield _pair("risk", f"{why.risk['level']}{urgency}")
    for found in why.risk["findings"]:
        cue = f"; because of {show(found['cue'])}" if found.get("cue") else ""
        verdict = "silenced" if found["negated"] else f"about {found['who']}"
        said = show(found["text"]) if found["source"] == "lexicon" else "the whole message"
        yield _pair(f"  {found['category']}", f"{said} ({found['source']}): {verdict}{cue}")
    if why.risk_margin is not None:
        leaning = f"{why.risk_margin:+.2f} ({'towards' if why.risk_margin > 0 else 'away from'} a risk"
        yield _pair("model's own signal", f"{leaning}; likeliest {why.risk_category})")


def _pair(name: str, value: str) -> str:
    return f"{name:<{NAME_WIDTH}} {value}"


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.why", description=__doc__)
    parser.add_argument("texts", nargs="*", metavar="TEXT", help="messages; without any: one per line of input")
    parser.add_argument("--plain", action="store_true", help="for a terminal that draws Arabic right by itself")
    parser.add_argument("--json", action="store_true", help="read a JSON list of texts, print one JSON object a line")
    parser.add_argument("--model", type=Path, default=MODEL)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
