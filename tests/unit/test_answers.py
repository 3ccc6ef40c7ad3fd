"""Which answers a message gets."""

from assistant.answers import Cutoffs, ScoredClause, answers_beside_risk, compound_answers, rescued_answer

TOPICS = {"ask_pain", "ask_price", "ask_session_count", "ask_location"}
CUTOFFS = Cutoffs(strong=0.3, weak=0.7)


def clause(intent: str, score: float, *, strong: bool = True) -> ScoredClause:
    return ScoredClause("", 0, 1, strong, intent, score)


def test_two_questions_are_answered_in_order() -> None:
    clauses = [clause("ask_session_count", 0.9), clause("ask_pain", 0.5)]
    assert compound_answers(clauses, answerable=TOPICS, cutoffs=CUTOFFS) == ["ask_session_count", "ask_pain"]


def test_a_greeting_is_no_question() -> None:
    clauses = [clause("greet", 0.99), clause("ask_pain", 0.9)]
    assert compound_answers(clauses, answerable=TOPICS, cutoffs=CUTOFFS) == []


def test_behind_a_bare_and_a_clause_must_be_surer() -> None:
    unsure = [clause("ask_price", 0.9), clause("ask_location", 0.5, strong=False)]
    sure = [clause("ask_price", 0.9), clause("ask_location", 0.8, strong=False)]
    assert compound_answers(unsure, answerable=TOPICS, cutoffs=CUTOFFS) == []
    assert compound_answers(sure, answerable=TOPICS, cutoffs=CUTOFFS) == ["ask_price", "ask_location"]


def test_the_same_question_twice_is_one() -> None:
    clauses = [clause("ask_pain", 0.9), clause("ask_pain", 0.8)]
    assert compound_answers(clauses, answerable=TOPICS, cutoffs=CUTOFFS) == []


def test_at_most_three_answers() -> None:
    clauses = [clause(intent, 0.9) for intent in sorted(TOPICS)]
    assert len(compound_answers(clauses, answerable=TOPICS, cutoffs=CUTOFFS)) == 3


def test_one_clear_question_rescues_a_message_that_was_not_understood() -> None:
    clauses = [clause("out_of_scope", 0.4), clause("ask_pain", 0.9)]
    assert rescued_answer(clauses, answerable=TOPICS, cutoff=0.3) == "ask_pain"
    assert rescued_answer([*clauses, clause("ask_price", 0.9)], answerable=TOPICS, cutoff=0.3) is None


def test_beside_a_risk_only_harmless_questions_are_answered() -> None:
    clauses = [clause("ask_price", 0.9), clause("ask_pain", 0.9)]
    assert answers_beside_risk(clauses, harmless={"ask_price"}, cutoff=0.2) == ["ask_price"]
