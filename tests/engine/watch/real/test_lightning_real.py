"""Lightning's CSVLogger, really training."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from engine.watch.detect import open_sources
from engine.watch.sources.lightning_csv import open_lightning_csv
from tests.engine.watch.real.following import follow, start
from tests.engine.watch.writing import curve, read_all

pytest.importorskip("lightning", reason="lightning is not installed")

PROGRAM = """
import sys, time, torch, lightning
from lightning.pytorch.loggers import CSVLogger
from lightning.pytorch.callbacks import ModelCheckpoint
run, resume = sys.argv[1], sys.argv[2] or None
class Net(lightning.LightningModule):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 1)
    def training_step(self, batch, at):
        loss = (self.linear(batch) ** 2).mean()
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        time.sleep(0.005)
        return loss
    def validation_step(self, batch, at):
        self.log("val_loss", (self.linear(batch) ** 2).mean())
    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), 0.01)
torch.manual_seed(0)
rows = torch.utils.data.DataLoader(torch.randn(160, 4), 4)
trainer = lightning.Trainer(max_epochs=4, accelerator="cpu",
    logger=CSVLogger(run, name="", version="v", flush_logs_every_n_steps=5),
    log_every_n_steps=5, callbacks=[ModelCheckpoint(run, every_n_epochs=1, save_last=True)], enable_progress_bar=False)
trainer.fit(Net(), rows, rows, ckpt_path=resume)
"""


def truth(path: Path, column: str) -> list[tuple[int, float]]:
    with path.open(newline="") as table:
        return [(int(row["step"]), float(row[column])) for row in csv.DictReader(table) if row.get(column)]


@pytest.mark.timeout(300)
def test_its_csv_is_read_once_while_it_grows_columns_is_killed_and_resumed(tmp_path: Path) -> None:
    path = tmp_path / "v" / "metrics.csv"
    path.parent.mkdir()
    source = open_lightning_csv(path)
    output = tmp_path / "out.txt"
    first = follow(
        source,
        start(PROGRAM, output, str(tmp_path), ""),
        until=lambda records: len(curve(records, "eval_loss")) >= 2,
    )
    assert curve(first) == truth(path, "train_loss_step")
    assert curve(first, "eval_loss") == truth(path, "val_loss")
    assert {record.segment for record in first} == {0}
    second = follow(source, start(PROGRAM, output, str(tmp_path), str(tmp_path / "last.ckpt")))
    assert curve(second)[-1][0] == 159
    assert curve(second) == truth(path, "train_loss_step")[-len(curve(second)) :]
    (again,) = [found for found in open_sources(tmp_path) if found.status().format == "lightning_csv"]
    assert curve(read_all(again).records) == truth(path, "train_loss_step")
