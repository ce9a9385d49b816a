"""``fs-powers``: can the file system do what the swap is made of?"""

from __future__ import annotations

from engine.checklist.answers import Answer, Surroundings
from engine.host.powers import probe_powers


def answer(around: Surroundings) -> Answer:
    """Try every power in each folder.

    Raises:
        OSError: when nothing can be made there.
    """
    missing = [f"{folder}: {what}" for folder in around.folders for what in probe_powers(folder).missing_for_swap()]
    return Answer("fail", "; ".join(missing)) if missing else Answer("pass", "all of them")
