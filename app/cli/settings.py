"""``config`` and ``doctor``: what gonogo goes by, and what it stands on."""

from __future__ import annotations

import asyncio
import os
from dataclasses import asdict
from pathlib import Path

import click
import msgspec
from rich.table import Table

from app.cli.common import Globals, existing_corpus, with_globals
from app.exit_codes import ExitCode
from app.report import Report, Row
from app.streams import page
from app.wording import line_for
from engine.checklist.around import Around
from engine.checklist.asking import ask_machine
from engine.checklist.reading import load_checklist
from engine.checklist.shipped import shipped
from engine.config import Section, Settings
from engine.convert.guard import reserve_for
from engine.host.facts import host_facts, package_versions
from engine.host.powers import probe_powers
from engine.host.reserve import can_reserve
from engine.host.terminal import terminal_facts
from engine.host.threads import worker_environment
from engine.jobs.gates import MACHINE_LIST
from engine.run.outcome import Outcome
from engine.shards.layout import find_shards
from engine.units import show_bytes

_PACKAGES = ("gonogo", "numpy", "soundfile", "pyarrow", "msgspec", "xxhash", "rich", "click")

optional_corpus = click.argument("corpus", type=click.Path(path_type=Path), default=".")


class Setting(Row, frozen=True, kw_only=True):
    """One setting: its value, and where that came from."""

    key: str
    value: object
    origin: str
    where: str


class Fact(Row, frozen=True, kw_only=True):
    """One thing that ``doctor`` found."""

    part: str
    name: str
    value: str


@click.group()
def config() -> None:
    """Show or check the settings."""


@config.command()
@optional_corpus
@with_globals
def show(options: Globals, corpus: Path) -> ExitCode:
    """Show every setting for CORPUS, and where its value came from."""
    resolved = options.settings(existing_corpus(corpus))
    rows = [
        Setting(key=key, value=value, origin=str(resolved.origins[key].kind), where=resolved.origins[key].where)
        for key, value in _values(resolved.settings).items()
    ]
    table = Table("setting", "value", "from", box=None, pad_edge=False)
    with Report("config", as_json=options.as_json) as report:
        for row in rows:
            report.add(row)
            table.add_row(row.key, _shown(row.value), f"{row.origin} {row.where}".strip())
        if not options.as_json:
            page().print(table)
    return ExitCode.OK


@config.command()
@optional_corpus
@with_globals
def validate(options: Globals, corpus: Path) -> ExitCode:
    """Check the configuration of CORPUS; every fault is told with its file, line, value and way out."""
    options.settings(existing_corpus(corpus))
    with Report("config", as_json=options.as_json) as report:
        report.say("the configuration is sound")
    return ExitCode.OK


def _values(settings: Settings) -> dict[str, object]:
    """Return every setting by its dotted key."""
    sections: dict[str, Section] = {
        "layout": settings.layout,
        "metadata.fields": settings.metadata,
        "convert": settings.convert,
        "signing": settings.signing,
        "watch": settings.watch,
        "budget": settings.budget,
        "split": settings.split,
        "buckets": settings.buckets,
        "benchmark": settings.benchmark,
        "export": settings.export,
    }
    values = {f"{name}.{key}": value for name, section in sections.items() for key, value in asdict(section).items()}
    values |= {f"watch.patterns.{name}": regex for name, regex in settings.patterns.items()}
    for family, table in settings.rules.items():
        values |= {".".join(filter(None, ("watch.rules", family, key))): value for key, value in table.items()}
    return {**values, **{f"gates.{gate}": checklist for gate, checklist in settings.gates.items()}}


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value) if value != "" else "default"


@click.command()
@optional_corpus
@with_globals
def doctor(options: Globals, corpus: Path) -> ExitCode:
    """Say what is here, and whether a conversion may start."""
    corpus = existing_corpus(corpus)
    settings = options.settings(corpus).settings
    around = Around(corpus, options.state_of(corpus), settings, os.environ, worker_environment(os.environ))
    checks = asyncio.run(ask_machine(load_checklist(shipped(MACHINE_LIST)), around))
    with Report("doctor", as_json=options.as_json) as report:
        for part, facts in _facts(corpus, _most_written(corpus, settings)).items():
            for name, value in facts.items():
                report.add(Fact(part=part, name=name, value=value))
                if not options.as_json:
                    click.echo(f"{part:<12} {name:<18} {value}")
        for check in checks:
            report.add(check)
            line = line_for(check)
            if not options.as_json and line is not None:
                click.echo(line.text)
        if any(check.state != "pass" for check in checks):
            report.outcome = Outcome.SOME_FAILED
    if not options.as_json:
        click.echo("GO" if report.outcome is Outcome.OK else "NO-GO: a conversion would not start")
    return ExitCode.OK if report.outcome is Outcome.OK else ExitCode.SOME_FAILED


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


def _facts(corpus: Path, largest: int) -> dict[str, dict[str, str]]:
    """Gather what is there, by part; what cannot be asked says so."""
    from engine.audio.kernel import decimator  # noqa: PLC0415  # most commands call no compiled code

    try:
        found = probe_powers(corpus)
        powers = {**_texts(found), "swap goes by": found.swaps_by, "quota": _quota(corpus, largest)}
    except OSError as error:
        powers = {"writable": f"no: {error}"}
    return {
        "machine": _texts(host_facts()),
        "versions": {**package_versions(_PACKAGES), "decimator": decimator()},
        "terminal": _texts(terminal_facts()),
        "file system": powers,
    }


def _texts(facts: msgspec.Struct) -> dict[str, str]:
    words = {True: "yes", False: "no", None: "unknown"}
    return {
        name: words[value] if value is None or isinstance(value, bool) else str(value)
        for name, value in msgspec.structs.asdict(facts).items()
        if value != {}
    }


COMMANDS: tuple[click.Command, ...] = (config, doctor)
