"""Levels and urgencies are decided in one place."""

from dataclasses import replace

from assistant.risk import UNSPECIFIED, Finding, Level, Urgency, Who, combine, judge

HELD = Finding("herpes", "هربس", 0, 4, Who.SELF, False, "lexicon", "v1")


def test_nothing_heard_is_no_risk() -> None:
    risk = judge([])
    assert (risk.level, risk.urgency, risk.findings) == (Level.NONE, None, ())


def test_a_denied_finding_stays_but_does_not_count() -> None:
    risk = judge([replace(HELD, negated=True)])
    assert risk.level is Level.NONE
    assert len(risk.findings) == 1


def test_a_denied_general_question_is_no_risk() -> None:
    assert judge([replace(HELD, negated=True, who=Who.GENERAL)]).level is Level.NONE


def test_another_person_counts() -> None:
    assert judge([replace(HELD, who=Who.OTHER)]).level is Level.PERSONAL


def test_the_model_adds_to_the_lists() -> None:
    quiet = judge([replace(HELD, who=Who.GENERAL)])
    heard = judge([Finding(UNSPECIFIED, "...", 0, 3, Who.SELF, False, "model", "v1")])
    risk = combine(quiet, heard)
    assert risk.level is Level.PERSONAL
    assert risk.urgency is Urgency.ROUTINE
    assert len(risk.findings) == 2


def test_the_same_finding_twice_stands_once() -> None:
    assert combine(judge([HELD]), judge([HELD])).findings == (HELD,)


def test_the_form_of_the_contract() -> None:
    assert judge([HELD]).as_dict() == {
        "level": "personal",
        "urgency": "routine",
        "doubtful": False,
        "findings": [
            {
                "category": "herpes",
                "text": "هربس",
                "start": 0,
                "end": 4,
                "who": "self",
                "negated": False,
                "source": "lexicon",
                "version": "v1",
                "kind": None,
                "cue": None,
                "doubts": [],
                "cleared": False,
            }
        ],
    }
