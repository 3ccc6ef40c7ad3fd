"""The stock project's model is trained once for the commands that measure the same project."""

from __future__ import annotations

from pathlib import Path

from evaluation.stock_project import has_kept_model, keep_stock_model, stock_fingerprint


def laid_out(folder: Path, phrase: str) -> Path:
    """A small project; its phrases are behind a link, as the real one's."""
    phrases = folder.with_name(f"{folder.name}-phrases")
    phrases.mkdir()
    (phrases / "greet.yml").write_text(phrase, encoding="utf-8")
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "nlu").symlink_to(phrases)
    (folder / "config.yml").write_text("pipeline: []", encoding="utf-8")
    return folder


def test_the_model_of_the_same_project_is_used_again(tmp_path: Path) -> None:
    trained = laid_out(tmp_path / "trained", "hello")
    (trained / "models").mkdir()
    (trained / "models" / "model.tar.gz").write_bytes(b"a model")
    keep_stock_model(trained, tmp_path / "results", fingerprint=stock_fingerprint(trained))

    same = laid_out(tmp_path / "same", "hello")
    assert has_kept_model(same, tmp_path / "results")
    assert (same / "models" / "model.tar.gz").read_bytes() == b"a model"


def test_other_phrases_want_another_model(tmp_path: Path) -> None:
    trained = laid_out(tmp_path / "trained", "hello")
    (trained / "models").mkdir()
    (trained / "models" / "model.tar.gz").write_bytes(b"a model")
    keep_stock_model(trained, tmp_path / "results", fingerprint=stock_fingerprint(trained))

    assert not has_kept_model(laid_out(tmp_path / "other", "goodbye"), tmp_path / "results")


def test_without_a_kept_model_there_is_none(tmp_path: Path) -> None:
    assert not has_kept_model(laid_out(tmp_path / "project", "hello"), tmp_path / "results")
