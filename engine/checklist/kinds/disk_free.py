"""``disk_free``: is there room, on one volume or on every volume that a conversion writes to?"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from engine.checklist.answers import Answer, State, no_answer, passed
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_bytes
from engine.checklist.kinds.programs import Finished, ProgramError, run_program
from engine.errors import printable
from engine.host.disk import default_floor, existing, free_bytes, volume_bytes
from engine.run.off_loop import off_loop
from engine.units import show_bytes

_FLOOR: Final = "floor"
_QUOTA: Final = ("quota", "--user", "--group", "--no-wrap", "--raw-grace", "--show-mntpoint", "--hide-device")
"""Of the Linux quota tools: one line a file system with limits, begun by its mount point."""
_QUOTA_BLOCK_BYTES: Final = 1024
_QUOTA_LINE: Final = re.compile(r"\s*(/.*?)\s+(\d+)\*?\s+(\d+)\s+(\d+)\s+\d+\s+\d+\*?\s+\d+\s+\d+\s+\d+\s*")
"""Mount point; blocks used, soft limit, hard limit, grace; the same four of files. 0 is no limit."""


class DiskFree(CheckTable, frozen=True, kw_only=True, tag="disk_free"):
    """Compares free space with what is wanted."""

    path: str = ""
    """A folder on the volume, which need not be there yet; "" for every volume that a conversion writes to."""
    min: str = _FLOOR
    """What must be free, a sum: ``floor`` (the configured one), a size, a share of the volume such as ``5%``, a size
    for each worker: ``floor + workers * 1.2GB``."""
    quota: bool = False
    """Compare also what the user's quota leaves, as ``quota`` tells it."""

    def __post_init__(self) -> None:
        """Refuse what is no sum of sizes."""
        parse_sum(self.min)

    async def look(self, around: Around) -> Answer:
        """Look at each volume, and at the quota on it."""
        folders = await off_loop(lambda: self._folders(around))
        if not self.quota:
            return await off_loop(lambda: self._compare(folders, around, ()))
        env = {**around.env, "LC_ALL": "C"}
        try:
            said = await run_program(_QUOTA, cwd=around.corpus, env=env, apart=True)
        except ProgramError as error:
            return no_answer(f"the quota is not known: {error}")
        limits = tuple(read_quota(said.text))
        # It ends with 1 both where something is over its quota and where it could not ask.
        if said.code != 0 and not limits:
            words = said.last_words or "and said nothing: is there a file system with quotas?"
            return no_answer(f"the quota is not known: quota ended with {said.code}: {words}")
        return self._told(said, await off_loop(lambda: self._compare(folders, around, limits)))

    def _told(self, said: Finished, answer: Answer) -> Answer:
        return Answer(answer.state, answer.read, argv=said.argv, exit_code=said.code, output=said.output)

    def _compare(self, folders: Sequence[Path], around: Around, limits: Sequence[Limit]) -> Answer:
        told, short = [], False
        for folder in folders:
            free, wanted = free_bytes(folder), parse_sum(self.min).on(folder, around)
            by_quota = [limit.left_bytes for limit in limits if limit.holds(folder)]
            left = min(free, *by_quota) if by_quota else free
            short = short or left <= wanted
            told.append(self._line(free, wanted, around))
            if self.quota:
                told.append(f"quota leaves {show_bytes(min(by_quota))}" if by_quota else "no quota on it")
        return passed("; ".join(told), when=not short) if told else Answer(State.ERROR, "there is no volume")

    def _line(self, free: int, wanted: int, around: Around) -> str:
        if self.min == _FLOOR:
            return f"{show_bytes(free)} free over a floor of {show_bytes(wanted)}"
        workers = f", with {around.workers} workers" if parse_sum(self.min).worker_bytes else ""
        same = "" if workers or "+" in self.min or "%" in self.min or _FLOOR in self.min else show_bytes(wanted)
        return f"{show_bytes(free)} free, wanted more than " + (
            same or f"{show_bytes(wanted)} ({printable(self.min)}{workers})"
        )

    def _folders(self, around: Around) -> tuple[Path, ...]:
        return (around.path(self.path),) if self.path else around.volumes()


@dataclass(frozen=True, slots=True)
class Sum:
    """How much is to be free, in terms of a volume and of a conversion."""

    bytes: int = 0
    worker_bytes: int = 0
    """For each worker."""
    percent: float = 0.0
    """Of the volume."""
    floors: int = 0

    def __add__(self, other: Sum) -> Sum:
        return Sum(
            self.bytes + other.bytes,
            self.worker_bytes + other.worker_bytes,
            self.percent + other.percent,
            self.floors + other.floors,
        )

    def on(self, folder: Path, around: Around) -> int:
        """Return it in bytes for the volume of a folder."""
        configured = around.settings.convert.floor_bytes
        floor = (default_floor(folder) if configured is None else configured) if self.floors else 0
        share = int(volume_bytes(folder) * self.percent / 100) if self.percent else 0
        return self.bytes + share + self.floors * floor + self.worker_bytes * around.workers


def parse_sum(text: str) -> Sum:
    """Read ``floor + workers * 1.2GB`` or ``200GB + 5%``.

    Raises:
        ValueError: when a term is none.
    """
    total = Sum()
    for term in (part.strip() for part in text.split("+")):
        total += _term(term)
    if total.percent >= 100:
        raise ValueError(f"min = {text!r}: no volume can have {total.percent:g}% of itself free")
    return total


def _term(term: str) -> Sum:
    if term == _FLOOR:
        return Sum(floors=1)
    if share := re.fullmatch(r"(\d+(?:\.\d+)?)\s*%", term):
        return Sum(percent=float(share[1]))
    if each := re.fullmatch(r"workers\s*\*\s*(.+)|(.+?)\s*\*\s*workers", term):
        return Sum(worker_bytes=checked_bytes("min", each[1] or each[2]))
    try:
        return Sum(bytes=checked_bytes("min", term))
    except ValueError as error:
        raise ValueError(f"min: {term!r}: wanted floor, a size, a share such as 5%, or workers * SIZE") from error


@dataclass(frozen=True, slots=True)
class Limit:
    """A quota on one file system."""

    mount: Path
    left_bytes: int

    def holds(self, folder: Path) -> bool:
        """Tell whether a folder lies on this file system."""
        place = existing(folder).resolve()
        while not os.path.ismount(place):
            place = place.parent
        return place == self.mount


def read_quota(text: str) -> Iterator[Limit]:
    """Read what ``quota`` says; the soft limit counts where there is one, for a conversion outlives its grace."""
    for line in text.splitlines():
        if found := _QUOTA_LINE.fullmatch(line):
            used, soft, hard = int(found[2]), int(found[3]), int(found[4])
            if soft or hard:
                yield Limit(Path(found[1]), max(0, (soft or hard) - used) * _QUOTA_BLOCK_BYTES)
