"""Explain messages with the loaded model: the pipeline is run as for a patient, and what it noted is read off."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY
from rasa.shared.nlu.training_data.message import Message

from assistant.explanation import Candidate, ClauseReading, Explanation, Neighbour
from assistant.nlu.encoder import encode
from assistant.nlu.hybrid_intent_classifier import HybridIntentClassifier
from assistant.nlu.keys import CLAUSES, DETECTED, NORMALISED, RISK_SIGNAL, UNDERSTANDING
from assistant.nlu.ngrams import Floats
from assistant.nlu.reading import Reading
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
        embedding = encode([reading.for_embedding])[0]
        return Explanation(
            text=text,
            normalised=message.get(NORMALISED) or "",
            language=detected.language.value if detected and detected.language else None,
            script=detected.script.value if detected and detected.script else None,
            read_as=reading.for_embedding,
            intent=str((message.get(INTENT) or {}).get(INTENT_NAME_KEY)),
            answers=tuple(noted.get("answers") or ()),
            threshold=float(noted.get("threshold") or 0.0),
            candidates=self._candidates(reading, embedding),
            neighbours=self._neighbours(reading, embedding),
            clauses=tuple(
                ClauseReading(clause.text, clause.strong, clause.intent, float(clause.score))
                for clause in message.get(CLAUSES) or ()
            ),
            risk=noted.get("risk") or NO_RISK,
            risk_margin=float(signal.margin) if signal else None,
            risk_category=signal.category if signal else "",
        )

    def _candidates(self, reading: Reading, embedding: Floats) -> tuple[Candidate, ...]:
        model, phrases = self._classifier.model, self._classifier.phrases
        [ranked] = model.score([reading.for_ngrams], embedding[None, :], ranked=SHOWN_CANDIDATES)
        weighed = model.weigh(reading.for_ngrams, embedding, ranked.intents)
        return tuple(
            Candidate(each.intent, float(score), each.ngram, each.embedding, phrases[each.phrase])
            for each, score in zip(weighed, ranked.scores)
        )

    def _neighbours(self, reading: Reading, embedding: Floats) -> tuple[Neighbour, ...]:
        """The nearest training phrases over all intents, by cosine of their embeddings."""
        if not reading.for_embedding.strip():
            return ()
        near = self._classifier.model.neighbours(embedding, SHOWN_NEIGHBOURS)
        return tuple(Neighbour(self._classifier.phrases[place], intent, cosine) for intent, cosine, place in near)


def _classifier_of(processor: MessageProcessor) -> HybridIntentClassifier:
    """Rasa's graph names no way to a component of it: the runner's nodes hold them."""
    for node in processor.graph_runner._instantiated_nodes.values():
        if isinstance(node._component, HybridIntentClassifier):
            return node._component
    raise LookupError("the model holds no HybridIntentClassifier")
