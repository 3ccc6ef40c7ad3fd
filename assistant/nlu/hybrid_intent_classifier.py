"""Pipeline step 3: the hybrid intent model as a trainable Rasa component.

It scores the message and its clauses in one batch, and adds the model's own signal on risk.
"""

from __future__ import annotations

import logging
from dataclasses import asdict
from pathlib import Path
from typing import Any

import joblib
from joblib import delayed
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from assistant.answers import ScoredClause
from assistant.arabizi import Transliterator
from assistant.clauses import split_clauses
from assistant.language import load_words
from assistant.nlu.encoder import begin_encoding, encode, sentence_encoder
from assistant.nlu.entities import note
from assistant.nlu.hybrid import HybridModel, Settings, choose_threshold
from assistant.nlu.keys import CLAUSES, DETECTED, NORMALISED, OUT_OF_SCOPE, RISK_SIGNAL
from assistant.nlu.parallel import end_processes, processes_for, run_all
from assistant.nlu.reading import Reader, Reading, readings_of
from assistant.nlu.risk_head import RiskHead, category_of, fit_meaning, load_examples
from assistant.nlu.shapes import screen_of, shape_in, shapes_of

logger = logging.getLogger(__name__)
RANKING_LENGTH = 5
_FILE = "hybrid.joblib"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class HybridIntentClassifier(GraphComponent, IntentClassifier):
    """Rank intents by the hybrid model and score each clause beside the whole message, in one batch."""

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        self._config = config
        self._model_storage = model_storage
        self._resource = resource
        self._model: HybridModel | None = None
        self._risk_head: RiskHead | None = None
        self._reader = Reader(Transliterator({}))
        self._screen = screen_of(Path(config["risk_words"]))
        self.phrases: list[str] = []
        """The training phrases as typed, in the order in which the model was fitted."""
        self.threshold = 0.0

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            **asdict(Settings()),
            "background": OUT_OF_SCOPE,
            # share of rightly understood phrases that the threshold would ask again (cross-validation)
            "rejected_share": 0.12,
            "words": "data/language.yml",
            "risk_examples": "data/risk/examples",
            "risk_words": "data/risk",
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        unknown = set(config) - set(cls.get_default_config()) - {"name"}
        if unknown:
            raise InvalidConfigException(f"HybridIntentClassifier: unknown option(s): {', '.join(sorted(unknown))}")
        if not 0.0 <= config.get("ngram_weight", 0.5) <= 1.0:
            raise InvalidConfigException("HybridIntentClassifier: ngram_weight must be between 0 and 1")

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> HybridIntentClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [m for m in training_data.intent_examples if m.get(TEXT) and m.get(INTENT)]
        self.phrases = [str(message.get(TEXT)) for message in examples]
        normalised = [message.get(NORMALISED) for message in examples]
        intents = [message.get(INTENT) for message in examples]
        keep = load_words(Path(self._config["words"])).not_arabizi
        self._reader = Reader(Transliterator.from_texts(normalised), keep)
        read = [self._reader.read(message.get(NORMALISED), message.get(DETECTED)) for message in examples]
        folder = self._config["risk_examples"]
        risks = load_examples(Path(folder)) if folder else []
        typed_risks = [example.text for example in risks]
        all_read = [*read, *readings_of(typed_risks, self._reader, Path(self._config["words"]))]
        all_texts = [reading.for_ngrams for reading in all_read]
        all_embeddings = encode([reading.for_embedding for reading in all_read])
        common_tokens = sentence_encoder().common_tokens([reading.for_embedding for reading in read[::3]])
        texts, embeddings = all_texts[: len(read)], all_embeddings[: len(read)]
        categories = [*map(category_of, intents), *(example.category for example in risks)]
        shapes = shapes_of([*self.phrases, *typed_risks], Path(self._config["risk_words"]))
        settings = self._settings()
        # The longest first: what the others take together is about as much.
        head, self._model, self.threshold, head.meaning = run_all(
            [
                delayed(RiskHead().fit_words)(all_texts, shapes, categories),
                delayed(HybridModel(settings).fit)(texts, embeddings, intents),
                delayed(choose_threshold)(
                    texts,
                    embeddings,
                    intents,
                    settings=settings,
                    background=self._config["background"],
                    rejected_share=self._config["rejected_share"],
                ),
                delayed(fit_meaning)(all_embeddings, categories),
            ],
            processes=processes_for(len(texts)),
        )
        end_processes()
        self._risk_head = head
        logger.info("Hybrid model: %d phrases, threshold %.3f", len(texts), self.threshold)
        self._persist(common_tokens)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        if self._model is None:
            return messages
        for message in messages:
            self._classify(message)
        return messages

    def _classify(self, message: Message) -> None:
        assert self._model is not None
        assert self._risk_head is not None
        normalised = message.get(NORMALISED) or ""
        clauses = split_clauses(normalised) if normalised else []
        texts = [normalised, *(clause.text for clause in clauses)] if len(clauses) > 1 else [normalised]
        read = [self._reader.read(text, message.get(DETECTED)) for text in texts]
        encoded = begin_encoding([reading.for_embedding for reading in read])
        # Meanwhile, all that needs no embeddings.
        ngrams = [reading.for_ngrams for reading in read]
        words = self._model.read(ngrams)
        heard = self._risk_head.read(ngrams[:1], [shape_in(message.get(TEXT) or "", self._screen)])
        embeddings = encoded()
        [signal] = self._risk_head.weigh(heard, embeddings[:1])
        message.set(RISK_SIGNAL, signal)
        whole, *parts = self._model.rank(words, embeddings, [RANKING_LENGTH] + [1] * (len(read) - 1))
        ranking = [
            {INTENT_NAME_KEY: intent, "confidence": float(score)} for intent, score in zip(whole.intents, whole.scores)
        ]
        message.set("intent", ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        message.set(
            CLAUSES,
            [
                ScoredClause(clause.text, clause.start, clause.end, clause.strong, *part.best)
                for clause, part in zip(clauses, parts or [whole])
            ],
        )
        note(message, threshold=self.threshold)

    def reading(self, message: Message) -> Reading:
        """A processed message as the model's halves read it."""
        return self._reader.read(message.get(NORMALISED) or "", message.get(DETECTED))

    @property
    def model(self) -> HybridModel:
        """The fitted model; raises AssertionError before training."""
        assert self._model is not None
        return self._model

    def _settings(self) -> Settings:
        return Settings(**{key: self._config[key] for key in asdict(Settings())})

    def _persist(self, common_tokens: list[int]) -> None:
        with self._model_storage.write_to(self._resource) as folder:
            joblib.dump(
                {
                    "model": self._model,
                    "risk_head": self._risk_head,
                    "vocabulary": self._reader.transliterator.vocabulary,
                    "keep": self._reader.keep,
                    "threshold": self.threshold,
                    "phrases": self.phrases,
                    "common_tokens": common_tokens,
                },
                folder / _FILE,
                compress=1,
            )

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> HybridIntentClassifier:
        """Load from Rasa's model storage; only models that this project trained are ever loaded."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            stored = joblib.load(folder / _FILE)
        component._model = stored["model"]
        component._risk_head = stored["risk_head"]
        component._reader = Reader(Transliterator(stored["vocabulary"]), stored["keep"])
        component.threshold = stored["threshold"]
        component.phrases = stored["phrases"]
        sentence_encoder().expect(stored["common_tokens"])
        return component
