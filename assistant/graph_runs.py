"""Rasa's graph is run node after node, in an order found once.

Rasa 3.6 has dask plan each run anew, three times a turn, and collects the nodes that a target needs anew as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphSchema
from rasa.engine.runner.dask import DaskGraphRunner


def run_graphs_quickly() -> None:
    """Let Rasa's runner keep the order of each set of targets."""
    DaskGraphRunner.run = _run  # type: ignore[method-assign]


def order_of(schema: GraphSchema, targets: Sequence[str]) -> list[str]:
    """The nodes that the targets need, each behind what it needs itself; inputs, which have no node, are left out."""
    order: dict[str, None] = {}

    def add(name: str) -> None:
        if name in order or name not in schema.nodes:
            return
        for needed in schema.nodes[name].needs.values():
            add(needed)
        order[name] = None

    for target in targets:
        add(target)
    return list(order)


def _run(
    runner: DaskGraphRunner, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
) -> dict[str, Any]:
    """As Rasa's own: what each target gives; raises GraphRunError."""
    schema = runner._graph_schema
    wanted = tuple(targets or schema.target_names)
    orders: dict[tuple[str, ...], list[str]] = runner.__dict__.setdefault("_orders", {})
    if wanted not in orders:
        orders[wanted] = order_of(schema, wanted)
    results: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
    try:
        for name in orders[wanted]:
            needs = schema.nodes[name].needs.values()
            # A node that gets the name of what it needs, instead of a result, says itself that it is missing.
            results[name] = runner._instantiated_nodes[name](*(results.get(needed, needed) for needed in needs))
    except RuntimeError as error:
        raise GraphRunError("Error running runner.") from error
    return dict(results[target] for target in wanted)
