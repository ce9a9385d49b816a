"""What the inventory of a demo corpus found."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq


def pending_in(state: Path) -> int:
    """Return how many shards wait for a conversion."""
    states = pq.read_table(state / "inventory.parquet", columns=["state"]).column("state")
    return int(pc.sum(pc.equal(states.cast("string"), "pending")).as_py() or 0)
