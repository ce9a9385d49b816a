"""What a check stands on: the corpus, its state and settings, and the environments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template

from engine.config import Settings
from engine.errors import UsageError
from engine.host.disk import device_of, existing
from engine.host.facts import usable_cpus
from engine.shards.layout import find_shards


@dataclass(frozen=True, slots=True)
class Around:
    """What the checks of a list look at."""

    corpus: Path
    """The folder that the list is about; relative paths begin here."""
    state: Path
    settings: Settings
    env: Mapping[str, str]
    """gonogo's own environment, which programs are started with."""
    worker_env: Mapping[str, str]
    """The environment that workers will get."""
    dry_run: bool = False
    """Only the state folder is going to be written to."""

    @property
    def workers(self) -> int:
        """How many workers a conversion would start."""
        asked = self.settings.convert.workers
        return asked if isinstance(asked, int) else usable_cpus()

    def expand(self, text: str) -> str:
        """Put ``$CORPUS``, ``$STATE`` and the environment's variables into a text.

        Raises:
            UsageError: when it names a variable that is not set.
        """
        known = {**self.env, "CORPUS": str(self.corpus), "STATE": str(self.state)}
        try:
            return Template(text).substitute(known)
        except (KeyError, ValueError) as error:
            raise UsageError(f"{text!r}: there is no variable {error}; set it, or write $$ for a dollar") from error

    def path(self, text: str) -> Path:
        """Return the path that a checklist means: ``~`` and variables expanded, relative ones under the corpus.

        Raises:
            UsageError: when it names a variable that is not set.
        """
        return self.corpus / Path(self.expand(text)).expanduser()

    def volumes(self) -> tuple[Path, ...]:
        """Return one folder on each volume that a conversion writes to: the state's, and the sources'."""
        by_device = {device_of(self.state): existing(self.state)}
        if not self.dry_run:
            for place in find_shards(self.corpus, self.settings.layout).shards:
                by_device.setdefault(device_of(place.files.folder), place.files.folder.parent)
        return tuple(by_device.values())
