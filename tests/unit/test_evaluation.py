"""The evaluation's own arithmetic, on inputs small enough to check by hand."""

from __future__ import annotations

from collections.abc import Sequence
from math import isclose
from pathlib import Path
from typing import Any

import pytest

from evaluation.listener import Heard, heard
from evaluation.metrics import (
    Share,
    accuracy,
    auroc,
    best_mcc,
    macro_f1,
    macro_f1_interval,
    mcc,
    mcc_at,
    oscr,
    wilson,
)
from evaluation.questions import question_figures
from evaluation.report import Goal, write_block
from evaluation.risks import harmless_figures, risk_figures
from evaluation.risks import main as print_risks
from evaluation.sets import Leak, Row, load_half, training_phrases, without_leaks
from evaluation.training import Trained, seconds_per_epoch, seconds_with_all_epochs


def a_heard(intent: str, **more: Any) -> Heard:
    fields = {
        "text": "",
        "forced": intent,
        "score": 0.5,
        "threshold": 0.3,
        "answers": (),
        "level": "none",
        "lexicon_level": "none",
    }
    return Heard(intent=intent, **{**fields, **more})


class TestMetrics:
    @pytest.mark.parametrize(
        ("hits", "total", "low", "high"),
        [(9, 10, 0.5958, 0.9821), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (297, 300, 0.9710, 0.9966)],
    )
    def test_wilson(self, hits: int, total: int, low: float, high: float) -> None:
        assert wilson(hits, total) == pytest.approx((low, high), abs=5e-4)

    def test_wilson_of_nothing_says_nothing(self) -> None:
        assert wilson(0, 0) == (0.0, 1.0)

    def test_share(self) -> None:
        share = Share.of([True, True, False, True])
        assert (share.hits, share.total, share.value) == (3, 4, 0.75)

    def test_accuracy(self) -> None:
        assert accuracy(["a", "b"], ["a", "a"]) == 0.5

    def test_macro_f1_is_the_mean_over_the_labels_that_were_asked(self) -> None:
        # a: 2 right of 2 asked, 3 given: F1 0.8; b: 0; c is given, never asked: no class of its own
        assert macro_f1(["a", "a", "b", "b"], ["a", "a", "a", "c"]) == pytest.approx(0.4)

    def test_macro_f1_interval_holds_the_figure(self) -> None:
        gold = ["a", "b"] * 20
        given = ["a", "b"] * 15 + ["b", "a"] * 5
        low, high = macro_f1_interval(gold, given, resamples=200)
        assert low < macro_f1(gold, given) < high

    @pytest.mark.parametrize(
        ("inside", "outside", "area"),
        [([3, 4], [1, 2], 1.0), ([1, 2], [3, 4], 0.0), ([1, 3], [2], 0.5), ([1], [1], 0.5)],
    )
    def test_auroc(self, inside: Sequence[float], outside: Sequence[float], area: float) -> None:
        assert auroc(inside, outside) == area

    @pytest.mark.parametrize(
        ("inside", "right", "outside", "area"),
        [
            ([0.9, 0.8], [True, True], [0.1], 1.0),  # all right before the first stranger
            ([0.9, 0.8], [True, False], [0.1], 0.5),  # never more than half right
            ([0.9, 0.3], [True, True], [0.5], 0.5),  # half right until the stranger is let in
            ([0.2], [True], [0.9, 0.8], 0.0),  # strangers first
        ],
    )
    def test_oscr(self, inside: Sequence[float], right: Sequence[bool], outside: Sequence[float], area: float) -> None:
        assert oscr(inside, right, outside) == pytest.approx(area)

    def test_mcc_of_two_classes_is_matthews(self) -> None:
        gold = ["x"] * 4 + ["y"] * 6
        given = ["x", "x", "x", "y", "x", "y", "y", "y", "y", "y"]
        # 3 true, 5 true, 1 and 1 false: (3*5 - 1*1) / sqrt(4*4*6*6)
        assert mcc(gold, given) == pytest.approx(14 / 24)

    def test_mcc_at_a_threshold(self) -> None:
        gold, given, scores = ["a", "b", "out"], ["a", "b", "a"], [0.9, 0.8, 0.2]
        assert mcc_at(gold, given, scores, threshold=0.5, outside="out") == pytest.approx(1.0)
        assert mcc_at(gold, given, scores, threshold=0.0, outside="out") < 1.0
        assert best_mcc(gold, given, scores, outside="out") == pytest.approx(1.0)


