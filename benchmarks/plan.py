"""How much is measured and where; what each of the conversion's benchmarks is started with."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Section, figures_table, section_text
from benchmarks.made_shards import Shard, make_shard

QUICK_ROUNDS = 2


@dataclass(frozen=True)
class Plan:
    """One run of the benchmarks."""

    folder: Path
    """On the disk that is measured; gone afterwards."""
    quick: bool = False
    """A smoke test: two rounds of small shards. Its figures mean nothing."""

    def rounds(self, wanted: int) -> int:
        """Return how many rounds are run."""
        return QUICK_ROUNDS if self.quick else wanted

    def shard(self, codec: str, megabytes: int, clip_s: float = 10.0) -> Shard:
        """Make a shard of so much PCM, a fifth of it in a quick run."""
        size = megabytes * 10**6 // (5 if self.quick else 1)
        path = self.folder / f"{codec}-{megabytes}-{clip_s:g}.tar"
        return make_shard(path, codec, size, clip_s)

    def place(self, name: str) -> Path:
        """Name a folder for one candidate."""
        return self.folder / name.replace(" ", "-").replace(",", "").replace("'", "")

    def told(self, what: str) -> Callable[[str], None]:
        """Return what tells a person at a terminal where the run is."""

        def tell(where: str) -> None:
            if sys.stderr.isatty():
                sys.stderr.write(f"\r\033[K{what}: {where}")

        return tell


@contextmanager
def plan_for(folder: Path | None, *, quick: bool) -> Iterator[Plan]:
    """Make a folder for a run, and take it away."""
    with tempfile.TemporaryDirectory(prefix="gonogo-bench-", dir=folder) as home:
        yield Plan(Path(home), quick)


def parser(doc: str | None) -> argparse.ArgumentParser:
    """Return the arguments that all these benchmarks take."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--quick", action="store_true", help="a smoke test of a minute; its figures mean nothing")
    made.add_argument("--folder", type=Path, help="on the disk that is to be measured [the system's temporary folder]")
    return made


def plan_from(arguments: Sequence[str], measure: Callable[[Plan], Section]) -> None:
    """Run one benchmark by itself, and print what it found."""
    asked = parser(sys.modules[measure.__module__].__doc__).parse_args(arguments)
    with plan_for(asked.folder, quick=asked.quick) as plan:
        section = measure(plan)
    sys.stdout.write(f"{figures_table([section])}\n{section_text(section)}")
