"""One archive under three readers: ours, Python's tarfile, GNU tar; and why they may differ."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.errors import InputError
from engine.shards.tar import read_index

Entry = tuple[str, int]
"""Name without the slash of a folder, and size."""


@dataclass(frozen=True)
class View:
    """What one reader makes of an archive."""

    entries: tuple[Entry, ...] = ()
    error: str = ""
    """Why it refuses it; what it had listed before then does not count."""


def ours(data: bytes) -> View:
    """Ask the strict reader."""
    try:
        index = read_index(lambda offset, size: data[offset : offset + size], len(data))
    except InputError as error:
        return View(error=error.fault.problem)
    return View(tuple((member.name.rstrip("/"), member.size_bytes) for member in index.members))


def by_python(data: bytes) -> View:
    """Ask tarfile."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
            return View(tuple((info.name, 0 if info.isdir() else info.size) for info in archive))
    except (tarfile.TarError, ValueError, OverflowError) as error:
        return View(error=f"{type(error).__name__}: {error}")


def by_gnu(data: bytes) -> View:
    """Ask GNU tar for a long listing."""
    command = ["tar", "-tvf", "-", "--quoting-style=literal", "--numeric-owner"]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    ended = subprocess.run(command, input=data, capture_output=True, env=environment, check=False)
    if ended.returncode:
        return View(error=ended.stderr.decode("utf-8", "surrogateescape").splitlines()[0])
    lines = [[*line.split(maxsplit=5), b"", b"", b""] for line in ended.stdout.splitlines()]
    names = [line[5].decode("utf-8", "surrogateescape").rstrip("/") for line in lines]
    sizes = [int(line[2]) if line[2].isdigit() else 0 for line in lines]  # a device has two numbers there
    return View(tuple(zip(names, sizes, strict=True)))


THEIRS: Final[dict[str, Callable[[bytes], View]]] = {"Python": by_python, "GNU tar": by_gnu}


@dataclass(frozen=True)
class Reason:
    """Why other readers take an archive that is refused here."""

    problem: str
    """The beginning of what is told here."""
    python: str
    """What Python's tarfile does with it; "" where it refuses it too."""
    gnu: str
    """What GNU tar does."""

    def of(self, who: str) -> str:
        """Return what one of them does."""
        return self.python if who == "Python" else self.gnu


WHY: Final[tuple[Reason, ...]] = (
    Reason(
        "the tar's length is impossible",
        "reads whole blocks and lets the rest go",
        "reads whole blocks and lets the rest go",
    ),
    Reason(
        "the checksum of a tar header is wrong", "takes it for the end, behind the first member, and tells nobody", ""
    ),
    Reason(
        "a tar header's checksum is no number", "takes it for the end, behind the first member, and tells nobody", ""
    ),
    Reason("a tar header's magic is unknown", "does not ask for it", "does not ask for it"),
    Reason("a tar header's size is no number", "takes an empty field for 0", "takes an empty field for 0"),
    Reason("a tar header's size is negative", "lists the member with it", ""),
    Reason(
        "the tar ends without its end-of-archive marker",
        "takes the end of the file for it, where a cut tar ends as well",
        "takes the end of the file for it, where a cut tar ends as well",
    ),
    Reason(
        "the end-of-archive marker is incomplete",
        "takes one block of zeros for it; a hole begins so too",
        "takes one block of zeros for it; a hole begins so too",
    ),
    Reason(
        "data follows the end-of-archive marker", "does not look behind the marker", "does not look behind the marker"
    ),
    Reason(
        "a member is no plain file",
        "knows links, devices and sparse files: whole, and nothing that a corpus holds",
        "knows links, devices and sparse files: whole, and nothing that a corpus holds",
    ),
    Reason("a folder has a size", "does not look at it", "does not look at it"),
    Reason(
        "two members have this name",
        "lists both; the last one is what is unpacked",
        "lists both; the last one is what is unpacked",
    ),
    Reason("a member's name is hostile", "lists it; who unpacks must look out", "lists it; who unpacks must look out"),
    Reason("an extension header is followed by no member", "", "lists what came before"),
    Reason(
        "an extension header does not end where it says",
        "does not look at the padding, which alone tells of a length that was changed",
        "does not look at the padding, which alone tells of a length that was changed",
    ),
    Reason(
        "a long name ends too early",
        "reads up to the first NUL, whatever the length says",
        "reads up to the first NUL, whatever the length says",
    ),
    Reason("a pax record is damaged", "skips it", "skips it where the length of another record leads over it"),
    Reason("a pax size is no number", "takes it for 0, or for what it is below 0", ""),
    Reason("a pax header gives", "takes the last record", "takes the last record"),
    Reason("two extension headers of one member", "takes the last header", "takes the last header"),
    Reason(
        "a global header names or sizes", "gives every member that name or size", "gives every member that name or size"
    ),
)
"""Why another reader takes what is refused here; a difference that stands not in this table fails its test."""


def explained(who: str, problem: str) -> Reason | None:
    """Return why a reader accepts what is refused for a problem; None where nobody has thought about it."""
    return next((why for why in WHY if problem.startswith(why.problem) and why.of(who)), None)