class TestLeaks:
    def test_a_text_seen_in_training_is_left_out_whatever_its_spelling(self) -> None:
        rows = [
            Row("كَم جلسة أحتاج؟", "ask_session_count", "msa", line=2),
            Row("يعور؟", "ask_pain", "saudi", line=3),
        ]
        seen = training_phrases_of("كم جلسه احتاج؟")
        kept, leaks = without_leaks(rows, "questions", seen)
        assert [row.text for row in kept] == ["يعور؟"]
        assert leaks == [Leak("questions", 2, "here.yml")]

    def test_phrases_are_read_from_the_training_files(self, tmp_path: Path) -> None:
        folder = tmp_path / "en"
        folder.mkdir()
        (folder / "pain.yml").write_text(
            'version: "3.1"\nnlu:\n- intent: ask_pain\n  examples: |\n    - Does it HURT?\n    - ouch\n',
            encoding="utf-8",
        )
        assert set(training_phrases(tmp_path).values()) == {"en/pain.yml"}
        assert len(training_phrases(tmp_path)) == 2

    def test_the_reporting_half_leaves_out_what_stands_in_development(self, tmp_path: Path) -> None:
        write_sets(tmp_path / "development", question="how many sessions?")
        write_sets(tmp_path / "reporting", question="How many  sessions?")
        half = load_half("reporting", folder=tmp_path, phrases={})
        assert half.questions == ()
        assert half.leaks[0].found_in == "development/questions.csv"
        assert len(load_half("development", folder=tmp_path, phrases={}).questions) == 1


class TestHeard:
    def test_a_parse_is_read(self) -> None:
        parsed = {
            "intent": {"name": "nlu_fallback", "confidence": 0.2},
            "intent_ranking": [{"name": "ask_pain", "confidence": 0.2}],
            "understanding": {"threshold": 0.3, "answers": [], "risk": {"level": "personal"}},
        }
        found = heard("x", parsed, "none")
        assert (found.intent, found.forced, found.is_heard) == ("nlu_fallback", "ask_pain", True)

    def test_both_ways_of_not_understanding_are_one_label(self) -> None:
        assert a_heard("nlu_fallback").label == a_heard("out_of_scope").label == "out_of_scope"

    def test_of_several_answers_the_first_counts(self) -> None:
        assert a_heard("ask_pain", answers=("ask_price", "ask_pain")).label == "ask_price"

    def test_answers_beside_a_risk_do_not_hide_it(self) -> None:
        found = a_heard("report_condition", level="personal", answers=("ask_price", "ask_hours"))
        assert found.label == "report_condition"
        assert not found.is_split


class TestFigures:
    def test_risks(self) -> None:
        rows = [
            Row("", "herpes", "msa", "personal"),
            Row("", "herpes", "saudi", "personal"),
            Row("", "emergency", "msa", "emergency"),
        ]
        listened = [
            a_heard("report_condition", level="personal", lexicon_level="none"),
            a_heard("report_condition"),  # the screen is silent, but the rule hands it over
            a_heard("report_condition", level="personal", lexicon_level="personal"),
        ]
        figures = risk_figures(rows, listened)
        assert figures["heard"]["hits"] == 2
        assert figures["heard_by_lexicon_alone"]["hits"] == 1
        assert figures["reaches_staff"]["hits"] == 3
        assert figures["emergencies_as_emergency"]["share"] == 0.0
        assert figures["per_category"]["herpes"]["share"] == 0.5
        assert figures["per_kind"]["msa"]["total"] == 2

    def test_false_handoffs_count_every_way_to_staff(self) -> None:
        rows = [Row("", "ordinary", "msa"), Row("", "negated", "msa"), Row("", "idiom", "english")]
        listened = [a_heard("ask_pain"), a_heard("report_condition"), a_heard("thank", level="personal")]
        figures = harmless_figures(rows, listened)
        assert figures["handed_over"]["hits"] == 2
        assert figures["handed_over_by_level"]["hits"] == 1
        assert figures["hard_negatives"]["share"] == 1.0
        assert figures["ordinary"]["share"] == 0.0

    def test_questions(self) -> None:
        rows = [
            Row("", "ask_pain", "msa"),
            Row("", "ask_pain", "msa"),
            Row("", "out_of_scope", "english"),
            Row("", "out_of_scope", "english"),
        ]
        listened = [
            a_heard("ask_pain"),
            a_heard("nlu_fallback", forced="ask_pain"),
            a_heard("greet"),
            a_heard("report_condition"),
        ]
        figures = question_figures(rows, listened)
        assert figures["in_scope"]["accuracy"] == 0.5
        assert figures["in_scope"]["forced_accuracy"] == 1.0
        assert figures["fallback_recall"]["share"] == 0.5  # a courtesy gives no topic, a handoff is no fallback
        assert figures["fallback_recall_strict"]["share"] == 0.0
        assert figures["wrongly_rejected"]["share"] == 0.5
        assert figures["false_handoffs"]["hits"] == 1


