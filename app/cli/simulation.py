"""The options of ``window --simulate``: a corpus and a machine, of which nothing has to exist."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import click

from engine.config import Settings
from engine.errors import UsageError
from engine.host.disk import default_floor, free_bytes
from engine.host.facts import usable_cpus
from engine.units import parse_bytes

if TYPE_CHECKING:  # it draws numbers with numpy, which no other command here needs
    from engine.jobs.window.forecast import Known
    from engine.jobs.window.sim_corpus import Simulated

R = TypeVar("R")


class _Size(click.ParamType[int]):
    """``3.3GB``: bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_bytes(str(value))
        except UsageError as error:
            self.fail(str(error), param, ctx)


_SIZE = _Size()
_POSITIVE = click.FloatRange(min=0, min_open=True)
_OPTIONS = (
    click.option("--simulate", is_flag=True, help="Play a window with a virtual clock; touch nothing."),
    click.option("--shards", type=click.IntRange(min=1), metavar="N", help="Simulated: so many shards."),
    click.option(
        "--shard-size", type=_SIZE, metavar="SIZE", help="Simulated: of this size in the mean, such as 3.3GB."
    ),
    click.option("--rate", type=_SIZE, metavar="SIZE", help="Simulated: bytes a second that one worker reads."),
    click.option("--disk-rate", type=_SIZE, metavar="SIZE", help="Simulated: bytes a second that the disk gives all."),
    click.option("--free", type=_SIZE, metavar="SIZE", help="Simulated: free space at the start."),
    click.option("--floor", type=_SIZE, metavar="SIZE", help="Simulated: free space never to be undercut."),
    click.option("--keep-backups", type=click.IntRange(min=0), metavar="N", help="Simulated: originals kept."),
    click.option(
        "--failures",
        type=click.FloatRange(min=0, max=1, max_open=True),
        metavar="X",
        help="Simulated: share that fail.",
    ),
    click.option("--seed", type=int, metavar="N", help="Simulated: another draw of sizes, paces and failures."),
    click.option("--speed", type=_POSITIVE, metavar="X", help="Simulated, in the console: X seconds in one; else all."),
)


def simulation_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add the options of a simulation to a command."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class Asked:
    """What the options say; None for what was not given."""

    simulate: bool = False
    shards: int | None = None
    shard_size: int | None = None
    rate: int | None = None
    disk_rate: int | None = None
    free: int | None = None
    floor: int | None = None
    keep_backups: int | None = None
    failures: float | None = None
    seed: int | None = None
    speed: float | None = None

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:  # click gives each option the type that it declares
        """Take what click read.

        Raises:
            UsageError: when an option of a simulation is given without one.
        """
        asked = cls(**given)
        if not asked.simulate:
            odd = [one.name for one in fields(asked) if getattr(asked, one.name) not in (None, False)]
            if odd:
                told = ", ".join("--" + name.replace("_", "-") for name in odd)
                raise UsageError(f"{told}: wanted --simulate beside it")
        return asked

    @property
    def is_wanted(self) -> bool:
        """Whether there is to be a simulation."""
        return self.simulate


def wanted(asked: Asked, settings: Settings, state: Path, corpus: Path) -> Simulated:
    """Return what is to be simulated: what the options say, else what is known of the corpus, else the runbook's.

    Raises:
        UsageError: when a number is out of its bounds.
    """
    from engine.jobs.window.known import read_known  # noqa: PLC0415

    known = read_known(state)
    of_corpus = asked.shards is None and known.counted is not None and known.counted.to_do > 0
    base = corpus_now(known, settings, corpus) if of_corpus else _runbook(settings)
    given: dict[str, Any] = {  # each with the type that its option has
        "shards": asked.shards,
        "shard_bytes": asked.shard_size,
        "worker_bytes_per_s": asked.rate,
        "disk_bytes_per_s": asked.disk_rate,
        "free_bytes": asked.free,
        "floor_bytes": asked.floor,
        "keep_backups": asked.keep_backups,
        "fail_share": asked.failures,
        "seed": asked.seed,
    }
    return replace(base, **{name: value for name, value in given.items() if value is not None})


def _runbook(settings: Settings) -> Simulated:
    from engine.jobs.window.sim_corpus import Simulated  # noqa: PLC0415

    asked = settings.convert.workers
    return replace(Simulated(), workers=asked) if isinstance(asked, int) else Simulated()


def corpus_now(known: Known, settings: Settings, corpus: Path) -> Simulated:
    """Return this corpus on this machine, as far as an inventory and a sweep have measured it."""
    from engine.jobs.window.forecast import rate_of  # noqa: PLC0415
    from engine.jobs.window.sim_corpus import Simulated  # noqa: PLC0415
    from engine.jobs.window.simulate import measured_by  # noqa: PLC0415

    convert = settings.convert
    floor, asked, swept = convert.floor_bytes, convert.workers, known.measured
    here = Simulated(
        workers=usable_cpus(),
        free_bytes=free_bytes(corpus),
        floor_bytes=default_floor(corpus) if floor is None else floor,
        floor_wait_s=convert.floor_wait_s,
        keep_backups=convert.keep_backups,
        retries=convert.retries,
    )
    measured = measured_by(here, known)
    if not isinstance(asked, int):
        return measured
    if swept is None or not swept.groups:
        return replace(measured, workers=asked)
    return replace(measured, workers=asked, worker_bytes_per_s=rate_of(swept.groups[0], asked) / asked)
