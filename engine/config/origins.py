"""Where the value of a setting came from."""

from __future__ import annotations

import dataclasses
import enum
from typing import Final

FILE_NAME: Final = "gonogo.toml"
USER_FILE_NAME: Final = "config.toml"


class OriginKind(enum.StrEnum):
    """Where a value came from, strongest first."""

    FLAG = "flag"
    ENV = "env"
    CORPUS_FILE = "corpus file"
    USER_FILE = "user file"
    DEFAULT = "default"


@dataclasses.dataclass(frozen=True)
class Origin:
    """Where one value came from."""

    kind: OriginKind
    where: str = ""
    """``FILE:LINE``, the variable's name, or empty."""


@dataclasses.dataclass(frozen=True)
class Entry:
    """One value as it was found."""

    key: str
    raw: object
    origin: Origin
