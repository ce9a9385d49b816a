"""How many may be connected at once: a socket that asks for nothing costs memory and a file descriptor all the same."""

from __future__ import annotations

import asyncio

from aiohttp import web

MOST_SOCKETS = 128
"""Eight consoles take eight; a browser that loads the page takes six for a moment."""


class Entrance(asyncio.Protocol):
    """Hands whoever has connected to the server, or hangs up where there is no room.

    It is decided here, and not when they are accepted: many are accepted at once, and count only from here on.
    """

    def __init__(self, server: web.Server) -> None:
        self._server = server

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let one more in, if there is room."""
        assert isinstance(transport, asyncio.Transport)
        if len(self._server.connections) >= MOST_SOCKETS:
            transport.abort()
            return
        handler = self._server()
        transport.set_protocol(handler)
        handler.connection_made(transport)
