"""The compose file: one door, no secret in it, and the commands that the tests run natively."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from desk.environment import SETTINGS
from scripts.run import SETTINGS_HELP
from scripts.train import RASA_ENVIRONMENT

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "derma-pen"}
ROLES = {"desk": ["desk-1", "desk-2"], "assistant": ["assistant-1", "assistant-2"], "actions": ["actions"]}
OPTIONS_OF_THE_PLACE = ("--port", "--host", "--interface")
EXAMPLE = (DEPLOY / ".env.example").read_text()
EXAMPLE_NAMES = set(re.findall(r"^([A-Z_]+)=", EXAMPLE, re.MULTILINE))
KNOWN = {setting.name for setting in SETTINGS} | {name for name, _, _ in SETTINGS_HELP}


def without_place(command: str) -> list[str]:
    """A command without the interpreter's path and without where it listens."""
    words = shlex.split(command)
    words[0] = "python"
    places = {index + step for index, word in enumerate(words) if word in OPTIONS_OF_THE_PLACE for step in (0, 1)}
    return [word for index, word in enumerate(words) if index not in places]


def test_only_the_proxy_is_reachable() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["proxy"]
    assert not any("network_mode" in service or service.get("privileged") for service in SERVICES.values())
    assert COMPOSE["networks"]["back"] == {"internal": True}
    for name, service in SERVICES.items():
        is_front = name in ("proxy", "desk-1", "desk-2", "tools")
        assert ("front" in service["networks"]) == is_front, name
    assert SERVICES["proxy"]["networks"] == ["front"]


@pytest.mark.parametrize("program", list(ROLES))
def test_the_commands_are_those_of_make_run(program: str) -> None:
    supervisord = configparser.RawConfigParser()
    supervisord.read(ROOT / "scripts/supervisord.conf")
    native = without_place(supervisord[f"program:{program}"]["command"])
    for name in ROLES[program]:
        assert without_place(SERVICES[name]["command"]) == native


def test_every_other_command_exists() -> None:
    assert set(OURS) - {name for names in ROLES.values() for name in names} == {"migrate", "tools"}
    for name in ("migrate", "tools"):
        assert SERVICES[name]["command"].startswith("python manage.py ")


def test_every_setting_is_known() -> None:
    known = KNOWN | set(RASA_ENVIRONMENT) | {"SANIC_HOST", "PYTHONPATH"}
    for name, service in OURS.items():
        assert set(service.get("environment", {})) <= known, name
    assert EXAMPLE_NAMES - {"POSTGRES_PASSWORD"} <= KNOWN


def test_the_desk_has_all_that_production_asks_for() -> None:
    given = set(SERVICES["desk-1"]["environment"]) | EXAMPLE_NAMES
    assert {"ENVIRONMENT", "SECRET_KEY", "ASSISTANT_TOKEN", "ALLOWED_HOSTS", "PUBLIC_URL", "DATABASE_URL"} <= given
    assert SERVICES["desk-1"]["environment"]["ENVIRONMENT"] == "production"


def test_no_secret_has_a_default() -> None:
    text = (DEPLOY / "compose.yml").read_text()
    for variable in re.findall(r"\$\{([^}]*)\}", text):
        assert ":?" in variable, f"${{{variable}}} would start without a value"
        assert variable.partition(":")[0] in EXAMPLE_NAMES
    for name in ("SECRET_KEY", "ASSISTANT_TOKEN", "POSTGRES_PASSWORD"):
        assert re.search(rf"^{name}=$", EXAMPLE, re.MULTILINE)


def test_every_assistant_is_asked_and_every_desk_is_served() -> None:
    environment = SERVICES["desk-1"]["environment"]
    assert environment["ASSISTANT_URL"] == ",".join(f"http://{name}:5005" for name in ROLES["assistant"])
    caddy = (DEPLOY / "Caddyfile").read_text()
    (upstreams,) = re.findall(r"reverse_proxy (.+) \{", caddy)
    assert upstreams.split() == [f"{name}:8000" for name in ROLES["desk"]]
    assert "flush_interval -1" in caddy


def test_ours_run_with_as_little_as_possible() -> None:
    for name, service in OURS.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name


@pytest.mark.parametrize("path", [".env", "deploy/.env", ".git", ".run", ".venv", "models/*", "*.sqlite3*"])
def test_nothing_private_is_in_the_image(path: str) -> None:
    assert path in (ROOT / ".dockerignore").read_text().splitlines()


def test_the_backup_tools_are_as_new_as_the_server() -> None:
    server = re.fullmatch(r"postgres:(\d+)-bookworm", SERVICES["database"]["image"])
    tools = re.search(r"postgresql-client-(\d+)", (DEPLOY / "Dockerfile").read_text())
    assert server
    assert tools
    assert int(tools[1]) >= int(server[1])
