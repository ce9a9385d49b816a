"""The figures that a run is told in: names and units as Prometheus has them.

Names end in their base unit, or in ``_total`` where they only ever grow; all begin with :data:`PREFIX`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PREFIX: Final = "gonogo_"
RUN_LABELS: Final = ("run", "job", "corpus")
"""What every figure bears."""


@dataclass(frozen=True, slots=True)
class Family:
    """One name, what it means, and the labels that it bears beside :data:`RUN_LABELS`."""

    name: str
    what: str
    labels: tuple[str, ...] = ()

    @property
    def only_grows(self) -> bool:
        """Whether it is a counter."""
        return self.name.endswith("_total")


FAMILIES: Final = (
    Family("gonogo_run_info", "The run, its version of gonogo and its host; always 1.", ("version", "host")),
    Family("gonogo_up", "1 while the run's engine lives, 0 once it has ended."),
    Family("gonogo_level", "How the run is doing: 0 green, 1 yellow, 2 red, 3 unknown."),
    Family("gonogo_outcome", "1 for what the run ended as; 0 for all of them until then.", ("outcome",)),
    Family("gonogo_start_timestamp_seconds", "When the run began, in Unix time."),
    Family("gonogo_last_event_timestamp_seconds", "When the run last wrote to its log, in Unix time."),
    Family("gonogo_elapsed_seconds", "How long the run has worked, or had when it ended."),
    Family("gonogo_eta_seconds", "Seconds until the end at the pace so far; absent before anything is done."),
    Family("gonogo_stopping", "1 where the run was told to stop."),
    Family("gonogo_paused", "1 where nothing is handed out, for this reason.", ("reason",)),
    Family("gonogo_shards", "Shards by state, those that earlier runs had done included.", ("state",)),
    Family("gonogo_to_do_bytes", "Bytes of the originals that this run is to open."),
    Family("gonogo_done_bytes", "Bytes of these that it is done with, those in hand as far as they are read."),
    Family("gonogo_read_bytes_total", "Bytes of the originals that this run has converted."),
    Family("gonogo_written_bytes_total", "Bytes of what it has converted them to."),
    Family("gonogo_workers_wanted", "Worker processes that there are to be."),
    Family("gonogo_workers_busy", "Worker processes with a shard in hand."),
    Family("gonogo_worker_memory_bytes", "What a worker process holds in RAM.", ("worker",)),
    Family("gonogo_lost_workers_total", "Worker processes that died, hung or wrote nonsense."),
    Family("gonogo_warnings_total", "Warnings in the run's log."),
    Family("gonogo_free_bytes", "Free bytes of the volume with the least room over its floor."),
    Family("gonogo_floor_bytes", "Free bytes that no conversion may go below there."),
    Family("gonogo_window_slack_seconds", "From the forecast end to the window's end; negative where it breaks."),
    Family("gonogo_window_planned_slack_seconds", "The same, as planned."),
    Family("gonogo_window_end_timestamp_seconds", "When the window ends, in Unix time."),
    Family("gonogo_window_step_state", "1 for the state that a step of the window is in.", ("step", "state")),
    Family("gonogo_window_step_seconds", "What a step took, or is forecast to take.", ("step",)),
    Family("gonogo_window_step_budget_seconds", "What a step may take.", ("step",)),
)
