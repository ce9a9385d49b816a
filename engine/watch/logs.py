"""The training logs that the settings name: ``[watch] logs``."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from engine.config import Settings
from engine.errors import Fault, InputError

_WILD: Final = "*?["


def configured_logs(settings: Settings, corpus: Path) -> tuple[Path, ...]:
    """Return the paths that ``[watch] logs`` means now: ``~`` expanded, relative ones under the corpus.

    A path without wildcards is returned whether it is there or not: it is waited for. Of a pattern, those that are
    there, in order.

    Raises:
        InputError: when one of them can mean nothing here: a home that nobody knows, a pattern that is none.
        OSError: when a folder cannot be read.
    """
    found: dict[Path, None] = {}
    for pattern in settings.watch.logs:
        try:
            found |= dict.fromkeys(_meant(pattern, corpus))
        except (ValueError, RuntimeError) as error:
            fault = Fault(
                "no path and no pattern",
                file="[watch] logs",
                read=pattern,
                wanted='one such as "runs/*/train.log"',
                way_out=f"write it otherwise in gonogo.toml ({error})",
            )
            raise InputError(fault) from error
    return tuple(found)


def _meant(pattern: str, corpus: Path) -> Iterable[Path]:
    wanted = Path(pattern).expanduser()
    if not any(char in pattern for char in _WILD):
        return (corpus / wanted,)
    root = Path(wanted.anchor) if wanted.is_absolute() else corpus
    return sorted(root.glob(str(wanted.relative_to(wanted.anchor))))
