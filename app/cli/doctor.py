"""``doctor``: what gonogo stands on here: this terminal, this machine, and, of a corpus, its file system."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import click
import msgspec

from app.cli.common import Globals, existing_corpus, with_globals
from app.exit_codes import ExitCode
from app.report import Report, Row
from app.terminal_asking import this_terminal
from app.terminal_findings import GLYPHS, GLYPHS_TOLD, State, findings_of
from app.wording import line_for
from engine.checklist.around import Around
from engine.checklist.asking import ask_machine
from engine.checklist.reading import load_checklist
from engine.checklist.shipped import shipped
from engine.config import Settings
from engine.convert.guard import reserve_for
from engine.host.facts import host_facts, package_versions
from engine.host.powers import probe_powers
from engine.host.reserve import can_reserve
from engine.host.threads import worker_environment
from engine.jobs.gates import MACHINE_LIST
from engine.run.outcome import Outcome
from engine.run.places import state_dir_for
from engine.shards.layout import find_shards
from engine.units import show_bytes

_PACKAGES = ("gonogo", "numpy", "soundfile", "pyarrow", "msgspec", "xxhash", "rich", "click")


class Fact(Row, frozen=True, kw_only=True):
    """One thing that ``doctor`` found."""

    part: str
    name: str
    value: str


class TerminalFinding(Row, frozen=True, kw_only=True, tag="terminal"):
    """One thing about the terminal that the console depends on."""

    name: str
    state: State
    """``advice``: the console works, and could look or work better; ``unable``: it cannot be drawn."""
    read: str
    way_out: str = ""


@click.command()
@click.argument("corpus", type=click.Path(path_type=Path), required=False)
@with_globals
def doctor(options: Globals, corpus: Path | None) -> ExitCode:
    """Say what this terminal and this machine can do, and whether a conversion of CORPUS may start.

    Without CORPUS it tells of the current folder, where that is one.
    """
    given = None if corpus is None else existing_corpus(corpus)
    with Report("doctor", as_json=options.as_json) as report:
        teller = _Teller(report, as_json=options.as_json)
        teller.terminal()
        corpus = given or Path.cwd()
        settings = options.settings(corpus).settings
        machine = {"machine": _texts(host_facts()), "versions": _versions()}
        if given is None and not _is_corpus(corpus, settings):
            teller.facts(machine)
            teller.line("no corpus here: gonogo doctor CORPUS says whether a conversion of it may start")
            return ExitCode.OK
        around = Around(corpus, options.state_of(corpus), settings, os.environ, worker_environment(os.environ))
        checks = asyncio.run(ask_machine(load_checklist(shipped(MACHINE_LIST)), around))
        teller.facts({**machine, "file system": _powers(corpus, _most_written(corpus, settings))})
        for check in checks:
            report.add(check)
            line = line_for(check)
            teller.line(line.text if line is not None else "")
        if any(check.state != "pass" for check in checks):
            report.outcome = Outcome.SOME_FAILED
        teller.line("GO" if report.outcome is Outcome.OK else "NO-GO: a conversion would not start")
    return ExitCode.OK if report.outcome is Outcome.OK else ExitCode.SOME_FAILED


class _Teller:
    """Tells what was found, to a program or to a person."""

    def __init__(self, report: Report, *, as_json: bool) -> None:
        self._report, self._as_json = report, as_json

    def terminal(self) -> None:
        """Tell of the terminal, before anything that takes its time or may be wrong."""
        terminal = this_terminal()
        for name, value in _texts(terminal.facts).items():
            self._report.add(Fact(part="terminal", name=name, value=value))
        for found in findings_of(terminal):
            row = TerminalFinding(name=found.name, state=found.state, read=found.read, way_out=found.way_out)
            self._report.add(row)
            way_out = f"; {found.way_out}" if found.way_out else ""
            self._row("terminal", found.name, f"{found.state.upper()}: {found.read}{way_out}")
        self._row("terminal", "signs", f"{GLYPHS}")
        self._row("", "", GLYPHS_TOLD)

    def facts(self, parts: dict[str, dict[str, str]]) -> None:
        """Tell facts, part by part."""
        for part, facts in parts.items():
            for name, value in facts.items():
                self._report.add(Fact(part=part, name=name, value=value))
                self._row(part, name, value)

    def line(self, text: str) -> None:
        """Tell a person one line."""
        if text and not self._as_json:
            encoding = sys.stdout.encoding or "ascii"
            click.echo(text.encode(encoding, "replace").decode(encoding))

    def _row(self, part: str, name: str, value: str) -> None:
        self.line(f"{part:<12} {name:<18} {value}")


def _is_corpus(folder: Path, settings: Settings) -> bool:
    """Tell whether the current folder is meant: it was set up or worked on, or there are shards in it."""
    if (folder / "gonogo.toml").exists() or state_dir_for(folder).is_dir():
        return True
    return bool(find_shards(folder, settings.layout).shards)


def _most_written(corpus: Path, settings: Settings) -> int:
    """Return the bytes that the conversion of the largest shard may write beside it."""
    places = find_shards(corpus, settings.layout).shards
    sizes = (place.files.audio.lstat().st_size for place in places if place.files.audio.exists())
    return reserve_for(max(sizes, default=1))


def _quota(corpus: Path, largest: int) -> str:
    """Say whether the largest converted shard has room: a folder's quota shows in no figure of free space."""
    room = can_reserve(corpus, largest)
    size = show_bytes(largest)
    if room is None:
        return f"unknown: this file system cannot reserve {size} for the largest shard beforehand"
    return f"none met: {size} for the largest shard can be reserved" if room else f"{size} cannot be reserved here"


def _powers(corpus: Path, largest: int) -> dict[str, str]:
    """Say what the file system can do; what cannot be asked says so."""
    try:
        found = probe_powers(corpus)
    except OSError as error:
        return {"writable": f"no: {error}"}
    return {**_texts(found), "swap goes by": found.swaps_by, "quota": _quota(corpus, largest)}


def _versions() -> dict[str, str]:
    from engine.audio.kernel import decimator  # noqa: PLC0415  # most commands call no compiled code

    return {**package_versions(_PACKAGES), "decimator": decimator()}


def _texts(facts: msgspec.Struct) -> dict[str, str]:
    words = {True: "yes", False: "no", None: "unknown"}
    return {
        name: words[value] if value is None or isinstance(value, bool) else str(value)
        for name, value in msgspec.structs.asdict(facts).items()
        if value != {}
    }
