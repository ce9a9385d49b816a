"""A stand-in for EC2's instance metadata service that behaves as the real one does, on 127.0.0.1."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Imds:
    """What the service knows and was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.pages: dict[str, bytes] = {}
        """By path; a path that is not here is 404."""
        self.tokens: set[str] = set()
        self.status: int | None = None
        """An answer to everything."""
        self.is_slow = threading.Event()
        self.go_on = threading.Event()
        """What a slow answer waits for."""
        self.asked: list[str] = []
        self.ttls: list[str] = []

    def notice(self, body: bytes) -> None:
        self.pages["/latest/meta-data/spot/instance-action"] = body

    def rebalance(self, body: bytes) -> None:
        self.pages["/latest/meta-data/events/recommendations/rebalance"] = body


@contextlib.contextmanager
def metadata_service() -> Iterator[Imds]:
    imds = Imds()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_PUT(self) -> None:
            imds.asked.append(f"PUT {self.path}")
            ttl = self.headers.get("X-aws-ec2-metadata-token-ttl-seconds", "")
            imds.ttls.append(ttl)
            if self.path != "/latest/api/token" or not ttl.isdigit() or not 1 <= int(ttl) <= 21600:
                return self.answer(400)
            if "X-Forwarded-For" in self.headers:  # the real one gives no token to a proxy
                return self.answer(403)
            token = f"token-{len(imds.ttls)}"
            imds.tokens.add(token)
            return self.answer(200, token.encode())

        def do_GET(self) -> None:
            imds.asked.append(f"GET {self.path}")
            if self.headers.get("X-aws-ec2-metadata-token") not in imds.tokens:
                return self.answer(401)
            if self.path not in imds.pages:
                return self.answer(404)
            return self.answer(200, imds.pages[self.path])

        def answer(self, status: int, body: bytes = b"") -> None:
            if imds.is_slow.is_set():
                imds.go_on.wait(30)
            with contextlib.suppress(ConnectionError):  # who asked may have hung up
                self.send_response_only(imds.status or status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name that it overrides
            del format, args

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    imds.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield imds
    finally:
        imds.go_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
