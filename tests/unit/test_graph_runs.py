"""Running a graph in a kept order gives what Rasa's own runner gives."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage

from assistant.graph_runs import order_of, run_graphs_quickly


class Sum(GraphComponent):
    runs: ClassVar[list[str]] = []

    def __init__(self, config: dict[str, Any]) -> None:
        self._config = config

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Sum:
        return cls(config)

    def add(self, left: int, right: int) -> int:
        self.runs.append(self._config["called"])
        if self._config.get("fails"):
            raise RuntimeError("no sum")
        return left + right


def node(name: str, left: str, right: str, **config: Any) -> SchemaNode:
    return SchemaNode(
        needs={"left": left, "right": right},
        uses=Sum,
        fn="add",
        constructor_name="create",
        config={"called": name, **config},
        eager=True,
        is_target=name == "whole",
    )


NODES = {
    "whole": node("whole", "half", "other_half"),
    "half": node("half", "given", "given"),
    "other_half": node("other_half", "half", "given"),
    "unwanted": node("unwanted", "half", "whole"),
    "broken": node("broken", "given", "given", fails=True),
}


@pytest.fixture(params=["Rasa's own", "ours"])
def runner(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> DaskGraphRunner:
    monkeypatch.setattr(DaskGraphRunner, "run", DaskGraphRunner.run)
    monkeypatch.setattr(Sum, "runs", [])
    if request.param == "ours":
        run_graphs_quickly()
    schema = GraphSchema(NODES)
    return DaskGraphRunner.create(schema, LocalModelStorage(tmp_path), ExecutionContext(schema))


def test_each_needed_node_runs_once(runner: DaskGraphRunner) -> None:
    for _ in range(2):
        Sum.runs.clear()
        assert runner.run(inputs={"given": 1}) == {"whole": 5}
        assert sorted(Sum.runs) == ["half", "other_half", "whole"]


def test_targets_may_be_named(runner: DaskGraphRunner) -> None:
    assert runner.run(inputs={"given": 2}, targets=["half", "whole"]) == {"half": 4, "whole": 10}


def test_a_missing_input_is_an_error(runner: DaskGraphRunner) -> None:
    with pytest.raises(GraphRunError):
        runner.run(targets=["half"])


def test_a_node_that_raises_is_an_error(runner: DaskGraphRunner) -> None:
    with pytest.raises(GraphComponentException, match="broken"):
        runner.run(inputs={"given": 1}, targets=["broken"])


def test_the_order_has_each_node_behind_its_needs() -> None:
    assert order_of(GraphSchema(NODES), ["whole"]) == ["half", "other_half", "whole"]
