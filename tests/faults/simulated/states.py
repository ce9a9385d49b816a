"""Prints every class of states that a fault can leave, and the row of the recovery table that handles it.

``python -m tests.faults.simulated.states > docs/recovery-states.md``
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field

from tests.faults.simulated.explore import Explorer
from tests.faults.simulated.shard import Setting, Shard, simulated_shard
from tests.faults.simulated.sim_disk import Disk, Model
from tests.faults.tally import Tally

HEAD = """\
# The states that a fault leaves

Every class of states in which the fault harness has found a shard, and the row of the
[recovery table](swap-protocol.md#recovery) that handles it. The real conversion runs over a simulated file system
(`tests/faults/simulated/`). Each of its calls is a kill, a power cut, an error or a lie of the disk once, and after
each of these each call of the next attempt again, but for two errors or lies in a row. What is left each time is
judged: nothing is lost, and the next run ends as if nothing had happened.

This page is printed: `python -m tests.faults.simulated.states > docs/recovery-states.md`. A test compares it.

The letters are those of the recovery table: **O** the original, **N** its result, **O=** A's own file under its second
name, **x** anything else that is there, **-** nothing; S is **sg** `swapping`, **sd** `swapped`, **?** no record that
can be read. Torn files read in different ways, so that a class may be handled by several rows.

"""
WAYS = ("kill", "power cut", "error", "lie")


@dataclass
class Class:
    """What is known of one class."""

    rows: set[int] = field(default_factory=set)
    ways: set[str] = field(default_factory=set)
    links: set[bool] = field(default_factory=set)


def gather(shard: Shard, *, nested: bool) -> dict[str, Class]:
    """Explore, and sort what was seen into classes."""
    classes: dict[str, Class] = {}
    for setting, model in ((Setting(), Model.ORDERED), (Setting(), Model.WEAK), (Setting(links=False), Model.WEAK)):

        def sees(state: str, what: str, disk: Disk, setting: Setting = setting) -> None:
            one = classes.setdefault(state, Class())
            one.ways |= {*what.split(", ")}
            one.links.add(setting.links)
            recovery = shard.recover(disk.copy()).recovery
            one.rows.add(1 if recovery is None else recovery.row)

        look = Explorer(shard, setting, model, Tally("states"), sees=sees)
        crashed = look.crashes([look.fresh])
        others = look.errors([look.fresh]) + look.lies([look.fresh])
        if nested:
            look.crashes([*crashed, *others])
            look.errors(crashed)
            look.lies(crashed)
    return classes


def table(classes: dict[str, Class]) -> str:
    """Write the classes as a table, by row."""
    lines = ["| A | B | T | S | row | after | swap by |", "| --- | --- | --- | --- | --- | --- | --- |"]
    for state, one in sorted(classes.items(), key=lambda item: (sorted(item[1].rows), item[0])):
        cells = re.findall(r"=(\S+)", state)
        rows = ", ".join(map(str, sorted(one.rows)))
        ways = ", ".join(way for way in WAYS if way in one.ways)
        swap = "both" if len(one.links) > 1 else "links" if True in one.links else "renames"
        lines.append(f"| {' | '.join([*cells, rows, ways, swap])} |")
    return "\n".join(lines) + "\n"


def page(shard: Shard) -> str:
    """Write the whole page."""
    return HEAD + table(gather(shard, nested=True))


def main() -> None:
    """Print the page."""
    with simulated_shard() as shard:
        sys.stdout.write(page(shard))


if __name__ == "__main__":
    main()
