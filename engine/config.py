"""The settings: what they are, where each value came from, and the commented file that ``init`` writes.

The order is flag, ``GONOGO_*`` variable, the corpus's ``gonogo.toml`` (or the file given by ``--config``), the user's
``config.toml``, default. A value is checked even where a stronger one hides it, and every complaint of all
sources comes in one :class:`ConfigError`.
"""

from __future__ import annotations

import ast
import dataclasses
import difflib
import enum
import inspect
import json
import re
import textwrap
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, TypeVar, cast, get_type_hints

import msgspec

from engine.errors import ConfigError, Fault, UsageError, printable
from engine.units import parse_bytes, parse_seconds

Value = int | str | tuple[str, ...]

FILE_NAME: Final = "gonogo.toml"
USER_FILE_NAME: Final = "config.toml"
GATES: Final = ("convert.start", "clean.start", "train.start")
"""The gates that ``[gates]`` can bind; a name beside these would leave a gate open that its author believes shut."""
_EXAMPLE_LISTS: Final = {"convert.start": "phase2-conversion"}
_ALL_KEYS: Final = "`gonogo config show` lists every key"
OTHER_VARIABLES: Final = {
    "GONOGO_STATE": "the folder for runs, ledger and artifacts, as --state",
    "GONOGO_CONFIG": "the configuration file to read in place of the corpus's gonogo.toml, as --config",
}
"""Variables that are no setting of a section."""


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a value must be: the wording of it, the reading of a TOML value, and of a variable's text."""

    wanted: str
    read: Callable[[object], Value]
    """Returns the value; raises ValueError, UsageError or OverflowError for anything else."""
    from_text: Callable[[str], object] = str
    """Turns the text of a variable or flag into what TOML would have held."""


def _must(holds: bool) -> None:
    if not holds:
        raise ValueError


def _number_or_text(text: str) -> object:
    return int(text) if re.fullmatch(r"-?[0-9]{1,18}", text.strip()) else text


def _count(least: int, word: str = "") -> Rule:
    def read(raw: object) -> Value:
        if word and raw == word:
            return word
        if type(raw) is not int or raw < least:
            raise ValueError
        return raw

    wanted = f"a whole number of at least {least}"
    return Rule(f'"{word}" or {wanted}' if word else wanted, read, _number_or_text)


def _text(wanted: str, check: Callable[[str], object]) -> Rule:
    def read(raw: object) -> Value:
        if not isinstance(raw, str):
            raise TypeError
        _must(bool(check(raw)))
        return raw

    return Rule(wanted, read)


def _texts(wanted: str, check: Callable[[str], object]) -> Rule:
    def read(raw: object) -> Value:
        if not isinstance(raw, list | tuple):
            raise TypeError
        _must(all(isinstance(each, str) and check(each) for each in raw))
        return tuple(raw)

    return Rule(wanted, read, lambda text: [part.strip() for part in text.split(",") if part.strip()])


def _is_file_name(text: str) -> bool:
    return "/" not in text and text.isprintable() and text not in ("", ".", "..")


def _is_sidecar(text: str) -> bool:
    """A sidecar's name must not be that of the swap's own record, which ends in ``status.json``."""
    known = text.endswith((".parquet", ".jsonl", ".json", ".csv"))
    return _is_file_name(text) and known and not text.endswith("status.json")


_TAR_NAME = _text(
    'a file name that ends in .tar, such as "audio.tar"',
    lambda t: _is_file_name(t) and len(t) > 4 and t.endswith(".tar"),
)
_TAR_PATTERN = _text('a pattern that ends in .tar, or "" for none', lambda t: not t or t.endswith(".tar"))
_SIDECARS = _texts("a list of file names that end in .parquet, .jsonl, .json or .csv", _is_sidecar)
_PATTERNS = _texts('a list of patterns, such as ["final-*"]', bool)
_NAMES = _texts('a list of column names, such as ["transcript"]', bool)
_SIZE = _text("a size above 0, such as 4GB or 512MiB", lambda t: parse_bytes(t) > 0)
_SIZE_OR_NONE = _text('"" for the default, or a size such as 50GB', lambda t: not t or parse_bytes(t) >= 0)
_TIME = _text("a time above 0, such as 300s or 5m", lambda t: 0 < parse_seconds(t) < float("inf"))
_TIME_OR_ZERO = _text("a time such as 10m, or 0s", lambda t: parse_seconds(t) < float("inf"))


