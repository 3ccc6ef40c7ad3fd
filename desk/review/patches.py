"""Corrections as changes to the project's files: phrases, risk examples, conversation tests, and the ledger.

Pure: reads the project's folder, returns what each file would hold, writes nothing. A correction that would spoil the
data is refused with its reason.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from difflib import unified_diff
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from desk.review.personal_data import MayBePersonal, without_personal_data
from desk.review.phrasebook import Likeness, Phrase, bare, latin_words, read_held_out, read_phrases

LEDGER = "data/corrections.yml"
TESTS = "tests/conversations/corrections.yml"
RISK_EXAMPLES = {
    "risk": "data/risk/examples/personal_corrections.yml",
    "no_risk": "data/risk/examples/harmless_corrections.yml",
}
NO_RISK_GROUP = "reviewed"
MAX_LENGTH = 300
MOST_SAME_OPENING = 12
"""Phrases of one intent and language that may begin with the same four words (tests/data/test_phrases.py)."""
_ARABIC = re.compile(r"[\u0620-\u064a]")
_ANNOTATION = re.compile(r"\][({]")
_HEADERS = {
    LEDGER: "# Where phrases and risk examples came from that reviewers added. No patient is named.\n",
    TESTS: "# Messages that were once misunderstood, corrected by reviewers: they must stay understood.\n",
    RISK_EXAMPLES["risk"]: "# Risks that reviewers found in real conversations, without anything personal.\n",
    RISK_EXAMPLES["no_risk"]: "# Messages that were handed over as a risk and held none, found by reviewers.\n",
}


@dataclass(frozen=True)
class Item:
    """One accepted correction. `kind`: phrase, risk or no_risk."""

    id: int
    kind: str
    text: str
    language: str
    intent: str = ""
    category: str = ""


@dataclass(frozen=True)
class Refusal:
    item: Item
    code: str
    what: str = ""


@dataclass
class Patch:
    """The new content of each file that changes, and what was left out."""

    files: dict[str, str] = field(default_factory=dict)
    before: dict[str, str] = field(default_factory=dict)
    taken: list[Item] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)

    def diff(self) -> str:
        """All changes as one patch for `git apply`."""
        return "".join(
            _file_diff(path, self.before.get(path, ""), after)
            for path, after in sorted(self.files.items())
            if after != self.before.get(path, "")
        )

    def write(self, root: Path) -> None:
        for path, content in self.files.items():
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content, encoding="utf-8")


class Author:
    """Works out the patch for one state of the project."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._phrases = read_phrases(root)
        self._exact: dict[str, Phrase] = {}
        for phrase in self._phrases:
            self._exact.setdefault(bare(phrase.text), phrase)
        self._files = {(phrase.intent, phrase.folder): phrase.file for phrase in self._phrases}
        self._openings = Counter((p.intent, p.folder, _opening(p.text)) for p in self._phrases if _opening(p.text))
        self._held_out = read_held_out(root)
        self._words = latin_words(root)

    @cached_property
    def _likeness(self) -> Likeness:
        return Likeness(self._phrases)

    def patch(self, items: Sequence[Item], *, on: date, tests_for: set[int] | None = None) -> Patch:
        """Write what can be written; `tests_for`: corrections that get a conversation test (None: all phrases)."""
        patch = Patch()
        taken: dict[str, Item] = {}
        for item in items:
            refusal = self.refusal(item) or _twice(item, taken)
            if refusal:
                patch.refused.append(refusal)
            else:
                taken[bare(item.text)] = item
                patch.taken.append(item)
        self._write_phrases(patch)
        self._write_risk_examples(patch)
        self._write_tests(patch, tests_for)
        if patch.taken:
            self._append(patch, LEDGER, "".join(_ledger_entry(item, self._place(item), on) for item in patch.taken))
        return patch

    def refusal(self, item: Item) -> Refusal | None:
        """Why this correction must not be written; None when it may."""
        try:
            if without_personal_data(item.text, known_words=self._words).text != item.text:
                return Refusal(item, "personal_data")
        except MayBePersonal as found:
            return Refusal(item, found.code, found.what)
        if len(item.text) > MAX_LENGTH or "\n" in item.text or _ANNOTATION.search(item.text):
            return Refusal(item, "unwritable")
        if place := self._held_out.get(bare(item.text)):
            return Refusal(item, "held_out", place)
        return self._phrase_refusal(item) if item.kind == "phrase" else None

    def _phrase_refusal(self, item: Item) -> Refusal | None:
        folder = _folder(item)
        if (item.intent, folder) not in self._files:
            return Refusal(item, "unknown_intent", item.intent)
        if known := self._exact.get(bare(item.text)):
            code = "known" if known.intent == item.intent else "other_intent"
            return Refusal(item, code, f"{known.intent}: {known.text}")
        for near in self._likeness.near(item.text):
            if near.phrase.intent != item.intent:
                return Refusal(item, "near_other_intent", f"{near.phrase.intent}: {near.phrase.text}")
        opening = _opening(item.text)
        if opening and self._openings[(item.intent, folder, opening)] >= MOST_SAME_OPENING:
            return Refusal(item, "same_opening", " ".join(opening))
        return None

    def _place(self, item: Item) -> str:
        return self._files[(item.intent, _folder(item))] if item.kind == "phrase" else RISK_EXAMPLES[item.kind]

    def _write_phrases(self, patch: Patch) -> None:
        """Each file holds one intent, its phrases last: a phrase is one more line."""
        for item in patch.taken:
            if item.kind == "phrase":
                self._append(patch, self._place(item), f"    - {item.text}\n")

    def _write_risk_examples(self, patch: Patch) -> None:
        groups: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        for item in patch.taken:
            if item.kind in RISK_EXAMPLES:
                group = item.category if item.kind == "risk" else NO_RISK_GROUP
                groups[RISK_EXAMPLES[item.kind]][group].append(item.text)
        for path, added in groups.items():
            held = yaml.safe_load(self._content(patch, path)) or {}
            merged = {group: [*held.get(group, ()), *added.get(group, ())] for group in sorted({*held, *added})}
            patch.files[path] = _HEADERS[path] + _dump(merged)

    def _write_tests(self, patch: Patch, tests_for: set[int] | None) -> None:
        expected = expectations(self._root)
        for item in patch.taken:
            if item.kind == "phrase" and item.intent in expected and (tests_for is None or item.id in tests_for):
                test = {
                    "name": f"correction {item.id}",
                    "language": item.language,
                    "turns": [{"patient": item.text, **expected[item.intent]}],
                }
                self._append(patch, TESTS, "\n" + _dump([test]))

    def _append(self, patch: Patch, path: str, text: str) -> None:
        content = self._content(patch, path)
        patch.files[path] = content + ("" if not content or content.endswith("\n") else "\n") + text

    def _content(self, patch: Patch, path: str) -> str:
        if path not in patch.files:
            file = self._root / path
            patch.before[path] = file.read_text(encoding="utf-8") if file.is_file() else ""
            patch.files[path] = patch.before[path] or _HEADERS.get(path, "")
        return patch.files[path]


