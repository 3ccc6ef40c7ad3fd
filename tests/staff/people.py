"""Who takes part in the browser tests: the staff, and patients without a browser."""

from __future__ import annotations

import json
import urllib.request

from tests.servers import Server

PASSWORD = "long password of the tests"
NAMES = {"sara": "agent", "huda": "agent", "reem": "reviewer", "maha": "manager"}


class Patient:
    """Somebody who writes through the website's API."""

    def __init__(self, desk: Server) -> None:
        self._url = f"{desk.url}/api/chat"
        self._token = ""
        made = self._ask("visitors", {})
        self._token = made["token"]
        self.conversation = made["conversation"]
        self._sent = 0

    def write(self, text: str) -> None:
        self._sent += 1
        self._ask("messages", {"client_id": f"n{self._sent}", "text": text})

    def _ask(self, path: str, body: dict[str, str]) -> dict[str, str]:
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        request = urllib.request.Request(f"{self._url}/{path}", data=json.dumps(body).encode(), headers=headers)
        with urllib.request.urlopen(request, timeout=20) as response:
            found: dict[str, str] = json.load(response)
        return found
