"""The training logs that the settings name: ``[watch] logs``."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from engine.config import Settings

_WILD: Final = "*?["


def configured_logs(settings: Settings, corpus: Path) -> tuple[Path, ...]:
    """Return the paths that ``[watch] logs`` means now: ``~`` expanded, relative ones under the corpus.

    A path without wildcards is returned whether it is there or not: it is waited for. Of a pattern, those that are
    there, in order.
    """
    found: dict[Path, None] = {}
    for pattern in settings.watch.logs:
        path = corpus / Path(pattern).expanduser()
        if not any(char in pattern for char in _WILD):
            found[path] = None
            continue
        root = Path(path.anchor) if Path(pattern).expanduser().is_absolute() else corpus
        found |= dict.fromkeys(sorted(root.glob(str(path.relative_to(root)))))
    return tuple(found)
