"""torchtitan's own MetricsProcessor and logger, around a loop that trains: its Trainer wants a GPU."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from engine.watch.sources.text import open_text
from tests.engine.watch.real.telling import run_killed_and_resumed

pytest.importorskip("torch", reason="torch is not installed")
if importlib.util.find_spec("torchtitan") is None:
    pytest.skip("torchtitan is not installed: make real installs it", allow_module_level=True)

PROGRAM = """
import sys, time
from pathlib import Path
from types import SimpleNamespace
run = sys.argv[1]
import torch
from torchtitan.components import metrics
from torchtitan.distributed import ParallelDims
from torchtitan.tools.logging import init_logger, logger
from tests.engine.watch.real.telling import tell
# Its memory monitor asks CUDA: these are statistics as it hands them on.
stats = metrics.DeviceMemStats(0.5, 1.0, 48.87, 61.1, -1, -1)
metrics.build_device_memory_monitor = lambda: SimpleNamespace(
    device_name="cpu", get_peak_stats=lambda: stats, reset_peak_stats=lambda: None)
init_logger()
processor = metrics.MetricsProcessor(metrics.MetricsProcessor.Config(log_freq=2),
    parallel_dims=ParallelDims(dp_replicate=1, dp_shard=1, cp=1, tp=1, pp=1, ep=1, world_size=1))
processor.num_flops_per_token = 1000
net, saved = torch.nn.Linear(4, 1), Path(run, "saved.pt")
optimizer, step = torch.optim.SGD(net.parameters(), 0.01), 0
if saved.exists():
    logger.info(f"Loading the checkpoint from {saved}.")  # as its checkpointer words it
    step, state = torch.load(saved)
    net.load_state_dict(state)
logger.info(f"Training starts at step {step + 1}")
def loss_of(batch): return ((net(batch) - batch.sum(1, keepdim=True)) ** 2).mean()
while step < 60:
    step += 1
    loss = loss_of(torch.randn(4, 4))
    optimizer.zero_grad()
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
    optimizer.step()
    processor.ntokens_since_last_log += 16
    processor.data_loading_times.append(0.001)
    if processor.should_log(step):
        tell(run, "loss", step, loss.item())
        tell(run, "norm", step, norm.item())
        processor.log(step, loss.item(), loss.item(), norm.item())
    if step % 10 == 0:
        validation = loss_of(torch.ones(4, 4)).item()
        tell(run, "validation", step, validation)
        processor.log_validation(validation, step)
        torch.save((step, net.state_dict()), saved)
    time.sleep(0.03)
"""


@pytest.mark.timeout(300)
def test_its_output_is_read_while_it_trains_is_killed_and_resumed(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    first, second = run_killed_and_resumed(open_text(output), PROGRAM, output, kill_after=26)
    for part in (first, second):
        part.assert_read("loss", "loss", within=6e-6)
        part.assert_read("norm", "grad_norm", within=6e-5)
        part.assert_read("validation", "eval_loss", within=6e-5)
    assert (first.segments, second.segments) == ({0}, {1})
    assert second.records[-1].step == 60
