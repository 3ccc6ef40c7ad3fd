"""The chat as its visitors use it, for the browser tests."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

from playwright.sync_api import Locator, Page, expect

LANGUAGES = ["ar", "en"]
PATIENCE_MS = 90_000
"""How long an expectation may take to come true on a busy machine; not how fast it has to."""
# What is said in the tests, and what the chat and the stand-in for the assistant say.
SAID = {
    "ar": {
        "hello": "مساء الخير",
        "clarify": "هل تقصد أحد هذين؟",
        "button": "هل توجع؟",
        "pain": "إحساس خفيف يمكن تحمله.",
        "sessions?": "كم جلسة أحتاج؟",
        "sessions": "غالباً من 4 إلى 8 جلسات.",
        "automated": "ردود آلية",
        "staff": "فريق العيادة",
        "failed": "لم تصل الرسالة.",
        "offline": "انقطع الاتصال",
        "online": "عاد الاتصال.",
        "direction": "rtl",
    },
    "en": {
        "hello": "good evening",
        "clarify": "Did you mean one of these?",
        "button": "Does it hurt?",
        "pain": "A mild feeling that most people tolerate.",
        "sessions?": "How many sessions?",
        "sessions": "Most people need 4 to 8 sessions.",
        "automated": "Automatic replies",
        "staff": "Clinic staff",
        "failed": "The message was not sent.",
        "offline": "The connection to the clinic is lost.",
        "online": "The connection is back.",
        "direction": "ltr",
    },
}
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`));
"""


class Chat:
    def __init__(self, page: Page, site_url: str) -> None:
        self.page = page
        self.site_url = site_url
        self._kept_token = ""
        self.network_may_fail = False
        self._complaints: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.add_init_script(WATCH_POLICY)
        page.on("console", lambda message: self._complain(message.type, message.text))
        page.on("pageerror", lambda error: self._complain("error", str(error)))

    def _complain(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self._complaints.append(text)

    @property
    def complaints(self) -> list[str]:
        """What the browser had to say against the page; it reports each failed request by itself."""
        if not self.network_may_fail:
            return self._complaints
        return [text for text in self._complaints if not text.startswith("Failed to load resource")]

    def open(self, language: str = "ar") -> None:
        self.page.goto(self.site_url + ("/?lang=en" if language == "en" else "/"))
        self.element.locator(".panel, .launcher").filter(visible=True).first.wait_for()
        if self.launcher.is_visible():  # as on a phone
            self.launcher.click()
        self.field.wait_for()

    def write(self, text: str) -> None:
        self.field.fill(text)
        self.field.press("Enter")

    @property
    def element(self) -> Locator:
        return self.page.locator("derma-chat")

    @property
    def launcher(self) -> Locator:
        return self.element.locator(".launcher")

    @property
    def field(self) -> Locator:
        return self.element.locator("textarea")

    @property
    def choices(self) -> Locator:
        return self.element.locator(".log > .choices button")

    def said_by(self, author: str) -> Locator:
        return self.element.locator(f".rows .{author} .words")

    def words(self) -> list[str]:
        texts: list[str] = self.element.locator(".rows .words").all_text_contents()
        return texts

    def expect_answer(self, text: str) -> None:
        expect(self.said_by("bot").filter(has_text=text).first).to_be_visible()

    def focused(self) -> str:
        """The id or the classes of what has the focus inside the chat."""
        script = "(chat) => { const at = chat.shadowRoot.activeElement; return at ? at.id || at.className : '' }"
        return str(self.element.evaluate(script))

    # --- what the desk has stored, asked for beside the browser ---

    def token(self) -> str:
        return str(self.memory()["token"])

    def memory(self) -> dict[str, Any]:
        """What the browser keeps of this visitor."""
        kept = self.page.evaluate("(key) => localStorage.getItem(key)", self.memory_key)
        found: dict[str, Any] = json.loads(kept)
        return found

    def remember(self, **values: Any) -> None:
        """Change what the browser keeps."""
        changed = json.dumps({**self.memory(), **values})
        self.page.evaluate("([key, value]) => localStorage.setItem(key, value)", [self.memory_key, changed])

    @property
    def memory_key(self) -> str:
        return f"derma-chat {self.site_url}/"

    def stored(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("messages?after=0")["messages"]
        return found

    def stored_by_patient(self) -> list[str]:
        return [message["text"] for message in self.stored() if message["author"] == "patient"]

    def write_elsewhere(self, text: str, client_id: str) -> None:
        """The same visitor writes from another tab."""
        self._ask("messages", {"client_id": client_id, "text": text})

    def _ask(self, path: str, body: dict[str, str] | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.site_url}/api/chat/{path}",
            data=json.dumps(body).encode() if body else None,
            headers={"Authorization": f"Bearer {self._kept_token or self.token()}"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            return json.load(response)

    def keep_token(self) -> None:
        """Take the token along while the page is elsewhere or busy."""
        self._kept_token = self.token()