def expectations(root: Path) -> dict[str, dict[str, Any]]:
    """What a question on each intent must be answered with, as the conversation tests already say it."""
    known: dict[str, dict[str, Any]] = {"out_of_scope": {"answers": "not_understood"}}
    for path in sorted((root / "tests" / "conversations").glob("topics_*.yml")):
        for conversation in yaml.safe_load(path.read_text(encoding="utf-8")):
            for turn in conversation["turns"]:
                wanted = {key: turn[key] for key in ("answers", "handoff", "buttons") if key in turn}
                if intent := _intent_of(wanted):
                    known.setdefault(intent, wanted)
    return known


_INTENT_OF_REASON = {"asked_for_staff": "ask_human", "delete_data": "ask_delete_data", "complaint": "complain"}


def _intent_of(wanted: dict[str, Any]) -> str:
    """The one intent that such a turn tests; empty when it tests several or a risk."""
    answers, handoff = wanted.get("answers") or [], wanted.get("handoff")
    if handoff:
        return "" if answers else _INTENT_OF_REASON.get(handoff.get("reason", ""), "")
    questions = [a for a in answers if str(a).startswith("utter_")] if isinstance(answers, list) else []
    return questions[0].removeprefix("utter_") if len(questions) == 1 else ""


def _twice(item: Item, taken: dict[str, Item]) -> Refusal | None:
    other = taken.get(bare(item.text))
    return Refusal(item, "twice", str(other.id)) if other else None


def _folder(item: Item) -> str:
    return "ar" if item.language == "ar" or _ARABIC.search(item.text) else "en"


def _opening(text: str) -> tuple[str, ...]:
    words = text.split()
    return tuple(words[:4]) if len(words) > 5 else ()


def _ledger_entry(item: Item, place: str, on: date) -> str:
    entry = {"id": item.id, "date": on.isoformat(), "kind": item.kind, "file": place, "text": item.text}
    return _dump([entry])


def _dump(data: Any) -> str:
    return str(yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=10_000))


def _file_diff(path: str, before: str, after: str) -> str:
    old = f"a/{path}" if before else "/dev/null"
    lines = unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), old, f"b/{path}")
    text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    created = "" if before else "new file mode 100644\n"
    return f"diff --git a/{path} b/{path}\n{created}{text}"
