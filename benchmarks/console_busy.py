"""What the console costs while it is looked at: processor time, paints, bytes, how soon the palette opens.

All candidates are there from the beginning, and all but one are held (SIGSTOP) with their engines at any time.
"""

from __future__ import annotations

import contextlib
import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

import psutil

from benchmarks.console_figures import Figure
from benchmarks.console_rig import COUNTERS, Counters, Terminal, cpu_s, engine, home, terminal
from benchmarks.measuring import Spread, turns

OURS: Final = "gonogo, 3,551 shards"
MANY: Final = "gonogo, 100,000 shards"
TABLE: Final = "the same in Textual's DataTable and textual-plot"
BTOP: Final = "btop, 4 Hz"
HTOP: Final = "htop, 3 Hz"
BENCH_PYTHON: Final = Path(".venv-bench/bin/python")
_SETTLES_S: Final = 2.0
"""One that was held draws anew at first, and what its engine told meanwhile comes at once."""
_OPENS: Final = "Search"
"""What stands in the palette and nowhere else."""
_PALETTES: Final = 12


@dataclass
class Candidate:
    """A program in a terminal, and what was measured of it."""

    name: str
    process: psutil.Process
    engine: psutil.Process | None = None
    counters: Counters | None = None
    shares: list[float] = field(default_factory=list)
    """Of a core."""
    paint_ms: list[float] = field(default_factory=list)
    paints_per_s: list[float] = field(default_factory=list)
    bytes_per_s: list[float] = field(default_factory=list)
    memory_bytes: int = 0

    def _all(self) -> Iterator[psutil.Process]:
        yield self.process
        if self.engine is not None:
            yield self.engine

    def hold(self) -> None:
        """Let it take no time."""
        for process in self._all():
            process.suspend()

    @contextlib.contextmanager
    def let_go(self) -> Iterator[None]:
        """Let it run for a while."""
        for process in self._all():
            process.resume()
        try:
            yield
        finally:
            self.hold()

    def end(self) -> None:
        """End it, held or not."""
        self.process.kill()

    def measure(self, span_s: float) -> None:
        """Measure it for a while."""
        with self.let_go():
            time.sleep(_SETTLES_S)
            counted = self.counters.read() if self.counters else (0, 0)
            cpu, began = cpu_s(self.process), time.perf_counter()
            time.sleep(span_s)
            cpu, passed = cpu_s(self.process) - cpu, time.perf_counter() - began
            self.shares.append(cpu / passed)
            if self.counters is not None:
                paints, written = (after - before for after, before in zip(self.counters.read(), counted, strict=True))
                self.paint_ms.append(1_000 * cpu / max(paints, 1))
                self.paints_per_s.append(paints / passed)
                self.bytes_per_s.append(written / passed)
            self.memory_bytes = self.process.memory_info().rss


@dataclass(frozen=True, slots=True)
class Busy:
    """What came out."""

    candidates: dict[str, Candidate]
    palette_s: list[float]

    def ratio(self, name: str) -> Spread:
        """How much more of a core another takes, by round."""
        ours = self.candidates[OURS].shares
        return Spread.of(their / our for their, our in zip(self.candidates[name].shares, ours, strict=True))


def measure(rounds: int, span_s: float) -> Busy:
    """Measure all candidates that are there."""
    with contextlib.ExitStack() as stack:
        env = stack.enter_context(home())
        screens = stack.enter_context(terminal(env))
        lasts_s = 90 + rounds * 6 * (span_s + _SETTLES_S)
        candidates = {
            OURS: _console(stack, env, screens, OURS, lasts_s),
            MANY: _console(stack, env, screens, MANY, lasts_s, "--shards", "100000"),
        }
        candidates.update(_rivals(stack, env, screens, lasts_s))
        for each in candidates.values():
            stack.callback(each.end)
        for order in turns(list(candidates), rounds):
            for name in order:
                candidates[name].measure(span_s)
        with candidates[OURS].let_go():
            time.sleep(_SETTLES_S)
            palette_s = [_open_palette(screens, "gonogo-0") for _ in range(_PALETTES)]
        return Busy(candidates, palette_s)


