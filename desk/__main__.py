"""Serve the desk: `python -m desk --port 8000`. One process; no WebSockets."""

from __future__ import annotations

import argparse
import sys

import uvicorn

STOP_SECONDS = 5
SWITCH_SECONDS = 0.0005
"""So long one thread runs before another gets its turn. Python's own 5 ms make a short piece of work in a database
thread, which waits anew after each statement, take many times as long while others are busy."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m desk", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    given = parser.parse_args()
    sys.setswitchinterval(SWITCH_SECONDS)
    uvicorn.run(
        "desk.asgi:application",
        host=given.host,
        port=given.port,
        # Rasa pins a release of `websockets` that uvicorn cannot import; the desk needs none.
        ws="none",
        timeout_graceful_shutdown=STOP_SECONDS,
        server_header=False,
        # Whom to believe about a client's address is decided by desk.addresses alone.
        proxy_headers=False,
        access_log=False,
        # Without its worker the desk must not serve: an error at the start ends it.
        lifespan="on",
        # Uvicorn's lines go through the desk's own logging, which masks phone numbers.
        log_config=None,
    )


if __name__ == "__main__":
    main()
