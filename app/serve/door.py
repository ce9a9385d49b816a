"""Who may come in: decided from what a request says of itself, before anything is done for it.

A page of another site can make a browser ask this server. It cannot choose the Host header (so a name of its own that
it lets point here is refused), nor hide its Origin (so it cannot open the console's socket), and it never has the
cookie. Beyond this machine, and wherever the console can steer, a token is asked for as well.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from app.serve.hosts import wrong_host
from engine.errors import UsageError, printable

TOKEN_VARIABLE = "GONOGO_SERVE_TOKEN"  # noqa: S105  # the variable's name
_TOKEN_BYTES = 32
_SHORTEST_TOKEN = 16
"""Characters. A shorter one can be guessed by asking: nothing here slows a guesser down."""


def token_given(environment: Mapping[str, str]) -> str:
    """Return the token that was chosen for us; empty where none was.

    Raises:
        UsageError: when it can be guessed.
    """
    given = environment.get(TOKEN_VARIABLE, "")
    if given and len(given) < _SHORTEST_TOKEN:
        raise UsageError(
            f"{TOKEN_VARIABLE} has {len(given)} characters, wanted {_SHORTEST_TOKEN} or more; "
            "unset, a token is made for you"
        )
    return given


def new_token() -> str:
    """Return a token that nobody can guess."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


@dataclass(frozen=True, slots=True)
class Door:
    """What a request must show.

    Args:
        port: where we listen.
        address: the address we listen on, as it stands in a URL: IPv6 in brackets.
        token: what is asked for; empty where everybody on this machine may come in.
    """

    port: int
    address: str
    token: str = field(default="", repr=False)
    session: str = field(default_factory=new_token, repr=False)
    """What the cookie holds: browsers send cookies to every port of a host, and what leaks there is not the token."""

    @property
    def cookie(self) -> str:
        """The cookie's name; two servers on one machine do not take each other's."""
        return f"gonogo-serve-{self.port}"

    def wrong_host(self, host: str) -> str:
        """Say why a request for this host is refused; empty where it is not.

        Behind a token any name will do: a site that lets its own name point here has no cookie for it.
        """
        return "" if self.token else wrong_host(host, self.address, self.port)

    def wrong_origin(self, origin: str, host: str) -> str:
        """Say why a page of this origin may not drive the console; empty where it may: it is our own."""
        try:
            parts = urlsplit(origin)
        except ValueError:
            parts = urlsplit("")
        if parts.scheme in {"http", "https"} and parts.netloc and parts.netloc.casefold() == host.casefold():
            return ""
        return f"the console is driven by its own page alone, not by one of {printable(origin) or 'nobody'!r}"

    def knows(self, cookie: str) -> bool:
        """Tell whether a cookie is ours; in constant time."""
        return not self.token or _same(cookie, self.session)

    def admits(self, token: str) -> bool:
        """Tell whether this is the token; in constant time."""
        return bool(self.token) and _same(token, self.token)


def _same(given: str, wanted: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), wanted.encode("utf-8", "surrogatepass"))
