"""`make run`: start assistant, action server and desk under one supervisor; say when ready; end all on Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

from dotenv import load_dotenv

from desk.environment import kept_secret
from scripts.train import RASA_ENVIRONMENT, ROOT

RUN = ROOT / ".run"
READY_SECONDS = 180
PORTS = {"DESK_PORT": "8000", "ASSISTANT_PORT": "5005", "ACTIONS_PORT": "5055"}
SETTINGS_HELP = (
    ("DESK_HOST", "127.0.0.1", "The address the desk listens on."),
    ("DESK_PORT", PORTS["DESK_PORT"], "The desk's port: the one that people open."),
    ("ASSISTANT_PORT", PORTS["ASSISTANT_PORT"], "Rasa's port, on this machine only."),
    ("ACTIONS_PORT", PORTS["ACTIONS_PORT"], "The action server's port, on this machine only."),
    ("ACTION_ENDPOINT_URL", "", "Where Rasa finds the action server, if not on this machine."),
    ("WHATSAPP_SIMULATOR_PORT", "8090", "Where `make whatsapp-simulator` shows its phones."),
)


def environment() -> dict[str, str]:
    """Everything the three processes are started with; .env fills in what the shell does not set."""
    load_dotenv(ROOT / ".env")
    ports = {name: os.environ.get(name) or default for name, default in PORTS.items()}
    if not all(port.isdigit() and 0 < int(port) < 65536 for port in ports.values()):
        raise SystemExit("Set DESK_PORT, ASSISTANT_PORT and ACTIONS_PORT to port numbers.")
    return {
        **RASA_ENVIRONMENT,
        **os.environ,
        **ports,
        "PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "SANIC_HOST": "127.0.0.1",
        "DESK_HOST": os.environ.get("DESK_HOST") or "127.0.0.1",
        "ASSISTANT_URL": os.environ.get("ASSISTANT_URL") or f"http://127.0.0.1:{ports['ASSISTANT_PORT']}",
        "ASSISTANT_TOKEN": os.environ.get("ASSISTANT_TOKEN") or kept_secret(RUN / "assistant-token"),
        "ACTION_ENDPOINT_URL": os.environ.get("ACTION_ENDPOINT_URL")
        or f"http://127.0.0.1:{ports['ACTIONS_PORT']}/webhook",
        "PUBLIC_URL": os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{ports['DESK_PORT']}",
    }


def refuse_busy_ports(settings: dict[str, str]) -> None:
    for name in PORTS:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", int(settings[name])))
            except OSError:
                raise SystemExit(f"Port {settings[name]} is in use: set {name} to a free one.") from None


def manage(settings: dict[str, str], *command: str) -> None:
    """Run a Django command; its own one-line error is all that is shown when it fails."""
    done = subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=settings)
    if done.returncode:
        raise SystemExit(done.returncode)


def wait_until_ready(settings: dict[str, str], supervisor: subprocess.Popen[bytes]) -> None:
    """Wait for the desk's readiness, which asks the assistant, which asks the action server."""
    url = f"http://127.0.0.1:{settings['DESK_PORT']}/readyz"
    deadline = time.monotonic() + READY_SECONDS
    state = "starting"
    while time.monotonic() < deadline:
        if supervisor.poll() is not None:
            raise SystemExit("The supervisor ended early: see .run/supervisord.log")
        found = _readiness(url)
        if found != state:
            print(f"  {found}", flush=True)
            state = found
        if found == "ready":
            return
        time.sleep(0.5)
    raise SystemExit(f"Not ready after {READY_SECONDS} s ({state}): see the logs in .run/")


def _readiness(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=3) as response:
            answer = json.load(response)
    except urllib.error.HTTPError as error:
        try:
            answer = json.load(error)
        except ValueError:
            return "desk starting"
    except (OSError, ValueError):
        return "starting"
    if answer.get("ready") and answer.get("assistant") == "ok":
        return "ready"
    return f"desk up, assistant {answer.get('assistant', 'starting')}"


def main(*also_ready: str) -> None:
    """Run until Ctrl-C; `also_ready` are further lines to print once all is ready."""
    RUN.mkdir(exist_ok=True)
    settings = environment()
    refuse_busy_ports(settings)
    manage(settings, "migrate", "--verbosity", "0")
    manage(settings, "ensure_staff")
    print("Starting assistant, action server and desk (logs in .run/)", flush=True)
    command = [
        sys.executable,
        "-m",
        "supervisor.supervisord",
        "--configuration",
        str(ROOT / "scripts/supervisord.conf"),
    ]
    supervisor = subprocess.Popen(command, cwd=ROOT, env=settings, start_new_session=True)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: sys.exit(0))
    try:
        wait_until_ready(settings, supervisor)
        ready = f"\nReady: {settings['PUBLIC_URL']}/   (staff: {settings['PUBLIC_URL']}/staff/)"
        print("\n".join([ready, *also_ready, "Ctrl-C ends it."]), flush=True)
        supervisor.wait()
    finally:
        supervisor.terminate()
        try:
            supervisor.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(supervisor.pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
