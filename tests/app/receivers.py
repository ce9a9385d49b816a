"""Services on loopback that take notices: HTTP for webhooks and ntfy, SMTP for mail, and one that never answers."""

from __future__ import annotations

import email
import email.policy
import json
import queue
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DEADLINE_S = 30.0


@dataclass(frozen=True)
class Request:
    path: str
    body: dict[str, Any]


@dataclass
class Web:
    """What a web server was sent."""

    port: int = 0
    statuses: list[int] = field(default_factory=lambda: [200])
    """The answers in their order; the last one stays."""
    requests: queue.Queue[Request] = field(default_factory=queue.Queue)

    def next(self) -> Request:
        return self.requests.get(timeout=DEADLINE_S)

    def rest(self) -> list[Request]:
        return [self.requests.get() for _ in range(self.requests.qsize())]


@contextmanager
def web(*statuses: int) -> Iterator[Web]:
    """Serve POST requests with JSON bodies, and answer each with a status."""
    got = Web(statuses=list(statuses or (200,)))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            got.requests.put(Request(self.path, json.loads(body)))
            answer = b"{}"
            self.send_response(got.statuses.pop(0) if len(got.statuses) > 1 else got.statuses[0])
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server, _served(server):
        got.port = server.server_address[1]
        yield got


@dataclass
class Mail:
    """What a mail server was sent."""

    port: int = 0
    letters: queue.Queue[EmailMessage] = field(default_factory=queue.Queue)

    def next(self) -> EmailMessage:
        return self.letters.get(timeout=DEADLINE_S)


@contextmanager
def mail_server() -> Iterator[Mail]:
    """Take mail by SMTP (RFC 5321), as much of it as one delivery needs; no TLS, no passwords."""
    got = Mail()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.say("220 here")
            for line in self.rfile:
                match line.split()[0].upper():
                    case b"DATA":
                        self.say("354 go on")
                        got.letters.put(_letter(self.data()))
                        self.say("250 taken")
                    case b"QUIT":
                        self.say("221 bye")
                        return
                    case _:
                        self.say("250 yes")

        def say(self, text: str) -> None:
            self.wfile.write(f"{text}\r\n".encode())

        def data(self) -> bytes:
            lines = []
            while (line := self.rfile.readline()) not in (b".\r\n", b""):
                lines.append(line.removeprefix(b"."))
            return b"".join(lines)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server, _served(server):
        server.daemon_threads = True
        got.port = server.server_address[1]
        yield got


def _letter(data: bytes) -> EmailMessage:
    letter = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(letter, EmailMessage)
    return letter


@dataclass
class Hanging:
    """A server that answers nobody."""

    port: int = 0
    met: threading.Event = field(default_factory=threading.Event)
    """Somebody has come."""


@contextmanager
def hanging() -> Iterator[Hanging]:
    """Let everybody in and answer nobody."""
    over, silent = threading.Event(), Hanging()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            silent.met.set()
            over.wait()

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server, _served(server):
        silent.port = server.server_address[1]
        try:
            yield silent
        finally:
            over.set()


@contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
