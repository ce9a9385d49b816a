"""What a run was asked, with what and where: read from its record, for the page of a run. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, fields
from typing import Final

import msgspec

from engine.config import Settings
from engine.jobs.registry import Order
from engine.page.sheet import Table, table
from engine.run.folder import RunRecord
from engine.units import show_bytes

_KEYS: Final = {
    "metadata": "metadata.fields",
    "patterns": "watch.patterns",
    "rules": "watch.rules",
}
"""Where a settings file calls a section otherwise than the record does."""
_NOTHING: Final = ("", "None", "[]", "{}")
_REST: Final = "run.json"


def settings_table(record: RunRecord) -> Table:
    """List the settings of a run that are not as they are by default."""
    usual = dict(_flat(_as_object(Settings())))
    rows = [
        (key, _shown(value), _shown(usual[key]) if key in usual else "not set")
        for key, value in _flat(record.config)
        if key not in usual or usual[key] != value
    ]
    return table(
        "Settings that are not the default",
        ("Setting", "This run", "Default"),
        rows,
        rest=_REST,
        empty="None: every setting is its default.",
    )


def asked_table(record: RunRecord, folder: str) -> Table:
    """List what the command line asked for, where it is not what it always is."""
    usual = {one.name: _plain(one.default) for one in fields(Order) if one.default is not MISSING}
    rows = [("job", record.job), ("corpus", record.corpus or "none"), ("run", record.run), ("kept in", folder)]
    rows += [(name, _shown(value)) for name, value in record.args.items() if usual.get(name) != value]
    return table("What was asked for", ("What", "Value"), rows, rest=_REST)


def machine_table(record: RunRecord) -> Table:
    """List host and versions."""
    rows = [(_words(name), _host(name, value)) for name, value in record.host.items()]
    rows.append(("versions", ", ".join(f"{name} {told}" for name, told in record.versions.items())))
    return table("Host and versions", ("What", "Value"), [row for row in rows if row[1]], rest=_REST)


def _as_object(value: object) -> Mapping[str, object]:
    built = msgspec.to_builtins(value, str_keys=True)
    return built if isinstance(built, dict) else {}


def _flat(tree: Mapping[str, object], above: str = "") -> Iterator[tuple[str, object]]:
    """Yield each value by its dotted key, as a settings file names it."""
    for name, value in tree.items():
        key = f"{above}.{name}" if above else _KEYS.get(name, name)
        if isinstance(value, Mapping):
            yield from _flat(value, key)
        else:
            yield key.replace("..", "."), _plain(value)


def _plain(value: object) -> object:
    """Return a value as JSON gives it back."""
    return list(value) if isinstance(value, tuple) else value


def _shown(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    text = str(value)
    return "unset" if text in _NOTHING else text


def _host(name: str, value: object) -> str:
    if name.endswith("_bytes") and isinstance(value, int):
        return show_bytes(value)
    return str(value)


def _words(name: str) -> str:
    return name.removesuffix("_bytes").replace("_", " ")