def _console(
    stack: contextlib.ExitStack, env: Mapping[str, str], screens: Terminal, name: str, lasts_s: float, *options: str
) -> Candidate:
    run, played = stack.enter_context(engine(env, lasts_s, *options))
    number = "1" if options else "0"
    counters = Counters(Path(env["HOME"]) / f"counters-{number}")
    argv = ["env", f"{COUNTERS}={counters.path}", sys.executable, "-m", "benchmarks.counted_console", "attach", run]
    screens.start(f"gonogo-{number}", argv)
    screens.shows(f"gonogo-{number}", r"shard_0")
    return _held(Candidate(name, screens.process(f"gonogo-{number}"), played, counters))


def _rivals(
    stack: contextlib.ExitStack, env: Mapping[str, str], screens: Terminal, lasts_s: float
) -> dict[str, Candidate]:
    found = {}
    if BENCH_PYTHON.exists():
        run, played = stack.enter_context(engine(env, lasts_s))
        screens.start("rival", _apart([str(BENCH_PYTHON), "-m", "benchmarks.rival_console", run]))
        screens.shows("rival", r"shard_0")
        found[TABLE] = _held(Candidate(TABLE, screens.process("rival"), played))
    for name, argv in ((BTOP, _btop(env)), (HTOP, ["htop", "-d", "3"])):
        if shutil.which(argv[0]):
            screens.start(argv[0], _apart(argv))
            screens.shows(argv[0], r"(?i)mem")
            found[name] = _held(Candidate(name, screens.process(argv[0])))
    return found


def _apart(argv: list[str]) -> list[str]:
    """Run a program below a shell: what tmux itself started it does not leave held."""
    return ["sh", "-c", f"{shlex.join(argv)}; :"]


def _held(candidate: Candidate) -> Candidate:
    candidate.hold()
    return candidate


def _btop(env: Mapping[str, str]) -> list[str]:
    folder = Path(env["XDG_CONFIG_HOME"]) / "btop"
    folder.mkdir()
    (folder / "btop.conf").write_text("update_ms = 250\n")
    return ["btop", "--utf-force"]


def _open_palette(screens: Terminal, name: str) -> float:
    """Open the palette and close it again; return how long it took until it was seen."""
    began = time.perf_counter()
    screens.keys(name, "C-p")
    took_s = screens.shows(name, _OPENS) - began
    screens.keys(name, "Escape")
    while _OPENS in screens.screen(name):
        time.sleep(0.02)
    return took_s


def figures(busy: Busy) -> list[Figure]:
    """Return what is told of it."""
    ours = busy.candidates[OURS]
    share, paint, palette_s = Spread.of(ours.shares), Spread.of(ours.paint_ms), Spread.of(busy.palette_s)
    bytes_per_s = median(ours.bytes_per_s) / 1_024
    rest = [name for name in busy.candidates if name not in (OURS, MANY)]
    return [
        Figure("CPU at 4 Hz, of a core", share.times(100), "%", 4),
        Figure("CPU per paint", paint, "ms", 9),
        Figure("CPU with 100,000 shards, against 3,551", busy.ratio(MANY), "times", 1.3),
        Figure("palette open while busy, median of 12", palette_s.times(1_000), "ms", 180),
        Figure("paints a second", Spread.of(ours.paints_per_s), ""),
        Figure("written to the terminal a second", Spread(bytes_per_s, bytes_per_s, bytes_per_s), "KiB"),
        Figure("memory", Spread.of([ours.memory_bytes / 1e6]), "MB"),
        *(Figure(f"CPU of {name}, against the console", busy.ratio(name), "times") for name in rest),
    ]
