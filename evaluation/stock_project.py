"""The same phrases and rules as a stock Rasa project: `rasa init`'s pipeline and policies, plain answers."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from evaluation.sets import ROOT
from evaluation.training import write_config

CONFIG = ROOT / "evaluation" / "baselines" / "stock_config.yml"
_PLACEHOLDER = re.compile(r"\{[a-z_]+\}")
_OWN_FALLBACK = "nlu_fallback"
_MODEL = Path("models", "model.tar.gz")
_KEPT = "stock-model.tar.gz"
Document = dict[str, Any]


def lay_out_stock(folder: Path, *, epochs: int | None = None, stories: bool = False) -> None:
    """Write the project; `epochs` shortens training, `stories` repeats each rule as a story for the learnt policies."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "nlu").symlink_to(ROOT / "data" / "nlu")
    rules = stock_rules()
    _write(folder / "data" / "rules.yml", {"version": "3.1", "rules": rules})
    if stories:
        told = [{"story": rule["rule"], "steps": rule["steps"]} for rule in rules]
        _write(folder / "data" / "stories.yml", {"version": "3.1", "stories": told})
    _write(folder / "domain.yml", stock_domain(rules))
    write_config(CONFIG, folder, epochs=epochs)
    _write(folder / "credentials.yml", {"rest": None})
    _write(folder / "endpoints.yml", {})


def keep_stock_model(folder: Path, results: Path, *, fingerprint: str) -> None:
    """Keep a trained project's model for another command; `fingerprint` is the project's when training began."""
    results.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(folder / _MODEL, results / _KEPT)
    (results / _KEPT).with_suffix(".sha256").write_text(fingerprint, encoding="utf-8")


def has_kept_model(folder: Path, results: Path) -> bool:
    """Put a kept model into a laid out project, if one of the very same project was kept."""
    stamp = (results / _KEPT).with_suffix(".sha256")
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != stock_fingerprint(folder):
        return False
    (folder / _MODEL).parent.mkdir(exist_ok=True)
    shutil.copyfile(results / _KEPT, folder / _MODEL)
    return True


def stock_fingerprint(folder: Path) -> str:
    """Of names and contents of all its YAML files, those behind links too."""
    found = [Path(place) / name for place, _, names in os.walk(folder, followlinks=True) for name in names]
    digest = hashlib.sha256()
    for path in sorted(path for path in found if path.suffix == ".yml"):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def stock_rules() -> list[Document]:
    """This project's rules, each custom action replaced by a plain answer, so that no action server is needed."""
    rules = []
    for path in sorted((ROOT / "data" / "rules").glob("*.yml")):
        for rule in _read(path)["rules"]:
            steps = [
                {"action": _answer(step["action"])} if "action" in step else {"intent": step["intent"]}
                for step in rule["steps"]
                if "action" in step or "intent" in step
            ]
            rules.append({"rule": rule["rule"], "steps": steps})
    return rules


def stock_domain(rules: list[Document]) -> Document:
    """Intents and one plain answer per action of the rules, in the words of the Arabic variation."""
    written = _arabic_answers()
    answers = sorted({step["action"] for rule in rules for step in rule["steps"] if "action" in step})
    intents = [name for entry in _read(ROOT / "domain.yml")["intents"] for name in _names(entry)]
    return {
        "version": "3.1",
        "intents": [name for name in intents if name != _OWN_FALLBACK],
        "responses": {name: [{"text": written.get(name, name)}] for name in answers},
        "session_config": {"session_expiration_time": 60, "carry_over_slots_to_new_session": True},
    }


def plainly_answered_intents() -> set[str]:
    """Intents that this project, too, answers by a rule with a plain answer and no custom action."""
    found = set()
    for path in sorted((ROOT / "data" / "rules").glob("*.yml")):
        for rule in _read(path)["rules"]:
            actions = [step["action"] for step in rule["steps"] if "action" in step]
            if all(action.startswith("utter_") for action in actions):
                found |= {step["intent"] for step in rule["steps"] if "intent" in step}
    return found


def _answer(action: str) -> str:
    return f"utter_{action.removeprefix('action_')}" if action.startswith("action_") else action


def _arabic_answers() -> dict[str, str]:
    found = {}
    for path in sorted((ROOT / "data" / "responses").glob("*.yml")):
        for name, variations in _read(path)["responses"].items():
            texts = [
                variation["text"]
                for variation in variations
                if any(condition.get("value") == "ar" for condition in variation.get("condition", []))
            ]
            if texts:
                found[name] = _PLACEHOLDER.sub("-", texts[0])
    return found


def _names(entry: str | Document) -> list[str]:
    return [entry] if isinstance(entry, str) else list(entry)


def _read(path: Path) -> Document:
    document: Document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def _write(path: Path, document: Document) -> None:
    path.write_text(yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8")
