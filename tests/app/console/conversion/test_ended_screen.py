"""The screen of a run that is over, at every size: why it ended so, the way out, and names that tell shards apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.console.app import Console
from app.console.conversion.screen import RunScreen
from app.console.modals import Page
from app.console.watch import Watch
from engine.convert.events import FoundShard, ShardQuarantined, ShardsFound, ShardStarted
from engine.crew.answers import State
from engine.jobs.ended import EndedEarly
from engine.run.outcome import Outcome
from tests.app.console.conversion.runs import Played, ended_run, named
from tests.app.console.conversion.test_run_screen import BUSY, SIZES, opened, said, screen, shown, until
from tests.app.console.conversion.values import FAULT, SIZE, add, done, found, quarantined

LONG = "interviews with a rather long source name/shard_0036"
WAY_OUT = "gonogo checklist run phase2-conversion"
SHUT = "\n".join(
    (
        "the gate convert.start is closed: the checklist 'phase2-conversion' says NO-GO: 15 open of 18 items",
        *(f"  item-{at}: open: {'a question that takes more than one line of eighty ' * 2}" for at in range(15)),
        f"walk it: {WAY_OUT} --corpus /corpus",
    )
)


@pytest.fixture(autouse=True)
def user_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))


def shut(state: Path) -> RunScreen:
    return RunScreen(
        Watch(ended_run(state, 0, EndedEarly(job="convert", outcome=Outcome.GATE_CLOSED, seconds=0.0, detail=SHUT)))
    )


@pytest.mark.parametrize(
    ("size", "more"),
    [((80, 24), "and 3 more: r"), ((80, 16), "and 9 more: r"), ((120, 36), ""), ((60, 15), "and 12 more: r")],
)
async def test_a_shut_gate_always_shows_its_way_out(tmp_path: Path, size: tuple[int, int], more: str) -> None:
    async with Console(shut(tmp_path)).run_test(size=size) as pilot:
        await until(pilot, lambda: WAY_OUT in shown(pilot))
        assert more in shown(pilot)
        assert ("more: r" in shown(pilot)) == bool(more)
        assert "█" not in shown(pilot), "nothing was done"
        assert "nothing was done: the gate is closed" in shown(pilot)
        assert "■ RED NO-GO (gate closed): the gate convert.start" in shown(pilot)
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, Page))
        await pilot.press("G")
        await until(pilot, lambda: WAY_OUT in shown(pilot) and "item-14" in shown(pilot))
        assert "No shard has failed" not in shown(pilot)


async def test_an_end_is_laid_out_anew_for_another_size(tmp_path: Path) -> None:
    async with Console(shut(tmp_path)).run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "item-14" in shown(pilot))
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: "and 3 more: r" in shown(pilot))
        assert WAY_OUT in shown(pilot)


async def test_of_an_ended_run_the_plot_key_says_that_plots_are_of_living_ones(tmp_path: Path) -> None:
    async with Console(shut(tmp_path)).run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: screen(pilot).has_class("ended"))
        assert screen(pilot).why_not("plot") == "the plots are of a run that lives, and this one has ended"
        assert "the command that started it" in screen(pilot).why_not("stop")


async def test_a_killed_run_shows_what_was_cut_off(tmp_path: Path) -> None:
    name = named(1)[0]
    run = ended_run(tmp_path, 3, ShardStarted(shard=name, worker=3, bytes_in=1))
    async with Console(RunScreen(Watch(run))).run_test(size=(80, 24)) as pilot:
        await opened(pilot)
        await until(pilot, lambda: "▲ 1 cut off" in said(pilot, "counts"))
        assert "▲ cut off" in shown(pilot)
        assert "in hand" not in shown(pilot)
        assert "worker 3" not in shown(pilot)


@SIZES
async def test_the_table_tells_shards_of_sources_with_long_names_apart(tmp_path: Path, size: tuple[int, int]) -> None:
    shards = tuple(FoundShard(name, State.PENDING, 3_000_000) for name in (LONG, "radio/shard_0036"))
    async with Console(RunScreen(Watch(ended_run(tmp_path, 0, ShardsFound(shards=shards))))).run_test(
        size=size
    ) as pilot:
        _, table, _ = await opened(pilot)
        row = table.render_line(1).text
        assert (LONG if size[0] == 200 else "interviews with a rather lo") in row
        assert "/shard_0036" in row
        assert "3.00 MB" in row, "a long name leaves the size its columns"
        assert "radio/shard_0036 " in table.render_line(2).text
        await pilot.press("m")
        head = screen(pilot).query_one("#caption").region.y
        await until(pilot, lambda: "/shard_0036" in shown(pilot).splitlines()[head])


async def test_a_name_of_twenty_seven_letters_leaves_all_figures_their_columns(tmp_path: Path) -> None:
    name = f"broadcast-16k/{'x' * 13}"
    run = ended_run(tmp_path, 0, ShardsFound(shards=(FoundShard(name, State.PENDING, SIZE),)), done(name))
    async with Console(RunScreen(Watch(run))).run_test(size=(80, 24)) as pilot:
        _, table, _ = await opened(pilot)
        assert table.render_line(0).text.rstrip().endswith(" time")
        assert " ".join(table.render_line(1).text.split()).endswith(f"{name} 3.00 MB -> 1.00 MB 5 2.0 s")


async def test_sorted_by_size_a_quarantined_shard_tells_its_own(tmp_path: Path) -> None:
    fault = ShardQuarantined(shard="a/shard_00000", source="a", fault=FAULT)
    shards = ShardsFound(shards=(FoundShard("a/shard_00000", State.PENDING, SIZE),))
    async with Console(RunScreen(Watch(ended_run(tmp_path, 0, shards, fault)))).run_test(size=(80, 24)) as pilot:
        _, table, _ = await opened(pilot)
        assert "3.00 MB" not in table.render_line(1).text
        await pilot.press("o", "o")
        await until(pilot, lambda: "size ▼" in table.render_line(0).text)
        assert "3.00 MB" in table.render_line(1).text
        assert "x.wav" in table.render_line(1).text


async def test_zooming_a_map_that_has_room_for_all_says_so(tmp_path: Path) -> None:
    watch = Played(ended_run(tmp_path / "state", 0), answers=BUSY)
    add(watch.view, found(*named(20)), done(named(1)[0]), quarantined(named(2)[1]))
    async with Console(RunScreen(watch)).run_test(size=(80, 24)) as pilot:
        _, _, shard_map = await opened(pilot)
        await pilot.press("m", "z")
        told = ["all shards are in sight, each in a cell of its own"]
        await until(pilot, lambda: [each.message for each in pilot.app._notifications] == told)
        add(watch.view, found(*(f"b/{number}" for number in range(4_000))))
        await until(pilot, lambda: shard_map.cells is not None and len(shard_map.cells) == 4_020)
        assert shard_map.cells is not None
        assert shard_map.cells.each == 1, "the key that did nothing is not remembered"
