"""Numbers of workers in words: how many, who chose so, and what was measured."""

from __future__ import annotations

import msgspec
import pytest

from app.progress_words import told, workers_told
from app.sweep_wording import sweep_lines
from app.wording import line_for
from engine.convert.events import Planned, WorkersKept
from engine.convert.sweep_events import SweepGroup, SweepSummary
from engine.convert.sweep_trial import Figures
from engine.convert.sweep_verdict import Limit
from engine.crew.crew import Snapshot
from engine.run.events import Event, WorkersChanged
from engine.run.outcome import Outcome

WHY = "3 -> 4 workers: 212.0 -> 268.0 MB/s, CPUs 35% idle"
PLAN = Planned(shards=2, done=0, to_do=2, bytes_to_do=2_000_000, workers=2)
NOW = Snapshot(
    run="run",
    job="convert",
    elapsed_s=0.0,
    workers_wanted=4,
    workers=(),
    pauses={},
    stopping=False,
    settled=0,
    to_do=2,
    bytes_done=0,
    bytes_to_do=2,
)


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (WorkersChanged(count=4), "workers: 4"),
        (WorkersChanged(count=4, why="asked for"), "workers: 4 (asked for)"),
        (WorkersChanged(count=4, why=WHY, auto=True), f"workers (auto): {WHY}"),
        (WorkersKept(count=4, why=WHY), f"workers (auto): {WHY}"),
        (PLAN, "2 shards: 0 done already, 2 shards to open (2.00 MB); 2 workers"),
        (
            PLAN.but(auto=True, workers_why="one for each processor"),
            "2 shards: 0 done already, 2 shards to open (2.00 MB); 2 workers (auto: one for each processor)",
        ),
    ],
)
def test_an_event_says_how_many_workers_and_why(event: Event, line: str) -> None:
    shown = line_for(event)
    assert shown is not None
    assert (shown.text, shown.is_data) == (line, False)


def test_a_run_under_way_says_who_chose_the_number() -> None:
    chosen = msgspec.structs.replace(NOW, auto=True, workers_why=WHY)
    asked = msgspec.structs.replace(NOW, workers_why="asked for")
    assert [told(now) for now in (NOW, chosen)] == [
        "0/2 shards, 0 of 4 workers",
        "0/2 shards, 0 of 4 workers (auto)",
    ]
    assert [workers_told(now) for now in (NOW, chosen, asked)] == [
        "",
        f"4, chosen by the run: {WHY}",
        "4, fixed: asked for",
    ]


def test_a_pause_makes_a_run_no_slower_and_its_end_no_later() -> None:
    half = msgspec.structs.replace(NOW, bytes_done=1_000_000, bytes_to_do=2_000_000, elapsed_s=3_700.0)
    assert told(half).endswith("270 B/s, 1:01 h left")
    assert told(msgspec.structs.replace(half, worked_s=100.0)).endswith("10.0 kB/s, 1:40 min left")
    assert told(msgspec.structs.replace(half, bytes_done=0)) == "0/2 shards, 0 of 4 workers"


def swept(*codecs: str, steady: bool = True) -> SweepSummary:
    figures = Figures(
        workers=2,
        wall_s=1.0,
        bytes_in=1e9,
        mb_per_s=1_234.5,
        cpu_s_per_gb=12.3,
        utilisation=0.9,
        in_hand=1.0,
        on_cpu=0.9,
        cpu_wait=0.1,
        stages={},
        disk_read_bytes=0,
        disk_written_bytes=0,
        rounds=3,
        spread=0.12,
    )
    groups = tuple(
        SweepGroup(
            codec=codec,
            bytes_to_do=1_000_000,
            recommended_workers=2,
            limited_by=Limit.DISK,
            why="",
            mb_per_s=1.0,
            estimate_s=1.0,
            disk_allows=9,
            figures=(figures,),
            steady=steady,
        )
        for codec in codecs
    )
    return SweepSummary(
        job="sweep",
        outcome=Outcome.OK,
        seconds=1.0,
        counts={},
        tried=1,
        usable_cpus=4,
        recommended_workers=2,
        limited_by=Limit.DISK,
        codecs=groups,
    )


def test_one_codec_gets_its_number_and_several_get_auto_which_follows_them() -> None:
    assert "use --workers 2: limited by disk" in sweep_lines(swept("wav"), "GO")
    several = sweep_lines(swept("wav", "flac"), "GO")
    assert "use --workers auto: wav 2 workers (disk), flac 2 workers (disk)" in several


def test_a_sweeps_table_tells_the_spread_and_fits_eighty_columns() -> None:
    lines = sweep_lines(swept("wav"), "GO")
    row = next(line for line in lines if "1,234.5" in line)
    assert " 12% " in row
    assert len(row) <= 80


def test_a_sweep_on_a_machine_that_was_too_noisy_says_so() -> None:
    assert not any("noisy" in line for line in sweep_lines(swept("wav"), "GO"))
    assert any("too noisy to be sure" in line for line in sweep_lines(swept("wav", steady=False), "GO"))
