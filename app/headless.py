"""The headless face: a run in the foreground, its events to stdout as text or JSON Lines, its progress to stderr."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import msgspec
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from app.bell import Bell, ring_terminal
from app.exit_codes import ExitCode, code_of
from app.progress_words import told
from app.streams import Data, say, terminal
from app.window_levels import Levels
from app.wording import line_for
from engine.jobs.registry import Order
from engine.jobs.start import Watcher, run_job
from engine.jobs.window.snapshot import WindowSnapshot
from engine.run.desk import Job
from engine.run.events import Event
from engine.run.log import Listener

_LOOKS_PER_S = 4


def run_headless(order: Order, state: Path, *, as_json: bool) -> ExitCode:
    """Run a job to its end and say how it went.

    Raises:
        GonogoError: when the run could not begin or go on; the streams have said so already.
    """
    data = Data("gonogo: nobody reads standard output any more; the run goes on, and its log has everything")
    with _progress() as bar:
        listener = _json_listener(data) if as_json else _text_listener(data, bar)
        if not as_json:
            listener = _both(listener, Bell(order, ring_terminal).hear)
        watchers = [] if bar is None else [_Bar(bar).watch]
        if order.job == "window" and not as_json:
            levels = Levels(_teller(bar))
            listener = _both(listener, levels.hear)
            watchers.append(levels.watch)
        summary = asyncio.run(run_job(order, state, listener, _all(watchers)))
    return code_of(summary.outcome)


def _both(first: Listener, second: Listener) -> Listener:
    def tell(event: Event, line: bytes) -> None:
        first(event, line)
        second(event, line)

    return tell


def _all(watchers: Sequence[Watcher]) -> Watcher | None:
    async def watch(job: Job) -> None:
        await asyncio.gather(*(watcher(job) for watcher in watchers))

    return watch if watchers else None


def _teller(bar: Progress | None) -> Callable[[str], None]:
    """Tell a person something, above the progress bar where there is one."""
    return say if bar is None else bar.console.print


def _json_listener(data: Data) -> Listener:
    return lambda _, line: data.write(line)


def _text_listener(data: Data, bar: Progress | None) -> Listener:
    """Write lines; above the progress bar, where stdout is the terminal that shows it."""

    def tell(event: Event, _: bytes) -> None:
        line = line_for(event)
        if line is None:
            return
        if bar is not None and (not line.is_data or sys.stdout.isatty()):
            bar.console.print(line.text)
            Data.written = Data.written or line.is_data
        elif line.is_data:
            data.write(f"{line.text}\n".encode())
        else:
            say(line.text)

    return tell


@contextlib.contextmanager
def _progress() -> Iterator[Progress | None]:
    """Show a progress bar where stderr is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[told]}"),
    )
    with Progress(*columns, console=terminal(), refresh_per_second=_LOOKS_PER_S, transient=True, expand=True) as bar:
        yield bar


class _Bar:
    """Looks at the job four times a second and moves the bar."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._task = bar.add_task("starting", total=None, told="")

    async def watch(self, job: Job) -> None:
        while True:
            now = msgspec.json.decode(job.snapshot(), type=WindowSnapshot)  # that of any job, and of a window
            self._bar.update(
                self._task,
                description=now.step or now.job,
                total=now.bytes_to_do or None,
                completed=now.bytes_done,
                told=told(now),
            )
            await asyncio.sleep(1 / _LOOKS_PER_S)
