"""Rasa's debug lines without deep copies."""

import ast
import inspect

import pytest
from rasa.core.processor import MessageProcessor

from assistant.log_copies import COPYING, log_without_copies


@pytest.mark.parametrize("module", COPYING, ids=lambda module: module.__name__)
def test_copies_are_made_for_debug_lines_only(module) -> None:
    tree = ast.parse(inspect.getsource(module))
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == "copy"]
    lines = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("structlogger.debug", "logger.debug")
    ]
    logged = [use for line in lines for use in ast.walk(line) if isinstance(use, ast.Name) and use.id == "copy"]
    assert uses
    assert len(uses) == len(logged)


def test_rasa_is_given_what_it_would_copy(monkeypatch) -> None:
    for module in COPYING:
        monkeypatch.setattr(module, "copy", module.copy)
    log_without_copies()
    events = [{"a": [1]}]
    assert all(module.copy.deepcopy(events) is events for module in COPYING)
    assert MessageProcessor.__module__ == COPYING[0].__name__
