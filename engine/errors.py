"""Every error that gonogo raises on purpose, under one root, and the shape of a complaint about bad input.

A message names the file, the member, what was read there, what was wanted, and the way out. Nothing here knows
how errors are shown or which exit code they earn; the faces decide that.
"""

from __future__ import annotations

import msgspec


def printable(name: str) -> str:
    r"""Escape what would move a cursor or break a line: names from archives are data, never markup.

    >>> printable("a\x1b[31mb\n")
    'a\\x1b[31mb\\n'
    """
    if name.isprintable():
        return name
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape", "surrogatepass").decode("ascii") for char in name
    )


class Fault(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """What is wrong with one input: where, what was read, what was wanted, and what a person can do."""

    problem: str
    """One line, lower case, without a full stop: ``checksum of a tar header is wrong``."""
    file: str = ""
    """The file, relative to the corpus where there is one."""
    member: str = ""
    """The member of the tar, as its name stands there."""
    offset_bytes: int | None = None
    """Where in ``file`` the trouble starts."""
    read: str = ""
    """The value that was found."""
    wanted: str = ""
    """The value that would have been right."""
    way_out: str = ""
    """What a person can do about it."""

    def __str__(self) -> str:
        """Render as one line: ``file: member: problem at byte n: read …, wanted …; way out``."""
        where = "".join(f"{printable(part)}: " for part in (self.file, self.member) if part)
        at = "" if self.offset_bytes is None else f" at byte {self.offset_bytes:,}"
        values = (("read", self.read), ("wanted", self.wanted))
        told = ", ".join(f"{label} {printable(text)}" for label, text in values if text)
        return (
            f"{where}{self.problem}{at}" + (f": {told}" if told else "") + (f"; {self.way_out}" if self.way_out else "")
        )


class GonogoError(Exception):
    """Raised when gonogo refuses or cannot go on; the root of all its errors."""


class UsageError(GonogoError):
    """Raised when the command line asks for something that cannot be."""


class ConfigError(UsageError):
    """Raised when a configuration file, variable or flag holds an unknown key or an impossible value."""


class ReadOnlyError(UsageError):
    """Raised when a program that was asked to change nothing is about to change something."""


class GateClosedError(GonogoError):
    """Raised when a gate stays shut: not signed, stale or red."""


class SafetyStopError(GonogoError):
    """Raised when going on would endanger what is there: disk floor, red alert, budget."""


class CorpusHeldError(GonogoError):
    """Raised when another run holds the corpus."""


class NoSuchRunError(GonogoError):
    """Raised when a run is named, or needed, that is not there or no longer answers."""


class InputError(GonogoError):
    """Raised when a file's content is not what it must be; carries the :class:`Fault` that tells why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault

    def within(self, *, file: str = "", member: str = "") -> InputError:
        """Return the same error with the file or member named, where a lower floor could not know them."""
        fault = msgspec.structs.replace(self.fault, file=self.fault.file or file, member=self.fault.member or member)
        return type(self)(fault)


class DamagedError(InputError):
    """Raised when a container or clip is broken: cut short, contradicting itself, failing its checksum."""


class UnsupportedError(InputError):
    """Raised when a container or clip is whole but is nothing that gonogo converts: hostile name, codec, rate."""
