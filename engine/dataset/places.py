"""Where the artifacts of a corpus lie, and what an artifact says it was made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.crew.artifacts import artifact
from engine.crew.wire import from_wire
from engine.dataset.split.make import SplitFiles
from engine.dataset.tasks import Task
from engine.errors import Fault, InputError

MANIFEST = "manifest.parquet"


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one corpus."""

    corpus: Path
    state: Path

    def __call__(self, name: str) -> Path:
        """Name one artifact."""
        return artifact(self.state, name)

    @property
    def manifest(self) -> Path:
        """The table of all clips.

        Raises:
            InputError: when it is not there.
        """
        path = self(MANIFEST)
        if not path.is_file():
            raise InputError(
                Fault(
                    "there is no manifest",
                    file=str(path),
                    read="nothing",
                    wanted="the table of all clips",
                    way_out=f"make it: gonogo manifest {self.corpus}",
                )
            )
        return path

    @property
    def split(self) -> SplitFiles:
        """What a split reads and writes."""
        return SplitFiles(
            manifest=self.manifest,
            lock=self.corpus / "split.lock",
            table=self("split.parquet"),
            near=self.state,
        )


def places_of(task: Task) -> Places:
    """Return where a task about the whole corpus works."""
    assert hasattr(task, "corpus")
    return Places(from_wire(task.corpus), from_wire(task.state))
