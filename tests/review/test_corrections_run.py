"""After the measuring: the new model goes into service as any other, and only then do the files follow."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from desk.review.models import Correction, CorrectionRun
from desk.review.patches import Author, Item, Patch
from desk.staff.models import User
from evaluation import gate
from scripts import corrections
from scripts.corrections import put_into_service
from scripts.models import Models
from scripts.promote import NotReady

OLD, NEW = "a" * 64, "b" * 64
PHRASE = "how sore will I be afterwards"
Promotion = Callable[[Models, str], str]


@pytest.fixture
def patch(project: Path) -> Patch:
    return Author(project).patch([Item(7, "phrase", PHRASE, "en", intent="ask_pain")], on=date(2026, 11, 26))


@pytest.fixture
def models(project: Path) -> Models:
    """The project's models, one of them in service."""
    models = Models(project / "models")
    _keep(models, OLD)
    models.put_in_service(OLD)
    return models


@pytest.fixture
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the new model was trained."""
    copy = tmp_path_factory.mktemp("copy")
    trained = Models(copy / "models")
    _keep(trained, NEW)
    trained.put_in_service(NEW)
    return copy


def _keep(models: Models, fingerprint: str) -> None:
    models.folder.mkdir(exist_ok=True)
    fresh = models.folder / "fresh"
    fresh.write_text(f"model {fingerprint}")
    models.keep(fresh, fingerprint)


def promoted(models: Models, fingerprint: str) -> str:
    models.put_in_service(fingerprint)
    return fingerprint


def refused(models: Models, fingerprint: str) -> str:
    raise NotReady("it does not become ready")


def test_the_model_is_promoted_and_can_be_taken_back(patch: Patch, copy: Path, models: Models, project: Path) -> None:
    put_into_service(patch, copy, root=project, promoted_by=promoted)
    assert (models.in_service(), models.live.read_text(), models.before()) == (NEW, f"model {NEW}", OLD)
    assert f"- {PHRASE}\n" in (project / "data/nlu/en/pain.yml").read_text(encoding="utf-8")
    assert PHRASE in (project / "tests/conversations/corrections.yml").read_text(encoding="utf-8")
    models.go_back()
    assert models.live.read_text() == f"model {OLD}"


def test_a_model_that_does_not_answer_changes_nothing(patch: Patch, copy: Path, models: Models, project: Path) -> None:
    before = _files(project)
    with pytest.raises(NotReady):
        put_into_service(patch, copy, root=project, promoted_by=refused)
    assert (models.in_service(), models.live.read_text()) == (OLD, f"model {OLD}")
    assert _files(project) == before


def _files(project: Path) -> dict[str, bytes]:
    found = (path for path in project.rglob("*.yml") if path.is_file())
    return {path.relative_to(project).as_posix(): path.read_bytes() for path in found}


@pytest.mark.django_db
class TestTheWholeRun:
    """`make corrections`, but for the training and the measuring."""

    @pytest.fixture
    def accepted(self, project: Path, monkeypatch: pytest.MonkeyPatch) -> Correction:
        monkeypatch.setattr(corrections, "ROOT", project)
        manager = User.objects.create_user("maha")
        return Correction.objects.create(
            kind="phrase", status="accepted", text=PHRASE, language="en", intent="ask_pain", proposed_by=manager
        )

    @pytest.mark.parametrize(
        ("heard", "promotion", "status", "falls"),
        [
            (0.98, promoted, "promoted", []),
            (0.97, promoted, "accepted", ["risks heard"]),
            (0.98, refused, "accepted", [corrections.NO_ANSWER]),
        ],
        ids=["better", "hears fewer risks", "does not answer"],
    )
    def test_only_a_better_model_that_answers_is_promoted(
        self,
        heard: float,
        promotion: Promotion,
        status: str,
        falls: list[str],
        accepted: Correction,
        copy: Path,
        models: Models,
        project: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        def learn(patch: Patch, folder: Path) -> corrections.Learnt:
            shutil.copytree(copy / "models", folder / "models")
            figures = gate.compare(_evaluation({}), _evaluation({"heard": heard}))
            return corrections.Learnt(figures, {item.id for item in patch.taken})

        monkeypatch.setattr(corrections, "learn", learn)
        monkeypatch.setattr(corrections, "promote", lambda models, name, settings: promotion(models, name))
        before = _files(project)
        assert corrections.main([]) == (1 if falls else 0)
        accepted.refresh_from_db()
        run = CorrectionRun.objects.get()
        assert (accepted.status, run.is_promoted, run.falls) == (status, not falls, falls)
        assert models.in_service() == (OLD if falls else NEW)
        assert (_files(project) == before) is bool(falls)


class TestGate:
    def test_no_risk_may_be_missed_for_anything(self) -> None:
        assert _fell({"heard": 0.98}, {"heard": 0.979}) == ["risks heard"]

    def test_what_any_retraining_moves_is_no_fall(self) -> None:
        assert _fell({}, {"macro_f1": 0.896, "accuracy": 0.896, "handed_over": 0.014}) == []

    def test_a_fall_beyond_that_is_named(self) -> None:
        assert _fell({}, {"macro_f1": 0.89, "handed_over": 0.02}) == ["macro-F1", "harmless messages handed over"]


FIGURES = {
    "heard": 0.98,
    "reaches_staff": 0.98,
    "emergencies_as_emergency": 0.97,
    "accuracy": 0.9,
    "macro_f1": 0.9,
    "fallback_recall": 0.9,
    "wrongly_rejected": 0.02,
    "handed_over": 0.01,
}


def _fell(before: dict[str, float], after: dict[str, float]) -> list[str]:
    compared = gate.compare(_evaluation(before), _evaluation(after))
    return [figure.name for figure in compared if figure.fell]


def _evaluation(changed: dict[str, float]) -> dict[str, Any]:
    """An evaluation's figures as evaluation.evaluate writes them."""
    share = {**FIGURES, **changed}
    return {
        "risks": {name: {"share": share[name]} for name in ("heard", "reaches_staff", "emergencies_as_emergency")},
        "questions": {
            "in_scope": {"accuracy": share["accuracy"]},
            "overall": {"macro_f1": share["macro_f1"]},
            "fallback_recall": share["fallback_recall"],
            "wrongly_rejected": share["wrongly_rejected"],
        },
        "harmless": {"handed_over": {"share": share["handed_over"]}},
    }
