"""``file``: is it there, how large, how old, and is it the one that was meant?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec

from engine.checklist.answers import Answer, State, passed
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.sizes import check_sizes, judge_age, judge_size
from engine.checklist.kinds.table_findings import Finding, answer
from engine.checklist.kinds.table_stop import Stop, off_loop_until_stopped
from engine.errors import printable

HASHED_BYTES: Final = 64 * 2**20
"""A larger file is told by its size and time, where its hash was not asked for."""
_READ_BYTES: Final = 1 << 20


class File(CheckTable, frozen=True, kw_only=True, tag="file"):
    """Looks at one file."""

    path: Annotated[str, msgspec.Meta(min_length=1)]
    """The file."""
    exists: bool = True
    """False where nothing may be there."""
    min_size: str = ""
    """The least that it may hold, such as ``1KB``; "" for anything, also nothing."""
    max_size: str = ""
    """The most that it may hold."""
    max_age: str = ""
    """How long ago it may have been written at most, such as ``24h``."""
    sha256: str = ""
    """The SHA-256 that it must have, in hexadecimal."""

    def __post_init__(self) -> None:
        """Refuse what no file can fulfil."""
        check_sizes(self.min_size, self.max_size, self.max_age)
        if self.sha256 and re.fullmatch(r"[0-9a-fA-F]{64}", self.sha256) is None:
            raise ValueError(f"sha256 = {self.sha256!r}: wanted 64 hexadecimal digits")
        if not self.exists and any((self.min_size, self.max_size, self.max_age, self.sha256)):
            raise ValueError("exists = false: a file that is not there has no size, age or sha256")

    async def look(self, around: Around) -> Answer:
        """Look at it, and read it where its hash is wanted."""
        return await off_loop_until_stopped(lambda stop: self._look(around.path(self.path), stop))

    def _look(self, path: Path, stop: Stop) -> Answer:
        try:
            stat = path.stat()
        except (FileNotFoundError, NotADirectoryError):
            if path.is_symlink():
                return Answer(State.FAIL, f"{_name(path)} is a link to what is not there")
            return passed(f"{_name(path)} is not there", when=not self.exists)
        if not self.exists:
            return Answer(State.FAIL, f"{_name(path)} is there, wanted nothing")
        if not path.is_file():
            return Answer(State.FAIL, f"{_name(path)} is no file" + (" but a folder" if path.is_dir() else ""))
        hashed = bool(self.sha256) or stat.st_size <= HASHED_BYTES
        digest = _hash(path, stop) if hashed else ""
        findings = [judge_size(stat.st_size, self.min_size, self.max_size), *self._rest(stat.st_mtime, digest)]
        return answer(findings, {str(path): digest or f"size {stat.st_size}, mtime_ns {stat.st_mtime_ns}"})

    def _rest(self, mtime_s: float, digest: str) -> Iterator[Finding]:
        if self.max_age:
            yield judge_age(mtime_s, self.max_age)
        if self.sha256:
            well = digest == self.sha256.lower()
            yield Finding(well, f"sha256 {digest}" + ("" if well else f", wanted {self.sha256.lower()}"))


def _hash(path: Path, stop: Stop) -> str:
    whole = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_READ_BYTES):
            whole.update(chunk)
            stop.check()
    return whole.hexdigest()


def _name(path: Path) -> str:
    return printable(str(path))
