"""What ``watch`` looks at beside the logs: the options that name it, and the gauges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import click

from app.cli.cost import Usd, plan_of
from engine.config import Settings
from engine.errors import UsageError
from engine.watch.gauges import CheckpointGauge, GpuGauge, MoneyGauge, Paid
from engine.watch.machine.host import HostGauge, HostReader
from engine.watch.money.ledger import CostLedger
from engine.watch.spot.gauge import SpotGauge
from engine.watch.spot.metadata import open_metadata
from engine.watch.watching import Gauge

R = TypeVar("R")

_OPTIONS = (
    click.option("--gpu", is_flag=True, help="Watch the GPUs of this machine too (rules G1 to G4)."),
    click.option("--checkpoints", metavar="DIR", help="Watch the checkpoints in this folder too (K1)."),
    click.option("--cost", "money", is_flag=True, help="Watch the cost ledger against the budget too (C1 to C3)."),
    click.option("--price", type=Usd(), metavar="USD", help="This machine's price an hour; it is counted meanwhile."),
    click.option("--instance", default="", metavar="NAME", help="What the cost ledger calls this machine."),
    click.option(
        "--spot",
        is_flag=False,
        flag_value="auto",
        metavar="URL",
        help="Watch for this machine being taken back too (S1); asks EC2's metadata, or URL.",
    ),
)


def gauge_options(function: Callable[..., R]) -> Callable[..., R]:
    """Add the options that name what is looked at beside the logs."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


@dataclass(frozen=True, slots=True)
class GaugesAsked:
    """What the options say."""

    gpu: bool
    money: bool
    price: Decimal | None
    instance: str
    spot: str | None


@dataclass(slots=True)
class Gauges:
    """The gauges that were asked for, and the machine itself, which is always told."""

    host: HostGauge
    gpu: GpuGauge | None = None
    checkpoints: CheckpointGauge | None = None
    money: MoneyGauge | None = None
    spot: SpotGauge | None = None

    @property
    def all(self) -> tuple[Gauge, ...]:
        """All that rules look at."""
        named: Iterable[Gauge | None] = (self.gpu, self.checkpoints, self.money, self.spot)
        return tuple(gauge for gauge in named if gauge is not None)

    def newest_checkpoint(self) -> Path | None:
        """Return the newest whole checkpoint; None where none is watched, or there is none."""
        return self.checkpoints.newest_path() if self.checkpoints is not None else None

    def close(self) -> None:
        """End what costs or asks while it is watched."""
        if self.money is not None:
            self.money.end()
        if self.spot is not None:
            self.spot.close()


def open_gauges(settings: Settings, corpus: Path, state: Path, given: GaugesAsked) -> Gauges:
    """Open the gauges that a command line names.

    Raises:
        UsageError: when a price is given for no machine.
    """
    named = settings.watch.checkpoints
    folder = corpus / Path(named).expanduser() if named else None
    gauges = Gauges(HostGauge(HostReader(folder)), gpu=GpuGauge() if given.gpu else None)
    if folder is not None:
        gauges.checkpoints = CheckpointGauge(folder, settings.watch.checkpoint_interval_s)
    if given.price is not None and not given.instance:
        raise UsageError("--price wants --instance NAME: which machine costs that?")
    if given.money or given.price is not None:
        paid = None if given.price is None else Paid(given.instance, "", given.price)
        gauges.money = MoneyGauge(CostLedger(state), lambda account: plan_of(settings, account), paid)
    if given.spot is not None:
        gauges.spot = SpotGauge(open_metadata("" if given.spot == "auto" else given.spot), state)
    return gauges
