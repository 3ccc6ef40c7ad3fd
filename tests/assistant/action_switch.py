"""An action server that passes everything on to the real one, until a test tells it to misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from tests.servers import free_port

Answer = tuple[int, bytes]
Behaviour = Callable[[bytes], Answer]
JSON = {"Content-Type": "application/json"}


class ActionSwitch:
    """Listens on a port of its own; `doing` and `away` last as long as their `with` block."""

    def __init__(self, real_url: str) -> None:
        self._real_url = real_url
        self._port = free_port()
        self._behaviour: Behaviour | None = None
        self._server: ThreadingHTTPServer | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self._port}/webhook"

    def start(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), _handler(self))
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @contextmanager
    def doing(self, behaviour: Behaviour) -> Iterator[None]:
        self._behaviour = behaviour
        try:
            yield
        finally:
            self._behaviour = None

    @contextmanager
    def away(self) -> Iterator[None]:
        """Nobody listens on the port."""
        self.stop()
        try:
            yield
        finally:
            self.start()

    def call(self, body: bytes) -> Answer:
        if self._behaviour:
            return self._behaviour(body)
        answer = httpx.post(f"{self._real_url}/webhook", content=body, headers=JSON, timeout=30)
        return answer.status_code, answer.content

    def health(self) -> Answer:
        answer = httpx.get(f"{self._real_url}/health", timeout=5)
        return answer.status_code, answer.content


def fails(_: bytes) -> Answer:
    return 500, b'{"error": "broken"}'


def says_nothing(_: bytes) -> Answer:
    return 200, b'{"events": [], "responses": []}'


def sleeps(seconds: float) -> Behaviour:
    def behaviour(_: bytes) -> Answer:
        time.sleep(seconds)
        return says_nothing(_)

    return behaviour


def forgets_the_values(_: bytes) -> Answer:
    """Name a response and leave its placeholders unfilled."""
    return 200, json.dumps({"events": [], "responses": [{"response": "utter_ask_price"}]}).encode()


def _handler(switch: ActionSwitch) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self._reply(*switch.call(body))

        def do_GET(self) -> None:
            self._reply(*switch.health())

        def _reply(self, status: int, body: bytes) -> None:
            try:
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except ConnectionError:  # Rasa gave the turn up meanwhile
                pass

        def log_message(self, *_: object) -> None:
            pass

    return Handler
