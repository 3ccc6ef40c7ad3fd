"""The whole way in a real browser: a wrong answer in the chat, a review, a correction, a new model, the right answer.

Everything is real and runs in a copy of the project, so that the repository stays as it is: the desk, the assistant,
the actions, the training and the measuring. It trains a model and measures two, so it has its own `make review-loop`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from playwright.sync_api import Browser, Page, expect, sync_playwright

from scripts.models import Models
from scripts.train import fingerprint
from tests import servers
from tests.servers import Server, action_server, assistant_server, desk_server
from tests.staff.conftest import ARGUMENTS, CHROMIUM, log_in

pytestmark = [pytest.mark.browser, pytest.mark.server]
ANSWER_MS = 40_000
# Wordings of their own: (what the patient writes, what the reviewer types, the topic, its phrases' file)
CANDIDATES = (
    ("is it like being poked by a tiny cactus", "hurt", "ask_pain", "data/nlu/en/pain.yml"),
    ("will I waddle out of there like a penguin", "recovery", "ask_downtime", "data/nlu/en/downtime.yml"),
    ("is my wallet going to weep", "ask_price", "ask_price", "data/nlu/en/price.yml"),
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the project with its model; the servers of this test start in it."""
    copy = tmp_path_factory.mktemp("loop") / "project"
    skipped = shutil.ignore_patterns(".git", ".venv", ".run", ".rasa", "__pycache__", "node_modules", ".*_cache")
    shutil.copytree(servers.ROOT, copy, ignore=skipped)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "ROOT", copy)
        patch.setitem(servers.ENVIRONMENT, "PYTHONPATH", str(copy))
        yield copy


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield chromium
        chromium.close()


def test_from_a_wrong_answer_to_the_right_one(project: Path, browser: Browser, tmp_path: Path) -> None:
    model = project / "models" / "model.tar.gz"
    with action_server(tmp_path) as actions:
        hook = f"{actions.url}/webhook"
        with assistant_server(tmp_path, action_endpoint=hook, model=model) as assistant:
            text, typed, intent, file = misunderstood(assistant)
            with desk_server(tmp_path, assistant=assistant.url, seed=["tests.staff.seed"]) as desk:
                answer = answer_of(project, intent)
                chat = ask(browser, desk, text)
                expect(chat.locator("derma-chat [role=log] >> text=/[?؟]|staff/").first).to_be_visible(
                    timeout=ANSWER_MS
                )
                assert answer not in chat.locator("derma-chat [role=log]").inner_text()

                review(browser, desk, text, typed)
                accept(browser, desk, text)
                stop(assistant)
                models = Models(project / "models")
                before = models.in_service()
                learn(project, desk, tmp_path)
                assert models.before() == before, "promoted, and the one before can come back"
                assert models.in_service() == fingerprint(project), "make train would train again"
                assert f"    - {text}\n" in (project / file).read_text(encoding="utf-8")
                tests = yaml.safe_load((project / "tests/conversations/corrections.yml").read_text(encoding="utf-8"))
                assert [turn["patient"] for test in tests for turn in test["turns"]] == [text]

                with pytest.MonkeyPatch.context() as patch:
                    patch.setattr(servers, "free_port", lambda: assistant.port)
                    with assistant_server(tmp_path, action_endpoint=hook, model=model):
                        chat = ask(browser, desk, text)
                        expect(chat.locator("derma-chat [role=log]")).to_contain_text(answer, timeout=ANSWER_MS)
                        page = staff_page(browser, desk, "maha", "corrections/?status=promoted")
                        expect(page.locator("main")).to_contain_text(text)
                        expect(page.locator(".runs")).to_contain_text("Promoted")


def misunderstood(assistant: Server) -> tuple[str, str, str, str]:
    """A wording that the assistant does not understand today."""
    headers = {"Authorization": f"Bearer {servers.TOKEN}"}
    body = {"texts": [candidate[0] for candidate in CANDIDATES]}
    url = f"{assistant.url}/webhooks/explain/messages"
    explained: list[dict[str, Any]] = httpx.post(url, json=body, headers=headers, timeout=60).json()["explanations"]
    lost = [c for c, why in zip(CANDIDATES, explained) if why["intent"] == "nlu_fallback" and not why["answers"]]
    assert lost, f"all are understood by now: {[why['intent'] for why in explained]}"
    return lost[0]


def answer_of(project: Path, intent: str) -> str:
    """The beginning of the English answer to a topic, up to what an action may fill in."""
    stem = intent.removeprefix("ask_")
    document = yaml.safe_load((project / "data" / "responses" / f"{stem}.yml").read_text(encoding="utf-8"))
    variations = document["responses"][f"utter_{intent}"]
    english = next(each["text"] for each in variations if each["condition"][0]["value"] == "en")
    return str(english).split("{")[0].split("\n")[0][:60].strip()


def ask(browser: Browser, desk: Server, text: str) -> Page:
    page = browser.new_context().new_page()
    page.goto(f"{desk.url}/?lang=en")
    box = page.locator("derma-chat textarea")
    box.fill(text)
    box.press("Enter")
    return page


def review(browser: Browser, desk: Server, text: str, typed: str) -> None:
    """A reviewer finds the message in the queue and says what it meant, by keys alone."""
    page = staff_page(browser, desk, "reem", "")
    item = page.locator("#queue article")
    for _ in range(20):
        if text in item.inner_text():
            break
        shown = item.inner_text()
        page.keyboard.press("j")
        expect(item).not_to_have_text(shown)
    expect(item).to_contain_text(text)
    page.keyboard.press("e")
    expect(item.locator(".why")).to_contain_text("Nearest phrase", timeout=ANSWER_MS)
    page.keyboard.press("w")
    page.keyboard.type(typed)
    page.keyboard.press("Enter")
    expect(page.locator("#queue")).not_to_contain_text(text)


def accept(browser: Browser, desk: Server, text: str) -> None:
    page = staff_page(browser, desk, "maha", "corrections/")
    row = page.locator("li.review-item", has_text="Phrase")
    expect(row.locator("textarea")).to_have_value(text)
    row.locator("button", has_text="Accept").click()
    expect(page.locator(".notice")).to_contain_text("accepted")


def learn(project: Path, desk: Server, logs: Path) -> None:
    """`make corrections`, on the desk's database."""
    environment = {
        **os.environ,
        **servers.ENVIRONMENT,
        "DATABASE_URL": f"sqlite:///{logs / f'desk-{desk.port}.sqlite3'}",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "scripts.corrections"], cwd=project, env=environment, capture_output=True, text=True
    )
    print(ended.stdout)
    assert ended.returncode == 0, ended.stdout + ended.stderr


def stop(server: Server) -> None:
    server.process.terminate()
    server.process.wait(20)


def staff_page(browser: Browser, desk: Server, name: str, path: str) -> Page:
    page = browser.new_context(viewport={"width": 1180, "height": 900}).new_page()
    log_in(page, desk, name)
    page.goto(f"{desk.url}/staff/review/{path}")
    return page
