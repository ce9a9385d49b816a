"""Figures on an address of this machine, for whoever asks for them by one of its own names, and for few at once."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import make_wsgi_app

from app.metrics_exposition import Look, registry_of
from app.metrics_figures import RunFigures
from app.serve.hosts import wrong_host
from engine.errors import GonogoError, UsageError

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_Request = socket.socket | tuple[bytes, socket.socket]
"""As socketserver has it; ours are sockets."""
MOST_AT_ONCE = 32
"""Each who asks has a thread; a Prometheus needs one."""
_PATIENCE_S = 10.0
"""For a request to come, and for its answer to be taken: as long as Prometheus waits."""


@contextlib.contextmanager
def served(look: Look, address: str, port: int) -> Iterator[int]:
    """Serve ``/metrics`` on an address of this machine; yields the port, which is a free one where 0 was asked for.

    Raises:
        UsageError: when the address or the port cannot be had.
    """
    try:
        server = _Server(address, port)
    except OSError as fault:
        told = f"--listen {address}:{port}: {fault.strerror or fault}; name another port, or end what has this one"
        raise UsageError(told) from fault
    name = f"[{address}]" if ":" in address else address
    server.set_app(_at_the_door(make_wsgi_app(registry_of(_calm(look))), name, server.server_port))
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _at_the_door(app: WSGIApplication, address: str, port: int) -> WSGIApplication:
    """Refuse who asks by a name that is none of ours: a page of another site that let its own name point here."""

    def ask(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        why = wrong_host(str(environ.get("HTTP_HOST", "")), address, port)
        if not why:
            return app(environ, start)
        start("403 Forbidden", [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")])
        return [f"{why}\n".encode()]

    return ask


def _calm(look: Look) -> Look:
    """Tell nothing where no run can be seen just now: an empty answer, and not a stack on standard error."""

    def calm() -> Sequence[RunFigures]:
        try:
            return look()
        except (GonogoError, OSError):
            return ()

    return calm


class _Handler(WSGIRequestHandler):
    """Answers one request, in time, and logs none."""

    timeout = _PATIENCE_S

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its name in the library
        """Log nothing."""


class _Server(ThreadingMixIn, WSGIServer):
    """Answers each request on a thread of its own, and hangs up where there are too many of these."""

    daemon_threads = True
    request_queue_size = MOST_AT_ONCE

    def __init__(self, address: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        super().__init__((address, port), _Handler)

    def verify_request(self, request: _Request, client_address: object) -> bool:
        """Let one more in, if there is room."""
        return self._room.acquire(blocking=False)

    def process_request_thread(self, request: _Request, client_address: object) -> None:
        """Answer, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._room.release()

    def handle_error(self, request: _Request, client_address: object) -> None:
        """Pass over one who hung up, or never asked."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)
