"""Lightning's progress bar, which NeMo's is too: drawn on a terminal that is recorded, and into a pipe."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine.watch.sources.stdin import StdinSource
from engine.watch.sources.text import open_text
from tests.engine.watch.real.following import start_in_terminal
from tests.engine.watch.real.telling import Start, run_killed_and_resumed

pytest.importorskip("lightning", reason="lightning is not installed")

PROGRAM = """
import sys, time
from pathlib import Path
run = sys.argv[1]
import torch, lightning
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from tests.engine.watch.real.telling import tell
class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 1)
        self.sums = []
    def training_step(self, batch, at):
        loss = (self.linear(batch) ** 2).mean()
        self.log("train_loss", loss, prog_bar=True)
        tell(run, "loss", self.global_step + 1, loss.item())
        time.sleep(0.01)
        return loss
    def validation_step(self, batch, at):
        self.sums.append((self.linear(batch) ** 2).mean())
        self.log("val_loss", self.sums[-1], prog_bar=True)
    def on_validation_epoch_end(self):
        if not self.trainer.sanity_checking:
            tell(run, "val", self.global_step, torch.stack(self.sums).mean().item())
        self.sums.clear()
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.01)
rows = torch.utils.data.DataLoader(torch.randn(80, 4), 4)
last = Path(run, "last.ckpt")
lightning.Trainer(max_epochs=4, accelerator="cpu", logger=False, enable_model_summary=False,
    callbacks=[ModelCheckpoint(run, save_last=True), TQDMProgressBar(refresh_rate=1)],
).fit(Net(), rows, rows, ckpt_path=str(last) if last.exists() else None)
"""


def assert_bars(first: Start, second: Start) -> None:
    """Each step once, with its own loss: three digits are shown, and ``train_loss=0.0177`` has four places."""
    for part in (first, second):
        part.assert_read("loss", "loss", within=6e-3)
        part.assert_read("val", "eval_loss", within=6e-3)
    assert (first.segments, second.segments) == ({0}, {1})
    assert (second.records[0].step, second.records[-1].step) == (41, 80)


@pytest.mark.timeout(300)
def test_a_terminal_is_read_while_its_bar_is_drawn_killed_and_resumed(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    source = open_text(output)
    assert_bars(*run_killed_and_resumed(source, PROGRAM, output, kill_after=45, begin=start_in_terminal))
    assert source.status().format == "tqdm"


@pytest.mark.timeout(300)
def test_a_pipe_is_read_while_a_bar_is_drawn_killed_and_resumed(tmp_path: Path) -> None:
    inlet, outlet = os.pipe()

    def begin(program: str, output: Path, *arguments: str) -> subprocess.Popen[bytes]:
        del output
        return subprocess.Popen([sys.executable, "-c", program, *arguments], stdout=outlet, stderr=outlet)

    source = StdinSource(inlet)
    assert_bars(*run_killed_and_resumed(source, PROGRAM, tmp_path / "none", kill_after=45, begin=begin))
    os.close(outlet)
    source.close()
