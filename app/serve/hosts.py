"""Which names a server on this machine answers to: decided from the Host header, which a page cannot choose.

A site may let a name of its own point to this machine, once a browser has its page (DNS rebinding); what that page then
asks of us comes with that name.
"""

from __future__ import annotations

from engine.errors import printable

_HTTP_PORT = 80
"""Browsers leave it out of the Host header."""
_OURSELVES = ("localhost", "127.0.0.1", "[::1]")


def wrong_host(host: str, address: str, port: int) -> str:
    """Say why a request for this host is refused; empty where it is not.

    Args:
        host: the Host header; empty where there was none.
        address: the address that we listen on, as it stands in a URL: IPv6 in brackets.
        port: the port that we listen on.
    """
    if host.casefold() in _names(address, port):
        return ""
    ways = " or ".join(f"{name}:{port}" for name in _OURSELVES[:2])
    return (
        f"this server was asked for as {printable(host)!r}, and answers as {ways} alone; "
        "through ssh -L, take the same port on both sides"
    )


def _names(address: str, port: int) -> frozenset[str]:
    names = {*_OURSELVES, address.casefold()}
    bare = names if port == _HTTP_PORT else set()
    return frozenset({f"{name}:{port}" for name in names} | bare)
