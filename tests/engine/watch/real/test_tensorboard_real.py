from __future__ import annotations

import struct
from pathlib import Path

import pytest

from engine.watch.sources.tensorboard import TensorBoardSource, sniff
from tests.app.program import until
from tests.engine.watch.binary_writers import read_all
from tests.engine.watch.real.children import Child

_LOG = """
import sys
folder, purge = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else None
{make}
for line in sys.stdin:
    step = int(line)
    writer.add_scalar("train/loss", 7.0 / (step + 1), step{new_style})
    writer.add_scalar("train/lr", float("nan") if step == 3 else 1e-4, step{new_style})
    {extra}
    writer.flush()
    print("done", step, flush=True)
writer.close()
"""
_EXTRA = "writer.add_histogram('weights', np.arange(100.0), step); writer.add_text('note', 'words', step)"
_WRITERS = {
    "torch": ("torch", "import numpy as np; from torch.utils.tensorboard import SummaryWriter", "", _EXTRA),
    "torch, new style": ("torch", "from torch.utils.tensorboard import SummaryWriter", ", new_style=True", "pass"),
    "torch, double": (
        "torch",
        "from torch.utils.tensorboard import SummaryWriter",
        ", new_style=True, double_precision=True",
        "pass",
    ),
    "tensorboardX": ("tensorboardX", "import numpy as np; from tensorboardX import SummaryWriter", "", _EXTRA),
}


def f32(value: float) -> float:
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


@pytest.mark.parametrize("kind", _WRITERS)
def test_a_writer_is_tailed_killed_and_resumed(kind: str, tmp_path: Path) -> None:
    package, imports, new_style, extra = _WRITERS[kind]
    pytest.importorskip(
        package, reason=f"{package} is not installed: it writes what is read here", exc_type=ImportError
    )
    pytest.importorskip("tensorboard", reason="tensorboard is not installed: torch writes through it")
    make = f"{imports}\nwriter = SummaryWriter(folder, purge_step=purge)"
    script = _LOG.format(make=make, new_style=new_style, extra=extra)
    logs = tmp_path / "logs"
    logs.mkdir()
    source = TensorBoardSource("tb", logs)
    as_logged = (lambda value: value) if "double" in kind else f32

    notes: list[str] = []

    def values_at(step: int, segment: int) -> dict[str, float]:
        """What comes for a step; tensorboardX flushes in a thread, some time after it says so."""
        merged: dict[str, float] = {}

        def is_whole() -> bool:
            batch = read_all(source)
            notes.extend(batch.notes)
            for record in batch.records:
                assert (record.step, record.run, record.segment) == (step, "", segment)
                merged.update(record.values)
            return {"loss", "learning_rate"} <= set(merged)

        until(is_whole, f"the values of step {step}")
        return merged

    with Child(script, str(logs), folder=tmp_path) as child:
        for step in range(20):
            child.ask(str(step))
            values = values_at(step, 0)
            assert values["loss"] == as_logged(7.0 / (step + 1))
            assert values["learning_rate"] == as_logged(1e-4) or step == 3
    with Child(script, str(logs), "15", folder=tmp_path) as child:
        child.ask("15")
        assert values_at(15, 1)["loss"] == as_logged(7.0 / 16)
        assert any("started again at step 15" in note for note in notes)
        child.ask("16")
        assert values_at(16, 1)["loss"] == as_logged(7.0 / 17)
        child.finish()
    assert not source.poll()
    assert all(sniff(path, path.read_bytes()[:256]) for path in logs.iterdir())


def test_tensorboards_own_reader_finds_the_same(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX", reason="tensorboardX is not installed: it writes what is read here")
    accumulator = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="tensorboard is not installed: its reader is the reference",
    )
    imports = _WRITERS["tensorboardX"][1]
    script = _LOG.format(make=f"{imports}\nwriter = SummaryWriter(folder)", new_style="", extra=_EXTRA)
    with Child(script, str(tmp_path / "logs"), folder=tmp_path) as child:
        for step in range(200):
            child.ask(str(step))
        child.finish()  # tensorboardX writes in a thread, some time after it says that it has flushed.
    theirs = accumulator.EventAccumulator(str(tmp_path / "logs"), size_guidance={"scalars": 0})
    theirs.Reload()
    expected = {event.step: event.value for event in theirs.Scalars("train/loss")}
    batch = read_all(TensorBoardSource("tb", tmp_path / "logs"))
    ours = {record.step: record.values["loss"] for record in batch.records if "loss" in record.values}
    assert len(ours) == 200
    assert ours == expected
