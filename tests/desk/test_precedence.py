"""Who gives way to an acknowledgement, and for how long."""

from __future__ import annotations

import asyncio

import pytest

from desk import precedence
from desk.precedence import Precedence


async def test_nobody_waits_when_nothing_is_urgent() -> None:
    await asyncio.wait_for(Precedence().give_way(), timeout=5)


async def test_others_go_on_once_the_urgent_work_is_done() -> None:
    acknowledgements, order = Precedence(), []

    async def step() -> None:
        await acknowledgements.give_way()
        order.append("step")

    with acknowledgements.first():
        waiting = asyncio.create_task(step())
        await asyncio.sleep(0.01)
        order.append("acknowledged")
    await waiting
    assert order == ["acknowledged", "step"]


async def test_nobody_gives_way_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precedence, "PATIENCE_SECONDS", 0.01)
    acknowledgements = Precedence()
    with acknowledgements.first():
        await asyncio.wait_for(asyncio.gather(*(acknowledgements.give_way() for _ in range(3))), timeout=5)


async def test_urgent_work_that_fails_is_over_too() -> None:
    acknowledgements = Precedence()
    with pytest.raises(ValueError, match="broken"), acknowledgements.first():
        raise ValueError("broken")
    await asyncio.wait_for(acknowledgements.give_way(), timeout=5)