class TestReport:
    def test_goals(self) -> None:
        assert Goal("recall", 0.99, 0.99).met
        assert not Goal("false handoffs", 0.031, 0.03, at_least=False).met

    def test_a_block_is_replaced_and_the_rest_kept(self, tmp_path: Path) -> None:
        document = tmp_path / "page.md"
        document.write_text("before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n", encoding="utf-8")
        write_block(document, "figures", "new\n")
        assert document.read_text(encoding="utf-8") == ("before\n<!-- figures -->\nnew\n<!-- /figures -->\nafter\n")

    def test_a_document_without_the_place_is_refused(self, tmp_path: Path) -> None:
        document = tmp_path / "page.md"
        document.write_text("nothing\n", encoding="utf-8")
        with pytest.raises(SystemExit, match="no place"):
            write_block(document, "figures", "new")


class TestTraining:
    def test_a_shortened_training_is_extrapolated_from_its_pace(self) -> None:
        bars = (
            "Epochs:   0%| | 0/2 [00:00<?]\rEpochs:  50%|#| 1/2 [01:20<01:20, 80s/it]\r"
            "Epochs: 100%|##| 2/2 [02:20<00:00, 70s/it]\rEpochs: 100%|##| 2/2 [02:20<00:00, 70s/it, t_loss=1]\n"
            "other lines\nEpochs:  50%|#| 1/2 [00:05<00:05]\rEpochs: 100%|##| 2/2 [00:07<00:00]\n"
        )
        trained = Trained(Path("model"), 1.0, 150.0, bars)
        assert seconds_per_epoch(trained) == pytest.approx(60 + 2)
        assert seconds_with_all_epochs(trained, 100) == pytest.approx(150 + 98 * 60 + 98 * 2)

    def test_a_training_without_epochs_took_what_it_took(self) -> None:
        assert seconds_with_all_epochs(Trained(Path("model"), 1.0, 40.0, "no bars"), 100) == 40.0


def training_phrases_of(*phrases: str) -> dict[str, str]:
    from desk.review.phrasebook import bare

    return {bare(phrase): "here.yml" for phrase in phrases}


def write_sets(folder: Path, *, question: str) -> None:
    folder.mkdir()
    (folder / "questions.csv").write_text(f"text,intent,kind\n{question},ask_session_count,english\n", encoding="utf-8")
    (folder / "risks.csv").write_text("text,category,kind,level\n", encoding="utf-8")
    (folder / "harmless.csv").write_text("text,group,kind\n", encoding="utf-8")


def test_wilson_is_symmetric() -> None:
    low, high = wilson(3, 10)
    other_low, other_high = wilson(7, 10)
    assert isclose(low, 1 - other_high)
    assert isclose(high, 1 - other_low)


def test_the_errors_of_the_reporting_half_are_not_for_tuning(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        print_risks(["reporting", "--errors"])
    assert "invalid choice" in capsys.readouterr().err


def test_of_the_unread_set_only_the_figures_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        print_risks(["sixth", "--errors"])
    assert "nobody reads the errors of 'sixth'" in capsys.readouterr().err
