"""Names of what the components write on a message, and of the entities and intents they emit."""

NORMALISED = "normalised"
DETECTED = "detected"
CLAUSES = "clauses"
"""List of `assistant.answers.ScoredClause`, in order; the whole message is not among them."""
RISK_SIGNAL = "risk_signal"
"""`assistant.model_signal.Signal` of the message."""
UNDERSTANDING = "understanding"
"""JSON part of the parse that the seam returns: threshold, answers, language, script, risk."""

ENTITY_LANGUAGE = "language"
ENTITY_TOPIC = "topic"
ENTITY_ANSWER = "answer"
ENTITY_RISK = "risk"

FALLBACK_INTENT = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
