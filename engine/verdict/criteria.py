"""What is asked before a run may go on: a TOML file of criteria, each with its figure, bound and reason."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from engine.config.tomlfile import Toml, read_toml
from engine.errors import ConfigError, UsageError
from engine.units import parse_seconds
from engine.verdict.quantities import Quantity, Unit, parse_quantity

WEEK_FIVE: Final = Path(__file__).with_name("week_five.toml")
"""The criteria that ship: is it worth to go on after week five?"""
_MAX_BYTES: Final = 1 << 20
_MEND: Final = "try again"

Name = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9_-]{0,63}\Z")]
Text = Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
Dotted = Annotated[str, msgspec.Meta(pattern=r"\A[^.]+(\.[^.]+)*\Z", max_length=200)]
Value = str | int | float


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="from"):
    """Where a figure comes from."""


class FromCost(Source, frozen=True, forbid_unknown_fields=True, tag="cost"):
    """The cost ledger."""

    value: Literal["spent", "projected"] = "spent"
    """What is spent by now, or what will be at the plan's end."""


class FromWatch(Source, frozen=True, forbid_unknown_fields=True, tag="watch"):
    """The summary of ``gonogo watch --once --json``."""

    path: Dotted
    """Where it stands there: ``worst``, ``last.eval_loss``."""


class FromJson(Source, frozen=True, forbid_unknown_fields=True, tag="json"):
    """A JSON file."""

    file: Text
    """Relative to the criteria's own folder, or absolute."""
    path: Dotted
    """Keys and list indexes with dots between."""


class FromHand(Source, frozen=True, forbid_unknown_fields=True, tag="hand"):
    """People measure it, and one of them says what came out."""


AnySource = FromCost | FromWatch | FromJson | FromHand


class Criterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One question that a figure answers."""

    id: Name
    ask: Text
    """The question."""
    figure: AnySource
    at_least: Value | None = None
    """The least that is enough; of this and :attr:`at_most` one."""
    at_most: Value | None = None
    """The most that may be."""
    margin: Value | None = None
    """Met, but nearer to the bound than this: conditional."""
    max_age: str = ""
    """How old the figure may be, such as ``48h``; "" for any age."""
    why: str = ""
    """Why the bound stands where it does."""

    def __post_init__(self) -> None:
        """Refuse what cannot be compared."""
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("wanted one of at_least and at_most")
        try:
            bound, margin = self.bound, self.margin_quantity
            max_age_s = self.max_age_s
        except UsageError as error:
            raise ValueError(str(error)) from error
        if margin is not None and (margin.unit is not bound.unit or bound.unit is Unit.LEVEL or margin.value < 0):
            raise ValueError(f"margin = {self.margin!r}: wanted {bound.unit} as the bound is, and no level")
        if max_age_s == 0:
            raise ValueError(f"max_age = {self.max_age!r}: wanted more than nothing")

    @property
    def bound(self) -> Quantity:
        """What the figure is held against; its unit is the criterion's."""
        raw = self.at_least if self.at_least is not None else self.at_most
        assert raw is not None, "one of the two is there"
        return parse_quantity(raw)

    @property
    def margin_quantity(self) -> Quantity | None:
        """The margin, where there is one."""
        return None if self.margin is None else parse_quantity(self.margin)

    @property
    def max_age_s(self) -> float | None:
        """How old the figure may be, in seconds; None for any age."""
        return parse_seconds(self.max_age) if self.max_age else None

    @property
    def wanted(self) -> str:
        """Write the bound in words: ``at least 35 %``."""
        return f"{'at least' if self.at_least is not None else 'at most'} {self.bound}"


class _Head(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: Name
    title: Text
    about: str = ""


@dataclass(frozen=True, slots=True)
class Criteria:
    """A file of them."""

    id: str
    title: str
    about: str
    criteria: tuple[Criterion, ...]
    path: Path
    sha256: str


def load_criteria(path: Path = WEEK_FIVE) -> Criteria:
    """Read a file of criteria.

    Raises:
        ConfigError: when it is no TOML, or holds unknown keys or impossible values; each with its line.
    """
    if path.is_file() and path.stat().st_size > _MAX_BYTES:
        raise ConfigError(f"{path}: read {path.stat().st_size:,} bytes, wanted criteria of at most {_MAX_BYTES:,}")
    toml = read_toml(path, "file of criteria", _MEND)
    head, criteria, faults = None, [], list(_unknown(toml))
    try:
        head = msgspec.convert(toml.tables.get("verdict", {}), _Head)
    except msgspec.ValidationError as error:
        faults.append((_line(toml, ("verdict",)), f"[verdict] {_told(error)}"))
    tables = toml.tables.get("criterion", [])
    for index, table in enumerate(tables if isinstance(tables, list) else []):
        try:
            criteria.append(msgspec.convert(table, Criterion))
        except msgspec.ValidationError as error:
            faults.append((_line(toml, ("criterion", index)), _told(error)))
    names = [one.id for one in criteria]
    faults += [(1, f"{name!r} is the id of several criteria") for name in sorted(set(names)) if names.count(name) > 1]
    if not criteria and not faults:
        faults.append((1, "there are no criteria; wanted a [[criterion]] for each question"))
    if faults or head is None:
        raise ConfigError("\n".join(f"{path}:{line}: {told}" for line, told in sorted(faults)))
    sha256 = hashlib.sha256(toml.content).hexdigest()
    return Criteria(head.id, head.title, head.about, tuple(criteria), path, sha256)


def _unknown(toml: Toml) -> Iterator[tuple[int, str]]:
    for name in toml.tables:
        if name not in ("verdict", "criterion"):
            yield _line(toml, (name,)), f"{name!r} is not known here; wanted [verdict] and [[criterion]]"


def _line(toml: Toml, path: tuple[str | int, ...]) -> int:
    return toml.positions[path].line if path in toml.positions else 1


def _told(error: msgspec.ValidationError) -> str:
    problem, _, at = str(error).partition(" - at `$")
    key = at.strip("`.")
    return (f"{key}: " if key else "") + problem[:1].lower() + problem[1:]
