"""Serve the simulator alone: `python -m simulator --port 8090 --webhook http://127.0.0.1:8000/webhooks/whatsapp`.

`make whatsapp-simulator` starts it together with the desk and the assistant.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

import uvicorn
import yaml

from simulator.application import Simulator
from simulator.cloud import Account, Cloud
from simulator.requests import Template

NAMES = ("نورة", "سارة", "Reem")


def templates_in(path: Path) -> dict[tuple[str, str], Template]:
    """The templates that Meta is taken to have approved: those that the desk offers."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    found = [
        Template(item["name"], language, text)
        for item in content["templates"]
        for language, text in item["text"].items()
    ]
    return {(template.name, template.language): template for template in found}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8090)
    parser.add_argument("--webhook", default="http://127.0.0.1:8000/webhooks/whatsapp")
    parser.add_argument("--templates", type=Path, default=Path("desk/whatsapp/message_templates.yml"))
    given = parser.parse_args()
    account = Account(
        phone_number_id=os.environ["WHATSAPP_PHONE_NUMBER_ID"],
        access_token=os.environ["WHATSAPP_ACCESS_TOKEN"],
        app_secret=os.environ["WHATSAPP_APP_SECRET"],
        webhook_url=given.webhook,
    )
    cloud = Cloud(account, templates=templates_in(given.templates))
    for name in NAMES:
        cloud.patients.add(name)
    cloud.patients.add("Layan", shares_number=False)
    uvicorn.run(
        Simulator(cloud),
        host=given.host,
        port=given.port,
        ws="none",
        lifespan="off",
        access_log=False,
        timeout_graceful_shutdown=1,
    )


if __name__ == "__main__":
    main()
