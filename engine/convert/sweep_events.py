"""What happens in a worker sweep: the facts beside those that every run on shards has."""

from __future__ import annotations

import msgspec

from engine.convert.sweep_trial import Figures
from engine.convert.sweep_verdict import Limit
from engine.run.events import Event, Summary


class SweepPlanned(Event, frozen=True, kw_only=True):
    """The dry run is over, and these trials follow."""

    codec: str
    shards: tuple[str, ...]
    """What every trial works on, again and again."""
    counts: tuple[int, ...]
    """Of workers."""
    rounds: int
    shards_a_worker: int
    """In one trial."""


class SweepTrial(Event, frozen=True, kw_only=True):
    """One count of workers was measured once."""

    codec: str
    round: int
    figures: Figures


class SweepGroup(msgspec.Struct, frozen=True, kw_only=True):
    """What a sweep found for the shards of one codec."""

    codec: str
    bytes_to_do: int
    """Of the whole corpus, as far as shards of this codec still are to be converted; reckoned from samples of it."""
    recommended_workers: int
    limited_by: Limit
    why: str
    mb_per_s: float
    """At the recommended count."""
    estimate_s: float
    """For all of ``bytes_to_do``."""
    disk_allows: int
    """So many workers have room beside the floor on the shards' volume before anything is converted."""
    figures: tuple[Figures, ...]
    """The medians of each count."""
    sources: tuple[str, ...] = ()
    """Whose shards these are."""
    steady: bool = True
    """Every round left out, one at a time, the recommendation stays the same."""


class SweepSummary(Summary, frozen=True, kw_only=True, tag="summary"):
    """How a sweep ended."""

    counts: dict[str, int]
    """The shards of the dry run, by state: pending ones were converted in scratch and are as they were."""
    tried: int
    usable_cpus: int
    recommended_workers: int | None = None
    """Of the codec with most bytes to do; None where nothing was measured."""
    limited_by: Limit | None = None
    estimate_s: float | None = None
    """For the whole corpus, each codec at its own recommendation."""
    codecs: tuple[SweepGroup, ...] = ()
    """The codec with most bytes to do first."""
    trials: tuple[SweepTrial, ...] = ()
    report: str = ""
    """The file that holds all of it."""
    listen: str = ""
    """The folder with clips of the dry run, before and after, for an operator's ears."""
    detail: str = ""
    """Why it ended early, or what it did not measure."""
