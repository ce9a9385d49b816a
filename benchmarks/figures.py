"""What a benchmark says: figures beside their goals, candidates beside each other, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from benchmarks.measuring import Cost, Race, Spread, figure, megabytes_per_s, times_as_long, wall


class Goal(msgspec.Struct, frozen=True):
    """Where a figure is to be."""

    value: float
    at_least: bool = True
    """Else at most."""
    unit: str = ""

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.value:g}{self.unit}"

    def reached_by(self, measured: Spread) -> bool:
        """Tell whether the median is there."""
        return measured.middle >= self.value if self.at_least else measured.middle <= self.value


class Figure(msgspec.Struct, frozen=True):
    """One measured figure."""

    name: str
    goal: Goal | None
    measured: Spread | None
    """None where it could not be measured; ``note`` says why."""
    note: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        goal = "" if self.goal is None else str(self.goal)
        if self.measured is None:
            return (self.name, goal, f"not measured: {self.note}", "")
        unit = "" if self.goal is None else self.goal.unit
        reached = "" if self.goal is None else "yes" if self.goal.reached_by(self.measured) else "no"
        return (self.name, goal, f"{self.measured}{unit}", reached)


class Speed(msgspec.Struct, frozen=True):
    """One candidate of a race: MB of PCM a second, and how much longer than gonogo it took."""

    name: str
    by_cpu: Spread
    by_wall: Spread
    cpu_ratio: Spread

    @property
    def row(self) -> tuple[str, ...]:
        """Its line of the table."""
        return (self.name, str(self.by_cpu), str(self.by_wall), str(self.cpu_ratio))


class Section(msgspec.Struct, frozen=True):
    """What one benchmark found."""

    title: str
    figures: tuple[Figure, ...] = ()
    speeds: tuple[Speed, ...] = ()
    remarks: tuple[str, ...] = ()


def compared(name: str, goal: Goal | None, race: Race, *, theirs: str, ours: str, note: str = "") -> Figure:
    """Say how many times as long another candidate takes, by processor time; ``note`` says why it may be absent."""
    if theirs not in race or ours not in race:
        return Figure(name, goal, None, note or "not asked for")
    return Figure(name, goal, times_as_long(race[theirs], race[ours]))


def speeds(race: Race, ours: str) -> tuple[Speed, ...]:
    """Rank a race's candidates by processor time."""

    def told(name: str, costs: Sequence[Cost]) -> Speed:
        ratio = times_as_long(costs, race[ours])
        return Speed(name, megabytes_per_s(costs), megabytes_per_s(costs, wall), ratio)

    return tuple(sorted((told(*item) for item in race.costs.items()), key=lambda speed: speed.cpu_ratio.middle))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a Markdown table."""
    lines = (f"| {' | '.join(row)} |" for row in (columns, ["---"] * len(columns), *rows))
    return "\n".join(lines) + "\n"


def figures_table(sections: Iterable[Section]) -> str:
    """Write all figures with their goals."""
    rows = [one.row for section in sections for one in section.figures]
    return table(("figure", "goal", "measured: median [least-most]", "reached"), rows)


def section_text(section: Section) -> str:
    """Write a section's candidates and remarks."""
    parts = [f"### {section.title}\n"]
    if section.speeds:
        columns = ("candidate", "MB/s by CPU", "MB/s by wall", "times gonogo's CPU")
        parts.append(table(columns, (speed.row for speed in section.speeds)))
    parts += [f"- {remark}" for remark in section.remarks]
    return "\n".join(parts) + "\n"


def shares(parts: dict[str, float]) -> str:
    """Write how a sum divides, the largest first."""
    whole = sum(parts.values()) or 1.0
    largest = sorted(parts.items(), key=lambda item: -item[1])
    return ", ".join(f"{name} {value / whole:.0%} ({figure(value * 1000)} ms)" for name, value in largest)
