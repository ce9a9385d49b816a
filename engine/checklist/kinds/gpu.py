"""``gpu``: are there GPUs enough, and are they free?"""

from __future__ import annotations

import re
from typing import Annotated, Final

import msgspec

from engine.checklist.answers import Answer, no_answer, passed
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_bytes, checked_pattern
from engine.errors import printable
from engine.host.gpu import Gpu as Reading
from engine.host.gpu import Gpus, GpusUnknownError
from engine.run.off_loop import off_loop
from engine.units import counted, show_bytes

_SHOWN: Final = 8


class Gpu(CheckTable, frozen=True, kw_only=True, tag="gpu"):
    """Counts the NVIDIA GPUs that are as wanted, by the driver's own library (NVML, driver 510 or newer)."""

    name: str = ""
    """A regular expression to be found in the GPU's name, such as ``H100|A100``."""
    min_count: Annotated[int, msgspec.Meta(ge=1)] = 1
    """So many GPUs must satisfy everything else that is asked here."""
    min_memory: str = ""
    """The least memory in all, such as ``15GB``; ECC and the driver keep a part of what the data sheet says."""
    min_driver: str = ""
    """The oldest driver, such as ``535.104``."""
    max_utilisation: Annotated[int, msgspec.Meta(ge=0, le=100)] | None = None
    """The most per cent that it may be computing now."""
    max_memory_used: str = ""
    """The most memory that programs may hold now, such as ``500MB``; more means that somebody else uses it."""

    def __post_init__(self) -> None:
        """Refuse patterns, sizes and versions that are none."""
        checked_pattern("name", self.name)
        for field in ("min_memory", "max_memory_used"):
            text = getattr(self, field)
            if text:
                checked_bytes(field, text)
        if self.min_driver and re.fullmatch(r"\d+(\.\d+)*", self.min_driver) is None:
            raise ValueError(f"min_driver = {self.min_driver!r}: wanted a version such as 535.104")

    async def look(self, around: Around) -> Answer:
        """Ask the driver, on a thread: one whose GPU fell off the bus blocks."""
        del around
        return await off_loop(self._ask)

    def _ask(self) -> Answer:
        try:
            with Gpus() as gpus:
                return self._judge(gpus.driver(), [self._look_at(gpu) for gpu in gpus.read()])
        except GpusUnknownError as error:
            return no_answer(str(error))

    def _judge(self, driver: str, looks: list[tuple[str, bool]]) -> Answer:
        new = not self.min_driver or _numbers(driver) >= _numbers(self.min_driver)
        good = sum(meant for _, meant in looks)
        told = [text for text, _ in looks[:_SHOWN]] + ([f"{len(looks) - _SHOWN} more"] if len(looks) > _SHOWN else [])
        read = [f"{good} of {counted(len(looks), 'GPU')} as wanted" + (f" ({'; '.join(told)})" if told else "")]
        read.append(f"driver {printable(driver)}" + ("" if new else f", wanted {self.min_driver} or newer"))
        if good < self.min_count:
            read.insert(1, f"wanted {self.min_count}")
        return passed(", ".join(read), when=new and good >= self.min_count)

    def _look_at(self, gpu: Reading) -> tuple[str, bool]:
        """Say what a GPU is and whether it is meant; only what is wanted must be told, for not every GPU tells all."""
        told, meant = [f"{gpu.index}: {gpu.name}"], re.search(self.name, gpu.name) is not None
        if self.min_memory or self.max_memory_used:
            used, total = _known(gpu, "memory", gpu.memory_used_bytes), _known(gpu, "memory", gpu.memory_total_bytes)
            told.append(f"{show_bytes(used)} of {show_bytes(total)} used")
            meant = meant and (not self.min_memory or total >= checked_bytes("min_memory", self.min_memory))
            most = checked_bytes("max_memory_used", self.max_memory_used) if self.max_memory_used else total
            meant = meant and used <= most
        if self.max_utilisation is not None:
            busy = _known(gpu, "utilisation", gpu.utilisation_percent)
            told.append(f"{busy} % busy")
            meant = meant and busy <= self.max_utilisation
        return ", ".join(told), meant


def _known(gpu: Reading, what: str, value: int | None) -> int:
    if value is None:
        raise GpusUnknownError(f"GPU {gpu.index}, {gpu.name}, does not tell its {what}")
    return value


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
