"""All figures of the training artifacts from one run, as one table beside their goals.

``python -m benchmarks.artifacts [--quick] [--only PART,...] [--folder ON_THE_DISK]``. Prints Markdown for
docs/performance.md. Each part can be run by itself: see the modules that are named here. One run takes some ten
minutes, and wants the machine for itself.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from benchmarks import artifact_decode, artifact_leaks, artifact_padding, artifact_split, manifest
from benchmarks.figures import Section, figures_table, section_text
from benchmarks.machine import facts, load
from benchmarks.plan import Plan, parser, plan_for
from engine.host.facts import package_versions

PARTS: Final[dict[str, Callable[[Plan], Section]]] = {
    "manifest": manifest.measure,
    "split": artifact_split.measure,
    "padding": artifact_padding.measure,
    "leaks": artifact_leaks.measure,
    "decode": artifact_decode.measure,
}
PACKAGES: Final = ("pyarrow", "duckdb", "polars", "scikit-learn", "hypothesis")


def main() -> None:
    """Measure and print."""
    made = parser(__doc__)
    made.add_argument("--only", default=",".join(PARTS), help=f"parts, of {','.join(PARTS)}")
    asked = made.parse_args()
    chosen = asked.only.split(",")
    unknown = set(chosen) - set(PARTS)
    if unknown:
        made.error(f"--only: read {', '.join(sorted(unknown))}, wanted some of {', '.join(PARTS)}")
    with plan_for(asked.folder, quick=asked.quick) as plan:
        told = facts(plan.folder)
        sections = [PARTS[name](plan) for name in chosen]
    sys.stdout.write(_text(told, sections))


def _text(told: tuple[str, ...], sections: list[Section]) -> str:
    others = ", ".join(f"{name} {version}" for name, version in package_versions(PACKAGES).items())
    head = "".join(f"- {line}\n" for line in (*told, f"and {others}", f"load average at the end {load()}"))
    return "\n".join([head, figures_table(sections), *(section_text(section) for section in sections)])


if __name__ == "__main__":
    main()
