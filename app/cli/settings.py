"""``config``: what gonogo goes by. What it stands on, ``doctor`` tells."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from rich.table import Table

from app.cli.common import Globals, existing_corpus, with_globals
from app.cli.doctor import doctor
from app.exit_codes import ExitCode
from app.report import Report, Row
from app.streams import page
from engine.config import Section, Settings

optional_corpus = click.argument("corpus", type=click.Path(path_type=Path), default=".")


class Setting(Row, frozen=True, kw_only=True):
    """One setting: its value, and where that came from."""

    key: str
    value: object
    origin: str
    where: str


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
    settings = options.settings(existing_corpus(corpus)).settings
    if settings.keys:
        from app.console.rebinding import keymap_of  # noqa: PLC0415  # Textual and every screen

        keymap_of(settings.keys)
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
        "notify": settings.notify,
    }
    values = {
        f"{name}.{key}": tuple(map(str, value)) if isinstance(value, tuple) else value  # an address masks itself
        for name, section in sections.items()
        for key, value in asdict(section).items()
    }
    values |= {f"watch.patterns.{name}": regex for name, regex in settings.patterns.items()}
    for family, table in settings.rules.items():
        values |= {".".join(filter(None, ("watch.rules", family, key))): value for key, value in table.items()}
    values |= {f"gates.{gate}": checklist for gate, checklist in settings.gates.items()}
    return values | {f"keys.{action}": bound.names for action, bound in settings.keys.items()}


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(value) if value != "" else "default"


COMMANDS: tuple[click.Command, ...] = (config, doctor)