@dataclasses.dataclass(frozen=True)
class Layout:
    """Which files of the corpus are shards, and which lie beside them."""

    audio: Annotated[str, _TAR_NAME] = "audio.tar"
    """Name of the tar in a shard's folder. The swap's companions (audio_48k.bak and so on) keep their names."""
    sidecars: Annotated[tuple[str, ...], _SIDECARS] = (
        "metadata.parquet",
        "metadata.jsonl",
        "metadata.json",
        "metadata.csv",
    )
    """Names of the metadata beside the tar; where two are there, the first in this order is read."""
    lone: Annotated[str, _TAR_PATTERN] = "*.tar"
    """Pattern of lone webdataset tars: each one is a shard of its own. An empty pattern finds none."""
    sources: Annotated[tuple[str, ...], _PATTERNS] = ("*",)
    """Patterns of the source folders to include; "." stands for shards right under the corpus."""
    ignore: Annotated[tuple[str, ...], _PATTERNS] = ()
    """Patterns of folders and files to leave alone: a bare name, or a path under the corpus."""


@dataclasses.dataclass(frozen=True)
class Metadata:
    """Further names under which a sidecar's columns are found; they are asked before the built-in ones."""

    utt_id: Annotated[tuple[str, ...], _NAMES] = ()
    """Columns that hold the utterance's own id."""
    member: Annotated[tuple[str, ...], _NAMES] = ()
    """Columns that hold the name of the audio member in the tar."""
    video_id: Annotated[tuple[str, ...], _NAMES] = ()
    """Columns that hold the recording that the utterance was cut from."""
    text: Annotated[tuple[str, ...], _NAMES] = ()
    """Columns that hold the transcript."""
    language: Annotated[tuple[str, ...], _NAMES] = ()
    """Columns that hold the language."""
    bucket: Annotated[tuple[str, ...], _NAMES] = ()
    """Columns that hold the bucket label, which a conversion carries over as it is."""
    duration_s: Annotated[tuple[str, ...], _NAMES] = ()
    """Columns that hold the duration: seconds, or milliseconds where the name ends in _ms."""

    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Return the extra names of each canonical field that has some."""
        return {field: names for field, names in vars(self).items() if names}


@dataclasses.dataclass(frozen=True)
class Convert:
    """How the conversion runs."""

    workers: Annotated[int | str, _count(1, "auto")] = "auto"
    """Worker processes: a number, or "auto" for one a usable core."""
    floor: Annotated[str, _SIZE_OR_NONE] = ""
    """Free space that no conversion may go below; "" is the smaller of 5 % of the volume and 10 GB."""
    keep_backups: Annotated[int, _count(0)] = 0
    """How many of the newest originals stay beside their converted shards until ``gonogo clean``."""
    spot_checks: Annotated[int, _count(0)] = 8
    """Clips of each converted shard that an independent decoder reads back before the swap."""
    worker_memory: Annotated[str, _SIZE] = "4GB"
    """Memory that one worker may take; one that wants more fails its own shard only."""
    silence: Annotated[str, _TIME] = "300s"
    """How long a worker may say nothing before it is killed and its shard tried again."""
    retries: Annotated[int, _count(0)] = 2
    """How often a shard is tried again after its worker died or hung; then it is parked."""
    floor_wait: Annotated[str, _TIME_OR_ZERO] = "10m"
    """How long a run with nothing running waits below the floor before it stops for safety."""

    @property
    def floor_bytes(self) -> int | None:
        """The floor in bytes; None asks for the default, which needs the volume's size."""
        return parse_bytes(self.floor) if self.floor else None

    @property
    def worker_memory_bytes(self) -> int:
        """The memory of one worker in bytes."""
        return parse_bytes(self.worker_memory)

    @property
    def silence_s(self) -> float:
        """The longest silence of a worker in seconds."""
        return parse_seconds(self.silence)

    @property
    def floor_wait_s(self) -> float:
        """The longest wait below the floor in seconds."""
        return parse_seconds(self.floor_wait)


