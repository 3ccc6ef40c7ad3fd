"""Many idle chats at once on one desk: each gets its message. The figures are `evaluation.streams_bench`'s own."""

from __future__ import annotations

import pytest

from evaluation import streams_bench

pytestmark = pytest.mark.server


def test_fifty_idle_chats_all_get_their_message() -> None:
    result = streams_bench.run(streams=50, deliveries=50)
    assert (result.deliveries, result.lost) == (50, 0)
