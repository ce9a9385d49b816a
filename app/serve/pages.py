"""What a browser is given: three small pages of our own, the library's terminal, and what they may do."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from aiohttp import web

_HERE = Path(__file__).parent
_THEIRS = Path(str(files("textual_serve"))) / "static"
_STATICS: Mapping[str, Path] = {
    "/page/page.css": _HERE / "page" / "page.css",
    "/page/page.js": _HERE / "page" / "page.js",
    "/page/icon.svg": _HERE / "page" / "icon.svg",
    "/static/css/xterm.css": _THEIRS / "css" / "xterm.css",
    "/static/js/textual.js": _THEIRS / "js" / "textual.js",
    "/static/fonts/RobotoMono-VariableFont_wght.ttf": _THEIRS / "fonts" / "RobotoMono-VariableFont_wght.ttf",
}
"""All files there are: named one by one, so that no folder can be listed and nothing else be reached."""
_PLAIN_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")


def add_statics(app: web.Application) -> None:
    """Add a route for each file."""
    app.add_routes([web.get(url, _giving(path)) for url, path in _STATICS.items()])


def _giving(path: Path) -> Callable[[web.Request], Awaitable[web.FileResponse]]:
    async def give(_: web.Request) -> web.FileResponse:
        return web.FileResponse(path)

    return give


def console_page(title: str) -> web.Response:
    """Return the page of the console."""
    return _page("console.html", title=title)


def entered_page() -> web.Response:
    """Return the page between the token and the console.

    It goes on by itself, and not by a redirect: after a click on the address in a page of another site, a browser
    would follow that without the cookie, which is for our own pages alone.
    """
    return _page("entered.html")


def refused_page(why: str, *, asks_token: bool) -> web.Response:
    """Return the page that says why somebody may not come in, and how they may."""
    form = (_HERE / "templates" / "token.html").read_text(encoding="utf-8") if asks_token else ""
    return _page("refused.html", status=403, raw={"form": form}, why=why)


def _page(name: str, *, status: int = 200, raw: Mapping[str, str] | None = None, **values: str) -> web.Response:
    text = Template((_HERE / "templates" / name).read_text(encoding="utf-8"))
    filled = text.substitute({key: escape(value) for key, value in values.items()}, **(raw or {}))
    return web.Response(text=filled, content_type="text/html", status=status)


def protect(response: web.StreamResponse, host: str) -> None:
    """Tell the browser what our pages may do: ask this server, and nobody else.

    The library's terminal sets its colours in style elements of its own, so styles in a page are allowed; scripts are
    not. The socket is named beside ``'self'``, which did not always mean sockets.
    """
    socket = f" ws://{host}" if _PLAIN_HOST.fullmatch(host) else ""
    response.headers["Content-Security-Policy"] = (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; font-src 'self'; "
        f"connect-src 'self'{socket}; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Server"] = "gonogo"
