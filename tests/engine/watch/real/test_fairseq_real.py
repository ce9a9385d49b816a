"""fairseq's own progress bars and meters, around a loop that trains; as JSON and as text."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.watch.sources.text import open_text
from tests.engine.watch.real.telling import run_killed_and_resumed

pytest.importorskip("torch", reason="torch is not installed")

SOURCE = Path(sys.prefix) / "src" / "fairseq-0.12.2"
"""Its sdist, unpacked by ``make real``: what it wants beside itself cannot be installed with this Python."""
if not (SOURCE / "fairseq").is_dir():
    pytest.skip(f"fairseq's sdist is not at {SOURCE}: make real puts it there", allow_module_level=True)

PROGRAM = """
import logging, sys, time, types
from pathlib import Path
run, form, source = sys.argv[1:4]
# The package's own beginning wants C extensions and an old hydra; what writes the log stands alone.
sys.modules["fairseq"] = types.ModuleType("fairseq")
sys.modules["fairseq"].__path__ = [f"{source}/fairseq"]
import torch
from fairseq.logging import metrics, progress_bar
from tests.engine.watch.real.telling import tell
# What it logs beside its progress bars is worded as in its fairseq_cli/train.py and trainer.py.
logging.basicConfig(format="%(asctime)s | %(levelname)s | %(name)s | %(message)s", datefmt="%Y-%m-%d %H:%M:%S",
    level="INFO", stream=sys.stdout)
logger = logging.getLogger("fairseq_cli.train")
net, saved = torch.nn.Linear(4, 1), Path(run, "saved.pt")
optimizer, updates, first = torch.optim.SGD(net.parameters(), 0.02), 0, 1
def loss_of(batch): return ((net(batch) - batch.sum(1, keepdim=True)) ** 2).mean()
if saved.exists():
    first, updates, state = torch.load(saved)
    net.load_state_dict(state)
    logger.info(f"Loaded checkpoint {saved} (epoch {first} @ {updates} updates)")
torch.manual_seed(updates)
rows = torch.randn(20, 2, 4)
for epoch in range(first, 6):
    with metrics.aggregate("train"):
        bar = progress_bar.progress_bar(rows, log_format=form, log_interval=2, epoch=epoch)
        logger.info("Start iterating over samples")
        for batch in bar:
            with metrics.aggregate("train_inner"):
                loss = loss_of(batch)
                optimizer.zero_grad()
                loss.backward()
                norm = torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
                optimizer.step()
                updates += 1
                metrics.log_speed("ups", 1.0, priority=100, round=2)
                metrics.log_scalar("loss", loss.item(), 2, round=3)
                metrics.log_scalar("num_updates", updates, weight=0, priority=200)
                metrics.log_scalar("lr", 0.02, weight=0, priority=300)
                metrics.log_scalar("gnorm", norm, priority=400, round=3)
            time.sleep(0.02)
            if updates % 2 == 0:
                stats = metrics.get_smoothed_values("train_inner")
                tell(run, "loss", updates, stats["loss"])
                bar.log(stats, tag="train_inner", step=updates)
                metrics.reset_meters("train_inner")
        logger.info('begin validation on "valid" subset')
        valid = progress_bar.progress_bar(rows, log_format=form, log_interval=2, epoch=epoch,
            prefix="valid on 'valid' subset")
        with metrics.aggregate(new_root=True) as sums, torch.no_grad():
            for batch in valid:
                metrics.log_scalar("loss", loss_of(batch).item(), 2, round=3)
        stats = sums.get_smoothed_values() | {"num_updates": updates}
        tell(run, "valid", updates, stats["loss"])
        valid.print(stats, tag="valid", step=updates)
        logger.info(f"end of epoch {epoch} (average epoch stats below)")
        bar.print(metrics.get_smoothed_values("train"), tag="train", step=updates)
        metrics.reset_meters("train")
    torch.save((epoch + 1, updates, net.state_dict()), saved)
"""


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("form", "pattern"), [("json", "fairseq_json"), ("simple", "fairseq")])
def test_its_log_is_read_while_it_trains_is_killed_and_resumed(form: str, pattern: str, tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    source = open_text(output)
    first, second = run_killed_and_resumed(source, PROGRAM, output, form, str(SOURCE), kill_after=44)
    for part in (first, second):
        part.assert_read("loss", "loss", within=1e-9)
        part.assert_read("valid", "eval_loss", within=1e-9)
    assert (first.segments, second.segments) == ({0}, {1})
    assert (second.records[0].step, second.records[-1].step) == (42, 100)
    assert source.status().format == pattern
