"""What an export is asked for, and what it tells of what it did."""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from engine.config.artifact_sections import EXPORTS
from engine.errors import UsageError

SPLITS: Final = ("train", "dev", "test")
"""What goes out; what else a split table says of a clip keeps it in."""
CUTS_A_FILE: Final = 100_000
"""A file that lhotse shuffles as one, and 40 MB unpacked."""


class ExportAsk(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to read and write, and what to write."""

    corpus: str
    """The folder that the manifest's tars lie under."""
    manifest: str
    """``manifest.parquet``."""
    split: str
    """``split.parquet``, of the same manifest."""
    folder: str
    """Each format gets a folder of its name in here."""
    formats: tuple[str, ...] = EXPORTS
    lhotse_source: Literal["command", "shar_ptr"] = "command"
    """How a cut names the bytes of its clip. lhotse 1.33 reads ``command``; from 2.0 on ``shar_ptr`` too, without
    starting a program for each clip."""
    cuts_a_file: int = CUTS_A_FILE

    def __post_init__(self) -> None:
        """Refuse a format that there is none of."""
        unknown = [name for name in self.formats if name not in EXPORTS]
        if unknown or not self.formats or self.cuts_a_file < 1:
            read = ", ".join(unknown) or "none"
            raise UsageError(f"export: formats {read}, {self.cuts_a_file} cuts a file: wanted {', '.join(EXPORTS)}; 1")


class Inputs(msgspec.Struct, frozen=True, kw_only=True):
    """What an export was made of; while all of it is the same, so is the export."""

    version: int = 1
    """Of what is written; another one makes all exports again."""
    manifest_xxh3_128: str
    split_xxh3_128: str
    corpus: str
    """Resolved: commands in cuts name it, and links lead to it."""
    options: dict[str, str | int] = {}


class FormatReport(msgspec.Struct, frozen=True, kw_only=True):
    """One format's export."""

    format: str
    folder: str
    made: bool
    """False where what was there already is of the same inputs."""
    clips: dict[str, int]
    """By split."""
    seconds: dict[str, float]
    """By split."""
    tars: int
    several_channels: int
    """Of the clips: NeMo's models take one channel."""
    left_out: dict[str, int]
    """Clips by reason."""
    files: int
    size_bytes: int


class ExportReport(msgspec.Struct, frozen=True, kw_only=True):
    """All that was asked for, in that order."""

    formats: tuple[FormatReport, ...]
