"""Explain messages with the loaded model: the pipeline is run as for a patient, and what it noted is read off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY
from rasa.shared.nlu.training_data.message import Message

from assistant.explanation import Candidate, ClauseReading, Explanation, Neighbour
from assistant.nlu.encoder import encode
from assistant.nlu.hybrid_intent_classifier import HybridIntentClassifier
from assistant.nlu.keys import CLAUSES, DETECTED, NORMALISED, RISK_SIGNAL, UNDERSTANDING
from assistant.seam import MAX_TEXT, disarm
from assistant.text import clean

if TYPE_CHECKING:
    from rasa.core.processor import MessageProcessor

SHOWN_CANDIDATES = 5
SHOWN_NEIGHBOURS = 5
NO_RISK: dict[str, Any] = {"level": "none", "urgency": None, "findings": []}


class Explainer:
    """Explains messages with one loaded model."""

    def __init__(self, processor: MessageProcessor) -> None:
        """Raises LookupError when the model has no hybrid classifier."""
        self._processor = processor
        self._classifier = _classifier_of(processor)
        # the model keeps its phrases sorted by intent: place in that order -> row of the training phrase
        self._rows = np.argsort(self._classifier.model.phrase_intents, kind="stable")

    @property
    def model_id(self) -> str:
        return str(self._processor.model_metadata.model_id)

    def explains_for(self, processor: MessageProcessor | None) -> bool:
        return self._processor is processor

    def explain(self, texts: Sequence[str]) -> list[Explanation]:
        """Explain texts as patients would send them; each is made safe as the seam does."""
        safe = [disarm(clean(text, limit=MAX_TEXT)) for text in texts]
        return [self._explain(text, self._processed(text)) for text in safe]

    def _processed(self, text: str) -> Message:
        target = self._processor.model_metadata.nlu_target
        inputs = {PLACEHOLDER_MESSAGE: [UserMessage(text=text)], PLACEHOLDER_TRACKER: None}
        message: Message = self._processor.graph_runner.run(inputs=inputs, targets=[target])[target][0]
        return message

    def _explain(self, text: str, message: Message) -> Explanation:
        noted: dict[str, Any] = message.get(UNDERSTANDING) or {}
        detected, signal = message.get(DETECTED), message.get(RISK_SIGNAL)
        reading = self._classifier.reading(message)
        return Explanation(
            text=text,
            normalised=message.get(NORMALISED) or "",
            language=detected.language.value if detected and detected.language else None,
            script=detected.script.value if detected and detected.script else None,
            read_as=reading.for_embedding,
            intent=str((message.get(INTENT) or {}).get(INTENT_NAME_KEY)),
            answers=tuple(noted.get("answers") or ()),
            threshold=float(noted.get("threshold") or 0.0),
            candidates=self._candidates(message),
            neighbours=self._neighbours(reading.for_embedding),
            clauses=tuple(
                ClauseReading(clause.text, clause.strong, clause.intent, float(clause.score))
                for clause in message.get(CLAUSES) or ()
            ),
            risk=noted.get("risk") or NO_RISK,
            risk_margin=float(signal.margin) if signal else None,
            risk_category=signal.category if signal else "",
        )

    def _candidates(self, message: Message) -> tuple[Candidate, ...]:
        scored = self._classifier.explain(message)
        columns = zip(scored.intents, scored.scores, scored.ngram, scored.embedding, scored.nearest)
        return tuple(
            Candidate(intent, float(score), float(ngram), float(embedding), self._classifier.phrases[nearest])
            for intent, score, ngram, embedding, nearest in list(columns)[:SHOWN_CANDIDATES]
        )

    def _neighbours(self, read_as: str) -> tuple[Neighbour, ...]:
        """The nearest training phrases over all intents, by cosine of their embeddings."""
        if not read_as.strip():
            return ()
        model = self._classifier.model
        cosines = model.phrase_embeddings @ encode([read_as])[0]
        return tuple(
            Neighbour(
                phrase=self._classifier.phrases[self._rows[place]],
                intent=str(model.intents[model.phrase_intents[self._rows[place]]]),
                cosine=float(cosines[place]),
            )
            for place in np.argsort(-cosines, kind="stable")[:SHOWN_NEIGHBOURS]
        )


def _classifier_of(processor: MessageProcessor) -> HybridIntentClassifier:
    """Rasa's graph names no way to a component of it: the runner's nodes hold them."""
    for node in processor.graph_runner._instantiated_nodes.values():
        if isinstance(node._component, HybridIntentClassifier):
            return node._component
    raise LookupError("the model holds no HybridIntentClassifier")
