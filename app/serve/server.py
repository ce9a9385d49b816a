"""The server: one door for every request, one process for every console, and an end that leaves nothing behind."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import signal
import socket
from collections.abc import Awaitable, Callable

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web
from aiohttp.http import HttpProcessingError
from textual_serve.download_manager import DownloadManager

from app.serve import pages
from app.serve.crowd import Entrance
from app.serve.door import Door
from app.serve.goodbye import FULL, End
from app.serve.sayings import LONGEST_BYTES, Blur, Focus, Keys, Ping, Resized, read, size_asked
from app.serve.starting import Face
from app.serve.viewer import Viewer

MOST_CONSOLES = 8
"""At once: each is a process of some 55 MB."""
_HEARTBEAT_S = 15.0
"""A tab that does not answer for so long is gone, though no goodbye came: a closed lid, a dropped line."""
_GOODBYE_S = 2.0
"""How long a browser may take to hang up."""
_STOP_S = 10.0
"""More than a console takes to end, whatever it is doing."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ConsoleServer:
    """Serves consoles on a socket that listens already.

    Args:
        door: who may come in.
        face: what is shown.
        title: the page's title.
        tell: takes a sentence for whoever runs the server.
    """

    def __init__(self, door: Door, face: Face, title: str, tell: Callable[[str], None]) -> None:
        self._door, self._face, self._title, self._tell = door, face, title, tell
        self._downloads = DownloadManager()
        self._sockets: dict[Viewer, web.WebSocketResponse] = {}
        self._endings: set[asyncio.Task[None]] = set()
        self._ends = False

    async def run(self, listening: socket.socket, at_work: Callable[[], None]) -> signal.Signals:
        """Serve until a signal comes; return it, with every console ended and the port free."""
        ending: asyncio.Future[signal.Signals] = asyncio.get_running_loop().create_future()
        for which in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            if signal.getsignal(which) is not signal.SIG_IGN:  # nohup asks for that
                asyncio.get_running_loop().add_signal_handler(which, _once, ending, which)
        runner = web.AppRunner(self.app(), access_log=None, logger=_log(), shutdown_timeout=_STOP_S)
        await runner.setup()
        assert runner.server is not None
        entrance = functools.partial(Entrance, runner.server)
        serving = await asyncio.get_running_loop().create_server(entrance, sock=listening)
        try:
            at_work()
            return await ending
        finally:
            serving.close()
            await runner.cleanup()

    def app(self) -> web.Application:
        """Return the application: its routes, its door, its end."""
        app = web.Application(middlewares=[self._at_the_door])
        app.add_routes([web.get("/", self._page), web.get("/ws", self._console)])
        pages.add_statics(app)
        app.on_response_prepare.append(_protect)
        app.on_shutdown.append(self._shut)
        app.on_cleanup.append(self._wait)
        return app

    @web.middleware
    async def _at_the_door(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        host = request.headers.get("Host", "")
        if why := self._door.wrong_host(host):
            return pages.refused_page(why, asks_token=False)
        token = request.query.get("token") if request.path == "/" else None
        if token is not None and self._door.admits(token):
            return self._let_in()
        if not self._door.knows(request.cookies.get(self._door.cookie, "")):
            wrong = "this is not the token" if token is not None else "this console asks for a token"
            return pages.refused_page(wrong, asks_token=True)
        return await handler(request)

    def _let_in(self) -> web.Response:
        response = pages.entered_page()
        response.set_cookie(self._door.cookie, self._door.session, httponly=True, samesite="Strict", path="/")
        return response

    async def _page(self, _: web.Request) -> web.StreamResponse:
        return pages.console_page(self._title)

    async def _console(self, request: web.Request) -> web.StreamResponse:
        """Run one console for as long as its tab is open."""
        host, origin = request.headers.get("Host", ""), request.headers.get("Origin", "")
        if why := self._door.wrong_origin(origin, host):
            return pages.refused_page(why, asks_token=False)
        page = web.WebSocketResponse(
            heartbeat=_HEARTBEAT_S, timeout=_GOODBYE_S, max_msg_size=LONGEST_BYTES, compress=False
        )
        await page.prepare(request)
        if self._ends or len(self._sockets) >= MOST_CONSOLES:
            await page.close(code=FULL, message=f"{len(self._sockets)} of {MOST_CONSOLES}".encode())
            return page
        viewer = Viewer(self._face, page, self._downloads, lambda end: self._has_ended(page, end))
        self._sockets[viewer] = page
        try:
            await viewer.open(size_asked(request.query.get("width", ""), request.query.get("height", "")))
            with contextlib.suppress(ConnectionError):  # the tab has gone
                await _converse(page, viewer)
        except OSError as error:
            await self._has_ended(page, End(1, f"it cannot be started: {error}"))
        finally:
            ending = asyncio.create_task(self._end(viewer))
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            await asyncio.shield(ending)  # whoever breaks this off does not leave a console behind
        return page

    async def _end(self, viewer: Viewer) -> None:
        await viewer.stop()
        del self._sockets[viewer]

    async def _has_ended(self, page: web.WebSocketResponse, end: End) -> None:
        if end.is_fault:
            self._tell(f"a console ended with {end}")
        await page.close(code=end.close_code, message=end.close_reason)

    async def _shut(self, _: web.Application) -> None:
        self._ends = True
        closing = [asyncio.create_task(_say_goodbye(page)) for page in self._sockets.values()]
        if closing:  # a page that reads nothing would keep us for ever
            await asyncio.wait(closing, timeout=2 * _GOODBYE_S)

    async def _wait(self, _: web.Application) -> None:
        await asyncio.gather(*self._endings, return_exceptions=True)


async def _say_goodbye(page: web.WebSocketResponse) -> None:
    await page.close(code=WSCloseCode.GOING_AWAY)


async def _converse(page: web.WebSocketResponse, viewer: Viewer) -> None:
    """Tell the console what its page says, until that hangs up or talks nonsense."""
    async for message in page:
        if message.type is not WSMsgType.TEXT:
            continue
        try:
            saying = read(message.data)
        except msgspec.DecodeError:
            await page.close(code=WSCloseCode.POLICY_VIOLATION)
            return
        match saying:
            case Keys(text):
                await viewer.send_bytes(text.encode("utf-8", "replace"))
            case Resized(size):
                size = size.within_reason()
                await viewer.set_terminal_size(size.width, size.height)
            case Ping(text):
                await page.send_json(["pong", text])
            case Focus():
                await viewer.focus()
            case Blur():
                await viewer.blur()


async def _protect(request: web.Request, response: web.StreamResponse) -> None:
    pages.protect(response, request.headers.get("Host", ""))


def _log() -> logging.Logger:
    """Return a log for faults of the server, which go to stderr."""
    log = logging.getLogger(__name__)
    log.addFilter(_is_our_fault)
    return log


def _is_our_fault(record: logging.LogRecord) -> bool:
    """Keep out what is said of requests that are no HTTP: it repeats them, and there may be a token in one."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, HttpProcessingError)


def _once(ending: asyncio.Future[signal.Signals], which: signal.Signals) -> None:
    if not ending.done():
        ending.set_result(which)
