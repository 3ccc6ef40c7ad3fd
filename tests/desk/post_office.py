"""A mail server and a webhook receiver on real sockets, strict about what their protocols ask."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast


class MailServer(socketserver.ThreadingTCPServer):
    """As much SMTP (RFC 5321) as a client needs; refuses what `refuse` says, in the order of the commands."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _MailSession)
        self.received: list[EmailMessage] = []
        self.refuse: list[bytes] = []
        """Answers to the next RCPT commands."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _MailSession(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        server = cast(MailServer, self.server)
        self._say(b"220 mail.clinic.example")
        recipients = 0
        while line := self.rfile.readline().rstrip(b"\r\n"):
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                self._say(b"250 mail.clinic.example")
            elif verb == b"RCPT":
                refusal = server.refuse.pop(0) if server.refuse else b""
                recipients += not refusal
                self._say(refusal or b"250 OK")
            elif verb == b"DATA" and recipients:
                self._say(b"354 go on")
                server.received.append(self._read_message())
                self._say(b"250 OK")
            elif verb in (b"MAIL", b"RSET", b"NOOP"):
                self._say(b"250 OK")
            elif verb == b"QUIT":
                self._say(b"221 bye")
                return
            else:
                self._say(b"503 bad sequence of commands")

    def _read_message(self) -> EmailMessage:
        lines: list[bytes] = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return cast(EmailMessage, email.message_from_bytes(b"".join(lines), policy=email.policy.default))

    def _say(self, line: bytes) -> None:
        self.wfile.write(line + b"\r\n")


class Receiver(ThreadingHTTPServer):
    """Keeps each post; answers with what `answers` holds, then 200."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Post)
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str]]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/services/T0/B0/hook"


class _Post(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        server = cast(Receiver, self.server)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        server.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status, headers = server.answers.pop(0) if server.answers else (200, {})
        self.send_response(status)
        for name, value in {**headers, "Content-Length": "0"}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
