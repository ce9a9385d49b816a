"""All sources of settings, read and merged so that the strongest wins, key by key.

The order is flag, ``GONOGO_*`` variable, the corpus's ``gonogo.toml`` (or the file given by ``--config``), the user's
``config.toml``, default. A value is checked even where a stronger one hides it, and every complaint of all
sources comes in one :class:`ConfigError`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

from engine.config.artifact_sections import Benchmark, Buckets, Export, Split
from engine.config.bound_keys import BoundKeys
from engine.config.checking import check, two_bindings
from engine.config.keys import RULES, by_variable, is_ours
from engine.config.notify_section import Notify
from engine.config.origins import FILE_NAME, USER_FILE_NAME, Entry, Origin, OriginKind
from engine.config.rules import Value
from engine.config.sections import Budget, Convert, Layout, Metadata, Settings, Signing, Watch
from engine.config.tomlfile import read_entries
from engine.errors import ConfigError, Fault


@dataclasses.dataclass(frozen=True)
class Resolved:
    """The settings of a run, and the origin of each key."""

    settings: Settings
    origins: Mapping[str, Origin]
    """Dotted key (``convert.workers``, ``gates.convert.start``) to origin; a gate that is not bound has none."""


def load_settings(
    corpus: Path | None,
    config_file: Path | None = None,
    env: Mapping[str, str] | None = None,
    flags: Mapping[str, object] | None = None,
    user_folder: Path | None = None,
) -> Resolved:
    """Read every source of settings and let the strongest win, key by key.

    Args:
        corpus: Folder whose ``gonogo.toml`` is read if it is there; None where a command has no corpus.
        config_file: Read in place of it (``--config``; else ``GONOGO_CONFIG``), and then it must be there. The
            gates that the corpus's own file binds stay bound all the same.
        env: Environment variables; those that start with ``GONOGO_`` count.
        flags: Dotted key to the value given on the command line; None stands for a flag that was not given.
        user_folder: gonogo's own folder among the user's configuration; its ``config.toml`` is read if it is there.

    Raises:
        ConfigError: for every unknown key or impossible value that any source holds, one line each.
    """
    env = env or {}
    named = config_file or (Path(env["GONOGO_CONFIG"]) if env.get("GONOGO_CONFIG") else None)
    own = corpus / FILE_NAME if corpus is not None else None
    entries = [Entry(k, v, Origin(OriginKind.FLAG)) for k, v in (flags or {}).items() if v is not None]
    entries += [Entry(by_variable(k), v, Origin(OriginKind.ENV, k)) for k, v in env.items() if is_ours(k)]
    if named is not None:
        entries += read_entries(named, OriginKind.CORPUS_FILE)
    if own is not None and own.exists():
        found = read_entries(own, OriginKind.CORPUS_FILE)
        entries += found if named is None else [entry for entry in found if entry.key.startswith("gates.")]
    if user_folder is not None and (user_folder / USER_FILE_NAME).exists():
        entries += read_entries(user_folder / USER_FILE_NAME, OriginKind.USER_FILE)
    return _resolve(entries)


def _resolve(entries: Iterable[Entry]) -> Resolved:
    values: dict[str, Value] = {}
    origins: dict[str, Origin] = {}
    faults: list[Fault] = []
    for entry in entries:
        value = check(entry)
        if isinstance(value, Fault):
            faults.append(value)
        elif entry.key.startswith("gates.") and values.get(entry.key, value) != value:
            faults.append(two_bindings(entry, origins[entry.key], values[entry.key]))
        elif entry.key not in values:
            values[entry.key], origins[entry.key] = value, entry.origin
    if faults:
        raise ConfigError("\n".join(str(fault) for fault in faults))
    for key in RULES:
        origins.setdefault(key, Origin(OriginKind.DEFAULT))
    settings = Settings(
        _build(Layout, "layout", values),
        _build(Metadata, "metadata.fields", values),
        _build(Convert, "convert", values),
        _build(Signing, "signing", values),
        _build(Watch, "watch", values),
        _build(Budget, "budget", values),
        _build(Split, "split", values),
        _build(Buckets, "buckets", values),
        _build(Benchmark, "benchmark", values),
        _build(Export, "export", values),
        _build(Notify, "notify", values),
        patterns={key: str(value) for key, value in _free("watch.patterns", values)},
        rules=_tables(values),
        gates={key: str(value) for key, value in _free("gates", values)},
        keys=dict(_bound(values, origins)),
    )
    return Resolved(settings, origins)


def _free(section: str, values: Mapping[str, Value]) -> Iterator[tuple[str, Value]]:
    """Yield the keys of a section whose keys are not fixed."""
    for key, value in values.items():
        if key.startswith(f"{section}."):
            yield key.removeprefix(f"{section}."), value


def _bound(values: Mapping[str, Value], origins: Mapping[str, Origin]) -> Iterator[tuple[str, BoundKeys]]:
    """Yield the actions of ``[keys]``, each with its keys and the line that binds them."""
    for action, value in _free("keys", values):
        assert isinstance(value, tuple)
        yield action, BoundKeys(tuple(map(str, value)), origins[f"keys.{action}"].where)


def _tables(values: Mapping[str, Value]) -> dict[str, dict[str, float | tuple[str, ...]]]:
    """Return the tables of ``[watch.rules]``; keys right under it are in the table ""."""
    tables: dict[str, dict[str, float | tuple[str, ...]]] = {}
    for key, value in _free("watch.rules", values):
        family, _, name = key.rpartition(".")
        assert not isinstance(value, str)
        tables.setdefault(family, {})[name] = value if not isinstance(value, tuple) else tuple(map(str, value))
    return tables


_Section = TypeVar(
    "_Section", Layout, Metadata, Convert, Split, Buckets, Benchmark, Export, Signing, Watch, Budget, Notify
)


def _build(section: type[_Section], name: str, values: Mapping[str, Value]) -> _Section:
    # Any: each value was checked against its own field's rule, which a type checker cannot follow.
    given: dict[str, Any] = {
        key.removeprefix(f"{name}."): value
        for key, value in values.items()
        if key in RULES and key.startswith(f"{name}.")
    }
    return dataclasses.replace(section(), **given)
