"""A row of the table of bad input: what is wrong, how it is made, where it comes in, and what must be told of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Door(StrEnum):
    """Where a file comes into gonogo."""

    TAR = "conversion of a shard"
    CLIP = "conversion of a shard with this clip"
    SIDECAR = "dry run of a shard with this sidecar"
    MEMBER = "inventory of a lone tar with this metadata member"
    RECORD = "recovery of a shard with this record"
    CLIP_TABLE = "validation of a converted shard with this clip table"
    CONFIG = "settings of a corpus"
    CHECKLIST = "a checklist"
    CHECK = "a parquet check of a checklist"
    LAYOUT = "discovery of a corpus"


class State(StrEnum):
    """What became of it."""

    QUARANTINED = "quarantined"
    """The shard is left alone, and a person told."""
    REFUSED = "refused"
    """The command, or the gate, does not go on."""
    FLAGGED = "flagged"
    """The file is not believed, which is told beside the shard's result; the audio does not depend on it."""
    KEPT = "kept"
    """It is odd and no more: taken byte for byte, and shown escaped."""


Make = Callable[[], bytes]


@dataclass(frozen=True)
class Row:
    """One bad file."""

    id: str
    wrong: str
    """What is wrong with it, in the words of somebody who knows the format."""
    door: Door
    data: Make

    """The file's bytes; for a shard's layout nothing."""
    state: State
    told: tuple[str, ...] = ()
    """Words that the message must have."""
    name: str = ""
    """Of the file or the member, where the door leaves it open."""
    plant: Callable[[Path], None] | None = None
    """Lays out what bytes alone cannot say: links, folders, odd names."""
    by_chance: bool = False
    """Its writer puts a random number into it, so that its bytes differ each time."""


@dataclass(frozen=True)
class Outcome:
    """What one reader made of a row."""

    state: str
    text: str
    peak_bytes: int = 0
    """Of the process that read it."""


def fixed(data: bytes) -> Make:
    """Give out bytes that are there already."""
    return lambda: data


def slug(text: str) -> str:
    """Make an id of a few words."""
    return "-".join("".join(char if char.isalnum() else " " for char in text.lower()).split())
