"""Addresses of notification services: most hold a secret, so wherever one is shown or written down it is masked."""

from __future__ import annotations

import re
from typing import Final

HIDDEN: Final = "…"
"""Stands for what is not shown."""
_SHAPE: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]{0,23})://(?P<authority>[^/?#]*)(?P<rest>.*)", re.IGNORECASE)
_SERVER: Final = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(:\d{1,5})?", re.IGNORECASE)
_RECIPIENTS: Final = re.compile(r"[^@?#]*\?\w+=[^&#]*(&\w+=[^&#]*)*")
"""Where an @ is in its place: behind a ``from=`` or ``to=``."""
_NAME_SERVERS: Final = frozenset(
    f"{scheme}{tls}"
    for scheme in ("form", "gotify", "http", "json", "mailto", "mmost", "mqtt", "ntfy", "rocket", "xml")
    for tls in ("", "s")
)
"""Schemes with a server's name behind the ``://``; elsewhere (slack, discord, telegram) a token may stand there."""
_QUOTED: Final = re.compile(r"([a-z][a-z0-9+.-]*://)(?:[^\"\\]|\\.)*", re.IGNORECASE)


class Address:
    """One address of a service, as apprise spells it; only :meth:`reveal` gives it away.

    It is no ``str`` and no struct on purpose: whatever encodes or prints settings gets the masked text.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the address itself, for the one who sends."""
        return self._text

    def __str__(self) -> str:
        """Return the scheme, and the server where the scheme names one: ``ntfy://ntfy.example.org/…``."""
        return mask(self._text)

    def __repr__(self) -> str:
        """Return the masked text."""
        return f"Address({mask(self._text)!r})"

    def __eq__(self, other: object) -> bool:
        """Compare the addresses themselves."""
        return isinstance(other, Address) and other._text == self._text

    def __hash__(self) -> int:
        """Hash the address itself."""
        return hash(self._text)


def is_address(text: str) -> bool:
    """Tell whether a text has the shape of an address; whether there is such a service, apprise knows."""
    return text.isprintable() and " " not in text and _SHAPE.fullmatch(text) is not None


def mask(text: str) -> str:
    """Return what may be shown of an address: never a user, a password, a token, a topic or a recipient.

    >>> mask("mailto://olga:secret@mail.example.org:2525?to=team@example.org")
    'mailto://mail.example.org:2525/…'
    >>> mask("slack://TokenA/TokenB/TokenC")
    'slack://…'
    """
    found = _SHAPE.fullmatch(text)
    if found is None:
        return HIDDEN
    scheme, rest = found["scheme"].lower(), found["rest"]
    users, _, server = found["authority"].rpartition("@")
    # Without a path behind it, ntfy takes the name for a topic of its public server.
    is_topic = scheme.startswith("ntfy") and not rest.partition("?")[0].strip("/")
    # An @ that is left over shows an address that a password cut in two: what looks like a server is a piece of it.
    is_cut = "@" in users or ("@" in rest and _RECIPIENTS.fullmatch(rest) is None)
    if scheme not in _NAME_SERVERS or is_topic or is_cut or _SERVER.fullmatch(server) is None:
        return f"{scheme}://{HIDDEN}"
    return f"{scheme}://{server}/{HIDDEN}"


def mask_all(text: str) -> str:
    """Mask what looks like an address in a value that is shown as JSON or TOML."""
    return _QUOTED.sub(rf"\1{HIDDEN}", text)
