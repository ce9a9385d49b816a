"""All figures of the conversion from one run, as one table beside their goals.

``python -m benchmarks.conversion [--quick] [--profile] [--only PART,...] [--folder ON_THE_DISK] [--plot FILE.svg]``.
Prints Markdown for docs/performance.md. Each part can be run by itself: see the modules that are named here. One run
takes some ten minutes, and wants the machine for itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks import disk, inventory, kernel, memory, per_clip, scaling, shards
from benchmarks.conversion_plot import plot
from benchmarks.figures import Section, figures_table, section_text
from benchmarks.machine import facts, load
from benchmarks.peers import absent
from benchmarks.plan import Plan, parser, plan_for
from benchmarks.profile_shard import profiled

PARTS: dict[str, Callable[[Plan], Section]] = {
    "kernel": kernel.measure,
    "wav": shards.measure,
    "disk": disk.measure,
    "flac": shards.measure_flac,
    "clip": per_clip.measure,
    "memory": memory.measure,
    "scaling": scaling.measure,
    "inventory": inventory.measure,
}


def main() -> None:
    """Measure, print, draw."""
    made = parser(__doc__)
    made.add_argument("--only", default=",".join(PARTS), help=f"parts, of {','.join(PARTS)}")
    made.add_argument("--profile", action="store_true", help="say where gonogo's time goes, too")
    made.add_argument("--plot", type=Path, help="write the picture here, as SVG")
    asked = made.parse_args()
    chosen = asked.only.split(",")
    unknown = set(chosen) - set(PARTS)
    if unknown:
        made.error(f"--only: read {', '.join(sorted(unknown))}, wanted some of {', '.join(PARTS)}")
    with plan_for(asked.folder, quick=asked.quick) as plan:
        told = facts(plan.folder)
        sections = [PARTS[name](plan) for name in chosen]
        profiles = [profiled(plan, codec) for codec in ("wav", "flac")] if asked.profile else []
    sys.stdout.write(_text(told, sections, profiles))
    if asked.plot is not None:
        asked.plot.write_text(plot(sections), encoding="utf-8")


def _text(told: tuple[str, ...], sections: list[Section], profiles: list[Section]) -> str:
    head = [*told, f"load average at the end {load()}"]
    head += [f"left out: {name}, which is not installed ({way})" for name, way in absent().items()]
    parts = ["\n".join(f"- {line}" for line in head) + "\n", figures_table(sections)]
    parts += [section_text(section) for section in (*sections, *profiles) if section.speeds or section.remarks]
    return "\n".join(parts)


if __name__ == "__main__":
    main()
