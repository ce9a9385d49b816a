"""One switch for a whole program and all that it starts: change nothing, look only.

The switch is the environment variable, so every child inherits it: engines, workers, the console's helpers. Whoever is
about to change something calls :func:`refuse_changes` first. These are the doors, and a new one calls it too:

* a run begins: ``jobs/start.py`` (before the corpus is held), ``run/folder.py``, ``run/locks.py``;
* a worker begins: ``run/child.py``, for shards, swaps, recovery and cleaning alike;
* an order to a run: ``run/client.py``; the engine itself refuses a viewer that said it is read-only;
* lines that are added: ``run/appending.py``, which the checklists' ledger, acknowledgements, interruptions and costs go
  through; ``checklist/ledger/store.py``, before anybody is asked for a signature;
* files that are written: ``crew/artifacts.py`` (artifacts, reports, sheets, ``watch --report``, ``metrics``),
  ``checklist/evidence.py``, ``checklist/signing/signers.py``, ``app/cli/corpus.py`` (``init``, ``demo``),
  ``app/cli/checklist`` (``copy``, ``import``);
* checks, which run programs and try file systems out by writing: ``checklist/asking.py`` (``doctor`` too);
* acts on red: ``watch/actions.py``.

Three that would write on the way to telling something leave that out instead: ``verdict`` its reports, a walk through a
checklist its asking, and a watch the notice of an interruption, which another watch may record.
"""

from __future__ import annotations

import os
from typing import Final

from engine.errors import ReadOnlyError

VARIABLE: Final = "GONOGO_READ_ONLY"


def set_read_only() -> None:
    """Change nothing from here on, for as long as this process and its children live."""
    os.environ[VARIABLE] = "1"


def is_read_only() -> bool:
    """Tell whether nothing may be changed: the variable holds anything but nothing or 0."""
    return os.environ.get(VARIABLE, "") not in ("", "0")


def refuse_changes(what: str) -> None:
    """Return where changes are allowed.

    Args:
        what: the change that was about to be made, as the first half of a sentence.

    Raises:
        ReadOnlyError: where they are not.
    """
    if is_read_only():
        raise ReadOnlyError(
            f"read-only: {what}; nothing was changed. Leave out --read-only (or unset {VARIABLE}) to do it"
        )
