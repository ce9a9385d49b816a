"""The settings of notifications: who is told, and of what."""

from __future__ import annotations

import dataclasses
import re
from typing import Annotated, Final

from engine.config.addresses import Address, is_address
from engine.config.rules import TIME_OR_ZERO, Rule, Value, words
from engine.units import parse_seconds

KINDS: Final = ("red", "end", "person")
"""What a notice can be about."""


def _read(raw: object) -> Value:
    if not isinstance(raw, list | tuple) or not all(isinstance(each, str) and is_address(each) for each in raw):
        raise ValueError
    return tuple(map(Address, raw))


def _from_text(text: str) -> list[str]:
    """Cut where an address begins: a comma may also stand inside one, between two recipients."""
    return [
        part for part in re.split(r"[\s,]+(?=[a-z][a-z0-9+.-]*://)", text.strip(" ,\n"), flags=re.IGNORECASE) if part
    ]


_ADDRESSES: Final = Rule('a list of addresses, such as ["ntfys://ntfy.example.org/topic"]', _read, _from_text)


@dataclasses.dataclass(frozen=True)
class Notify:
    """Who is told what goes on in a run: by webhook, e-mail, ntfy and the like; gonogo notify test tries it."""

    urls: Annotated[tuple[Address, ...], _ADDRESSES] = ()
    """Addresses as apprise spells them: ["ntfys://ntfy.example.org/topic"]. They hold secrets, so they are shown
    masked, and are better kept in the user's own configuration or a variable than in a file beside the data."""
    on: Annotated[tuple[str, ...], words(*KINDS)] = KINDS
    """What is told: "red", "end" of a run, and "person" where a run waits for somebody."""
    quiet: Annotated[str, TIME_OR_ZERO] = "10m"
    """The first of a kind is told at once; what follows is gathered for so long and told together."""

    @property
    def quiet_s(self) -> float:
        """The time between two notices of a kind in seconds."""
        return parse_seconds(self.quiet)
