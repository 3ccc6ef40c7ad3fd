"""Everything a Rasa component needs to be made alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from rasa.engine.graph import ExecutionContext, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.training_data.message import Message

from assistant.nlu.language_detector import LanguageDetectorComponent
from assistant.nlu.text_normaliser import TextNormaliser


@pytest.fixture
def storage(tmp_path: Path) -> LocalModelStorage:
    return LocalModelStorage(tmp_path)


@pytest.fixture
def make(storage: LocalModelStorage) -> Callable[..., Any]:
    """Make a component as Rasa does: `make(Component, option=...)`."""

    def _make(component: type, **options: Any) -> Any:
        config = {**getattr(component, "get_default_config", dict)(), **options}
        context = ExecutionContext(GraphSchema({}))
        return component.create(config, storage, Resource("component"), context)

    return _make


@pytest.fixture
def prepared(make: Callable[..., Any]) -> Callable[[str], Message]:
    """A message as it stands behind the normaliser and the language detector."""
    steps = [make(TextNormaliser), make(LanguageDetectorComponent)]

    def _prepared(text: str) -> Message:
        message = Message({"text": text})
        for step in steps:
            step.process([message])
        return message

    return _prepared
