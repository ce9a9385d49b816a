"""Lightning's ``metrics.csv``: sparse rows, and the whole file written anew in place when a key appears.

Rows that were told before the file got another column are the same rows after it, and are passed over. Several rows
of one step belong together: training, validation and the mean of the epoch stand in rows of their own.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from engine.watch.sources.csv_log import CsvReader
from engine.watch.sources.lines import LineSource

_SIGNS: Final = ("_step", "_epoch")
"""What Lightning appends to the names of metrics that it logs both ways."""


class LightningReader(CsvReader):
    """Reads the rows."""

    @property
    def format(self) -> str:
        """The format's name."""
        return "lightning_csv"


class LightningSource(LineSource):
    """A ``metrics.csv``, followed."""


def open_lightning_csv(path: Path, name: str = "") -> LineSource:
    """Follow a ``metrics.csv``."""
    return LightningSource.of_file(path, LightningReader(), name)


def sniff(path: Path, head: bytes) -> bool:
    """Tell whether the header is one that Lightning writes: sorted or not, ``epoch`` and ``step`` are in it."""
    names = head.partition(b"\n")[0].decode("utf-8", "replace").strip().split(",")
    if not {"epoch", "step"} <= set(names) or len(names) < 3:
        return False
    beside = [name for name in names if name not in ("epoch", "step")]
    return path.name == "metrics.csv" or any(name.endswith(_SIGNS) or "val" in name for name in beside)
