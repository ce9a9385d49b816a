"""What becomes of the shards of a batch that came back without an answer for them."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from engine.config import Settings
from engine.config.sections import Convert
from engine.convert import asking_many
from engine.convert.events import InventorySummary
from engine.convert.inventory import Inventory
from engine.run.desk import Desk
from engine.run.log import EventLog
from tests.recordings import make_corpus

SHARDS = 5
_IMPORTS = "import sys; from engine.run.child import become_worker; from engine.convert.batches import *; "
HANDS_BACK = _IMPORTS + "m = become_worker(); [m.send(BatchEnd(task=batch.task)) for batch in m.tasks(Batch)]"
DIES = _IMPORTS + "m = become_worker(); next(m.tasks(Batch)); sys.exit('no more of this')"


def take_inventory(corpus: Path, state: Path) -> tuple[InventorySummary, list[str]]:
    """Return how it ended, and each shard that was told of, in that order."""
    told: list[str] = []
    with EventLog(None, "run") as log:
        log.listeners.append(lambda event, _: told.append(getattr(event, "shard", "")))
        desk = Desk(run_id="run", tool="gonogo", state=state, log=log, worker_env=dict(os.environ), cpus=2)
        summary = asyncio.run(Inventory(corpus, Settings(convert=Convert(workers=2)), desk).run())
    return summary, [shard for shard in told if shard]


@pytest.mark.parametrize("program", [HANDS_BACK, DIES], ids=["hand it back", "die with it"])
def test_shards_whose_batches_come_to_nothing_are_asked_by_themselves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str
) -> None:
    monkeypatch.setattr(asking_many, "INSPECTOR", (sys.executable, "-P", "-c", program))
    corpus = make_corpus(tmp_path / "corpus", shards=SHARDS, clips=2)
    summary, told = take_inventory(corpus, tmp_path)
    assert summary.counts == {"pending": SHARDS}
    assert sorted(told) == [f"final-export/shard_{number:05d}" for number in range(SHARDS)]
    assert (tmp_path / "inventory.parquet").exists()