SECTIONS: Final[Mapping[str, type[Layout | Metadata | Convert]]] = {
    "layout": Layout,
    "metadata.fields": Metadata,
    "convert": Convert,
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """Every setting of one corpus."""

    layout: Layout = dataclasses.field(default_factory=Layout)
    metadata: Metadata = dataclasses.field(default_factory=Metadata)
    convert: Convert = dataclasses.field(default_factory=Convert)
    gates: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Gate to the id of the checklist that opens it. Only the corpus's own file, or --config, binds a gate."""


class OriginKind(enum.StrEnum):
    """Where a value came from, strongest first."""

    FLAG = "flag"
    ENV = "env"
    CORPUS_FILE = "corpus file"
    USER_FILE = "user file"
    DEFAULT = "default"


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where one value came from."""

    kind: OriginKind
    where: str = ""
    """``FILE:LINE``, the variable's name, or empty."""


@dataclasses.dataclass(frozen=True)
class Resolved:
    """The settings of a run, and the origin of each key."""

    settings: Settings
    origins: Mapping[str, Origin]
    """Dotted key (``convert.workers``, ``gates.convert.start``) to origin; a gate that is not bound has none."""


@dataclasses.dataclass(frozen=True)
class KeyHelp:
    """One key as the documentation and ``init`` show it."""

    key: str
    type: str
    """What the value must be, in words."""
    default: Value
    doc: str
    variable: str
    """The environment variable that sets it."""


@dataclasses.dataclass(frozen=True)
class CorpusFacts:
    """What ``init`` found in a corpus, for the head of its file."""

    name: str
    sources: Mapping[str, int] = dataclasses.field(default_factory=dict)
    """Source to its count of shards."""


@dataclasses.dataclass(frozen=True)
class _Entry:
    """One value as it was found."""

    key: str
    raw: object
    origin: Origin


def _rule(section: type, field: str) -> Rule:
    rule: Rule = get_type_hints(section, include_extras=True)[field].__metadata__[0]
    return rule


_RULES: Final = {
    f"{name}.{field.name}": _rule(section, field.name)
    for name, section in SECTIONS.items()
    for field in dataclasses.fields(section)
}


def variable(key: str) -> str:
    """Return the environment variable of a key: ``convert.workers`` is ``GONOGO_CONVERT_WORKERS``."""
    return "GONOGO_" + key.upper().replace(".", "_")


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
    entries = [_Entry(k, v, Origin(OriginKind.FLAG)) for k, v in (flags or {}).items() if v is not None]
    entries += [_Entry(_by_variable(k), v, Origin(OriginKind.ENV, k)) for k, v in env.items() if _is_ours(k)]
    if named is not None:
        entries += _read_file(named, OriginKind.CORPUS_FILE)
    if own is not None and own.exists():
        found = _read_file(own, OriginKind.CORPUS_FILE)
        entries += found if named is None else [entry for entry in found if entry.key.startswith("gates.")]
    if user_folder is not None and (user_folder / USER_FILE_NAME).exists():
        entries += _read_file(user_folder / USER_FILE_NAME, OriginKind.USER_FILE)
    return _resolve(entries)


def _is_ours(name: str) -> bool:
    return name.startswith("GONOGO_") and name not in OTHER_VARIABLES


def _by_variable(name: str) -> str:
    if name.startswith("GONOGO_GATES_"):
        return "gates." + name.removeprefix("GONOGO_GATES_").lower().replace("_", ".")
    return next((key for key in _RULES if variable(key) == name), name)


def _resolve(entries: Iterable[_Entry]) -> Resolved:
    values: dict[str, Value] = {}
    origins: dict[str, Origin] = {}
    faults: list[Fault] = []
    for entry in entries:
        value = _check(entry)
        if isinstance(value, Fault):
            faults.append(value)
        elif entry.key.startswith("gates.") and values.get(entry.key, value) != value:
            faults.append(_two_bindings(entry, origins[entry.key], values[entry.key]))
        elif entry.key not in values:
            values[entry.key], origins[entry.key] = value, entry.origin
    if faults:
        raise ConfigError("\n".join(str(fault) for fault in faults))
    for key in _RULES:
        origins.setdefault(key, Origin(OriginKind.DEFAULT))
    settings = Settings(
        _build(Layout, "layout", values),
        _build(Metadata, "metadata.fields", values),
        _build(Convert, "convert", values),
        {key.removeprefix("gates."): str(value) for key, value in values.items() if key.startswith("gates.")},
    )
    return Resolved(settings, origins)


_Section = TypeVar("_Section", Layout, Metadata, Convert)


def _build(section: type[_Section], name: str, values: Mapping[str, Value]) -> _Section:
    given = {key.removeprefix(f"{name}."): value for key, value in values.items() if key.startswith(f"{name}.")}
    return msgspec.convert(given, section)


def _check(entry: _Entry) -> Value | Fault:
    """Return the value of an entry, or what is wrong with it."""
    kind = entry.origin.kind
    if entry.key.startswith("gates."):
        return _check_gate(entry)
    rule = _RULES.get(entry.key)
    if rule is None:
        return _unknown(entry)
    raw = entry.raw
    if isinstance(raw, str) and kind in (OriginKind.FLAG, OriginKind.ENV):
        raw = rule.from_text(raw)
    try:
        return rule.read(raw)
    except (ValueError, TypeError, OverflowError, UsageError):
        return _fault(entry, "not a possible value", rule.wanted)


def _check_gate(entry: _Entry) -> Value | Fault:
    if entry.origin.kind is not OriginKind.CORPUS_FILE:
        wanted = f"no gate here: gates are bound in the corpus's {FILE_NAME} alone"
        return _fault(entry, "a gate cannot be bound from here", wanted)
    if entry.key.removeprefix("gates.") not in GATES:
        return _unknown(entry)
    if not isinstance(entry.raw, str) or not entry.raw:
        return _fault(entry, "not a possible value", 'the id of a checklist, such as "phase2-conversion"')
    return entry.raw


def _two_bindings(entry: _Entry, other: Origin, value: Value) -> Fault:
    fault = _fault(entry, "the gate is bound to another checklist elsewhere", f"{_show(value)} as in {other.where}")
    return msgspec.structs.replace(fault, way_out="bind it in one of the two files")


def _fault(entry: _Entry, problem: str, wanted: str, way_out: str = "") -> Fault:
    place = entry.origin.where or "the command line"
    key = "" if place == entry.key else entry.key
    return Fault(problem, file=place, member=key, read=_show(entry.raw), wanted=wanted, way_out=way_out)


def _unknown(entry: _Entry) -> Fault:
    """Name the nearest known key: the same name in another section, or one that is spelled alike."""
    sections = [*SECTIONS, "gates"]
    if isinstance(entry.raw, dict):
        what, keys, wanted = "section", sections, f"one of the sections {', '.join(sections)}"
    elif entry.origin.kind is OriginKind.ENV:
        what, keys, wanted = "variable", [*map(variable, _RULES), *OTHER_VARIABLES], "a variable that gonogo knows"
    else:
        what, keys, wanted = "key", [*_RULES, *(f"gates.{gate}" for gate in GATES)], "a key that gonogo knows"
    last = entry.key.rpartition(".")[2]
    near = [key for key in keys if key.rpartition(".")[2] == last] or difflib.get_close_matches(entry.key, keys, 1)
    return _fault(entry, f"unknown {what}", wanted, f"did you mean {near[0]}?" if near else _ALL_KEYS)


def _show(raw: object) -> str:
    """Write a value as TOML has it, cut where it is long."""
    text = json.dumps(raw, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."


def _read_file(path: Path, kind: OriginKind) -> list[_Entry]:
    """Read one TOML file into its entries, each with its line."""
    try:
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{path}: the configuration cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}: wanted TOML, which is UTF-8") from error
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        at = re.search(r" \(at line (\d+), column (\d+)\)$", str(error))
        place = f"{path}:{at[1]}:{at[2]}" if at else f"{path}: end of file"
        reason = str(error).partition(" (at ")[0]
        raise ConfigError(f"{place}: not TOML: {reason}; mend the line and run `gonogo config validate`") from error
    except RecursionError as error:
        raise ConfigError(f"{path}: nested too deep for a configuration; wanted sections with plain values") from error
    lines = _lines_of_keys(text)
    return [
        _Entry(".".join(key), raw, Origin(kind, f"{path}:{lines.get(key, 1)}")) for key, raw in _flatten(tables, ())
    ]


def _flatten(table: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    """Yield the keys of known sections one by one, and an unknown or misplaced table as one value."""
    for name, raw in table.items():
        path = (*above, name)
        dotted = ".".join(path)
        is_section = path[0] == "gates" or any(f"{known}.".startswith(f"{dotted}.") for known in SECTIONS)
        if is_section and isinstance(raw, dict):
            yield from _flatten(raw, path)
        else:
            yield path, raw


def _lines_of_keys(text: str) -> dict[tuple[str, ...], int]:
    """Find the line of each key, which tomllib does not tell.

    A section is parsed line by line: the first piece that parses and holds a key ends on the last line of its
    value, so it began after the last piece that parsed. No multi-line string is taken for a key.
    """
    lines: dict[tuple[str, ...], int] = {}
    rows = text.split("\n")
    first = begun = 0
    for number, row in enumerate(rows):
        bare = row.strip()
        if not bare or bare.startswith("#"):
            begun += begun == number
            continue
        if bare.startswith("[") and begun == number:
            first = number
        try:
            piece = tomllib.loads("\n".join(rows[first : number + 1]))
        except tomllib.TOMLDecodeError:
            continue
        for path in _paths(piece, ()):
            lines.setdefault(path, begun + 1)
        begun = number + 1
    return lines


def _paths(table: Mapping[str, object], above: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    for name, raw in table.items():
        yield (*above, name)
        if isinstance(raw, dict):
            yield from _paths(raw, (*above, name))


def _docs(section: type) -> dict[str, str]:
    """Return the docstring below each field, read from this module's own source: Python keeps none at run time."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(section))).body
    assert isinstance(tree, ast.ClassDef)
    docs: dict[str, str] = {}
    for field, below in zip(tree.body, tree.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            assert isinstance(below.value, ast.Constant)
            docs[field.target.id] = inspect.cleandoc(str(below.value.value))
    return docs


def describe() -> Iterator[KeyHelp]:
    """Yield every key of every section in the order of this file; gates stand in :data:`GATES`."""
    for name, section in SECTIONS.items():
        docs = _docs(section)
        for field in dataclasses.fields(section):
            key = f"{name}.{field.name}"
            yield KeyHelp(key, _RULES[key].wanted, cast("Value", field.default), docs[field.name], variable(key))


def commented_toml(facts: CorpusFacts) -> str:
    """Write a ``gonogo.toml`` in which every key stands at its default, commented out, below its explanation."""
    lines = [
        f"# gonogo's settings for the corpus {printable(facts.name)}. A key that is commented out has its default."
    ]
    lines += [f"# Found: {printable(source)}, {count:,} shards" for source, count in facts.sources.items()]
    for name, section in SECTIONS.items():
        lines += ["", f"# {inspect.cleandoc(section.__doc__ or '').splitlines()[0]}", f"[{name}]"]
        for entry in describe():
            if entry.key.rpartition(".")[0] == name:
                default = entry.default if not isinstance(entry.default, tuple) else list(entry.default)
                lines += ["", *(f"# {line}" for line in entry.doc.splitlines())]
                lines += [f"# {entry.key.rpartition('.')[2]} = {json.dumps(default)}"]
    lines += ["", "# A bound gate stays shut until its checklist is signed. Take the # away to bind one.", "# [gates]"]
    lines += [f'# "{gate}" = "{_EXAMPLE_LISTS.get(gate, "my-checklist")}"' for gate in GATES]
    return "\n".join(lines) + "\n"
