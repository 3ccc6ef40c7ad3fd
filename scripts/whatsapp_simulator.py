"""`make whatsapp-simulator`: `make run` with WhatsApp switched on, towards a simulator instead of Meta."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys

from scripts import run
from scripts.train import ROOT

DEFAULT_PORT = "8090"
PHONE_NUMBER_ID = "106540352242922"


def environment(port: str) -> dict[str, str]:
    """WhatsApp's settings for this run: made up, and known to both sides alone."""
    return {
        "WHATSAPP_PHONE_NUMBER_ID": PHONE_NUMBER_ID,
        "WHATSAPP_ACCESS_TOKEN": secrets.token_urlsafe(32),
        "WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "WHATSAPP_VERIFY_TOKEN": secrets.token_urlsafe(16),
        "WHATSAPP_GRAPH_URL": f"http://127.0.0.1:{port}",
    }


def main() -> None:
    port = os.environ.get("WHATSAPP_SIMULATOR_PORT") or DEFAULT_PORT
    os.environ.update(environment(port))
    run.RUN.mkdir(exist_ok=True)
    settings = run.environment()
    webhook = f"http://127.0.0.1:{settings['DESK_PORT']}/webhooks/whatsapp"
    with (run.RUN / "whatsapp-simulator.log").open("wb") as log:
        simulator = subprocess.Popen(
            [sys.executable, "-m", "simulator", "--port", port, "--webhook", webhook],
            cwd=ROOT,
            env=settings,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            run.main(f"WhatsApp simulator: http://127.0.0.1:{port}/")
        finally:
            simulator.terminate()
            simulator.wait(10)


if __name__ == "__main__":
    main()
