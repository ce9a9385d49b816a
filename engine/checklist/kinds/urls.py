"""Addresses of servers in checklists: read strictly, shown without credentials, asked with httpx."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from engine.errors import printable
from engine.run.off_loop import off_loop

if TYPE_CHECKING:
    import httpx


def checked_url(field: str, text: str, schemes: tuple[str, ...]) -> SplitResult:
    """Return an address, taken apart; what is wrong with it is told without its credentials.

    Raises:
        ValueError: when it is none, or of another scheme.
    """
    try:
        url = urlsplit(text)
        whole = bool(url.hostname) and (url.port is None or url.port > 0)
    except ValueError as error:
        raise ValueError(f"{field} is no address: {error}") from error
    if url.scheme not in schemes or not whole or not text.isprintable() or " " in text:
        wanted = " or ".join(f"{scheme}://host" for scheme in schemes)
        raise ValueError(f"{field}: wanted an address such as {wanted}, without blanks")
    return url


def shown_url(text: str) -> str:
    """Write an address without user, password, query and fragment: each may carry a credential."""
    try:
        url = urlsplit(text)
    except ValueError:
        return "an address that cannot be read"
    host = url.netloc.rpartition("@")[2]
    return printable(url._replace(netloc=host, query="", fragment="").geturl())


async def new_client(host: str, within_s: float, *, follow: bool = False) -> httpx.AsyncClient:
    """Return a client that waits so long at most for each step; on a thread: loading certificates blocks."""
    return await off_loop(lambda: _client(host, within_s, follow=follow))


def unknown_host(error: BaseException) -> bool:
    """Tell whether a connection failed because the host's name could not be looked up."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socket.gaierror):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _client(host: str, within_s: float, *, follow: bool) -> httpx.AsyncClient:
    import httpx  # noqa: PLC0415  # 0.2 s that most commands do not need

    # A proxy that the environment names must not be asked for what runs on this machine.
    return httpx.AsyncClient(
        timeout=within_s,
        follow_redirects=follow,
        trust_env=not _is_loopback(host),
        headers={"Accept-Encoding": "identity"},
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
