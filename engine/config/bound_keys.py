"""``[keys]``: the keys that an operator binds actions of the console to. Which of either there are, faces know."""

from __future__ import annotations

from typing import Final

WANTED: Final = 'keys with commas between them, such as "f9" or "slash,f", or "" for none'


class BoundKeys:
    """The keys of one action, and where that is written.

    It is no struct on purpose: whatever encodes settings gets the keys as one text, as ``gonogo.toml`` has them.
    """

    __slots__ = ("names", "where")

    def __init__(self, names: tuple[str, ...], where: str = "") -> None:
        self.names = names
        """As they are written there, each once; none takes the key away."""
        self.where = where
        """``FILE:LINE``."""

    def __str__(self) -> str:
        """Return the keys with commas between them."""
        return ",".join(self.names)

    def __repr__(self) -> str:
        """Return the keys and their place."""
        return f"BoundKeys({self.names!r}, {self.where!r})"

    def __eq__(self, other: object) -> bool:
        """Compare the keys, wherever they are written."""
        return isinstance(other, BoundKeys) and other.names == self.names

    def __hash__(self) -> int:
        """Hash the keys."""
        return hash(self.names)


def split_keys(raw: object) -> tuple[str, ...]:
    """Return the keys that a text with commas names, or a list of texts, each once.

    Raises:
        ValueError: for anything else.
    """
    parts = raw.split(",") if isinstance(raw, str) else raw
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ValueError
    names = [part.strip() for part in parts]
    if names in ([], [""]):
        return ()
    if not all(names):
        raise ValueError
    return tuple(dict.fromkeys(names))
