"""Composer's Trainer and its ConsoleLogger, really training."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from engine.watch.sources.text import open_text
from tests.engine.watch.real.telling import run_killed_and_resumed
from tests.engine.watch.writing import curve

pytest.importorskip("torch", reason="torch is not installed")
pytest.importorskip("torchmetrics", reason="torchmetrics, which Composer imports, is not installed")

if importlib.util.find_spec("composer") is None:  # imported here it would want packages that nothing here needs
    pytest.skip("Composer (mosaicml) is not installed: make real installs it", allow_module_level=True)

PROGRAM = """
import sys, time
from pathlib import Path
run = sys.argv[1]
import torch, torchmetrics
from tests.engine.watch.real.absent import pretend
from tests.engine.watch.real.telling import tell
pretend("torchvision", "mcli", "torch_optimizer", "coolname", "cpuinfo", "importlib_metadata")
from composer import Callback, ComposerModel, Trainer
class Net(ComposerModel):
    def __init__(self):
        super().__init__()
        self.linear = torch.nn.Linear(4, 1)
        self.error = torchmetrics.MeanSquaredError()
    def forward(self, batch): return self.linear(batch[0])
    def loss(self, outputs, batch): return torch.nn.functional.mse_loss(outputs, batch[1])
    def get_metrics(self, is_train=False): return {} if is_train else {"MeanSquaredError": self.error}
    def update_metric(self, batch, outputs, metric): metric.update(outputs, batch[1])
class Told(Callback):
    def batch_end(self, state, logger):
        tell(run, "loss", int(state.timestamp.batch), float(state.loss))
        time.sleep(0.02)
    def eval_end(self, state, logger):
        tell(run, "error", int(state.timestamp.batch), float(state.eval_metrics["eval"]["MeanSquaredError"].compute()))
torch.seed()  # other rows after the resume: what is repeated to the last digit counts as told already
rows = torch.randn(80, 4)
data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(rows, rows.sum(1, keepdim=True)), 4)
model, saved = Net(), Path(run, "saved", "latest-rank0.pt")
Trainer(model=model, train_dataloader=data, eval_dataloader=data, eval_interval="1ep", max_duration="6ep",
    optimizers=torch.optim.SGD(model.parameters(), 0.01), device="cpu", run_name="run", callbacks=[Told()],
    progress_bar=False, log_to_console=True, console_log_interval="1ba", save_folder=f"{run}/saved",
    save_interval="7ba", load_path=str(saved) if saved.exists() else None, save_overwrite=True).fit()
"""


@pytest.mark.timeout(300)
def test_its_console_is_read_while_it_trains_is_killed_and_resumed(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    source = open_text(output)
    first, second = run_killed_and_resumed(source, PROGRAM, output, kill_after=44)
    for part in (first, second):
        part.assert_read("loss", "loss", within=6e-5)
        part.assert_read("error", "metrics/eval/MeanSquaredError", within=6e-5)
    assert (first.segments, second.segments) == ({0}, {1})
    assert dict(curve(first.records, "epoch"))[42] == 3
    assert second.records[-1].step == 120
    assert source.status().format == "composer"
