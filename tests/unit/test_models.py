"""Which model is in service, and which there were: files alone, no Rasa."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from scripts import train
from scripts.models import Models, NoSuchModel

A, B, C = "a" * 64, "b" * 64, "c" * 64


@pytest.fixture
def models(tmp_path: Path) -> Models:
    made = Models(tmp_path)
    for age, fingerprint in enumerate((A, B, C)):
        trained = tmp_path / "fresh"
        trained.write_text(f"model {fingerprint}")
        made.keep(trained, fingerprint)
        os.utime(made.path(fingerprint), (age, age))
    return made


def test_the_newest_first_and_found_by_how_it_begins(models: Models) -> None:
    assert models.names() == [C, B, A]
    assert models.find("") == C
    assert models.find("aaa") == A
    with pytest.raises(NoSuchModel, match="no model 'x'; there are: cccccccccccc, bbbbbbbbbbbb, aaaaaaaaaaaa"):
        models.find("x")


def test_in_service_and_back(models: Models) -> None:
    assert models.in_service() == ""
    with pytest.raises(NoSuchModel):
        models.before()
    for fingerprint in (A, B, C):
        models.put_in_service(fingerprint)
        assert models.live.read_text() == f"model {fingerprint}"
        assert models.in_service() == fingerprint
    assert models.before() == B
    models.go_back()
    assert (models.live.read_text(), models.in_service(), models.before()) == (f"model {B}", B, A)
    models.put_in_service(C)
    assert models.before() == B


def test_the_same_again_is_no_step(models: Models) -> None:
    models.put_in_service(A)
    models.put_in_service(B)
    models.put_in_service(B)
    assert models.before() == A


def test_the_candidate_outlives_its_service(models: Models) -> None:
    models.put_in_service(A)
    models.put_in_service(B)
    assert models.path(A).read_text() == f"model {A}"


def test_a_model_from_before_there_were_candidates_can_come_back(models: Models) -> None:
    models.live.write_text("model of old")
    models.stamp.write_text("d" * 64 + "\n")
    models.put_in_service(A)
    models.go_back()
    assert models.live.read_text() == "model of old"


def test_without_second_names_it_copies(models: Models, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    models.put_in_service(A)
    models.put_in_service(B)
    models.go_back()
    assert models.live.read_text() == f"model {A}"
    assert models.path(B).is_file()


def test_training_leaves_what_was_put_back_by_hand(
    models: Models, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    models.put_in_service(A)
    models.pin.write_text(A)
    monkeypatch.setattr(train, "MODELS", models.folder)
    monkeypatch.setattr(train, "train", lambda **_: pytest.fail("it was trained"))
    monkeypatch.setattr(sys, "argv", ["train"])
    train.main()
    assert "was put back by hand and stays" in capsys.readouterr().out
