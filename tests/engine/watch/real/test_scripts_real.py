"""Small scripts that train and print, one in nanoGPT's words, one in those of a checklist's example."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.watch.sources.text import open_text
from tests.engine.watch.real.telling import run_killed_and_resumed

pytest.importorskip("torch", reason="torch is not installed")

_TRAINS = """
import math, sys, time
from pathlib import Path
run = sys.argv[1]
import torch
from tests.engine.watch.real.telling import tell
net, saved = torch.nn.Linear(4, 1), Path(run, "ckpt.pt")
optimizer, done = torch.optim.AdamW(net.parameters(), 0.01), 0
def loss_of(batch): return ((net(batch) - batch.sum(1, keepdim=True)) ** 2).mean()
def train():
    loss = loss_of(torch.randn(8, 4))
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    time.sleep(0.02)
    return loss.item()
def save(): torch.save((done, net.state_dict()), saved)
def load():
    done, state = torch.load(saved)
    net.load_state_dict(state)
    return done
"""
NANOGPT = (
    _TRAINS
    + """
print("tokens per iteration will be: 32")
if saved.exists():
    print(f"Resuming training from {run}")
    done = load()
else:
    print("Initializing a new model from scratch")
print(f"number of parameters: {5 / 1e6:.2f}M")
begun = time.time()
while done <= 100:
    if done % 20 == 0:
        with torch.no_grad():
            losses = {split: loss_of(torch.randn(4, 4)).item() for split in ("train", "val")}
        tell(run, "val", done, losses["val"])
        print(f"step {done}: train loss {losses['train']:.4f}, val loss {losses['val']:.4f}")
        if done > 0:
            print(f"saving checkpoint to {run}")
            save()
    loss = train()
    if done % 2 == 0:
        tell(run, "loss", done, loss)
        print(f"iter {done}: loss {loss:.4f}, time {(time.time() - begun) * 1000:.2f}ms, mfu {-100:.2f}%")
    begun = time.time()
    done += 1
"""
)
CHECKLIST = (
    _TRAINS
    + """
done = load() if saved.exists() else 0
for epoch in range(done + 1, 7):
    for batch in range(1, 21):
        loss = train()
        rate = 1e-7 * batch
        tell(run, "loss", (epoch - 1) * 20 + batch, loss)
        tell(run, "rate", (epoch - 1) * 20 + batch, rate)
        print(f"Epoch {epoch} | Batch {batch} | Loss: {loss:.3f} | LR: {rate:.2e}")
    done = epoch
    save()
"""
)


@pytest.mark.timeout(300)
def test_nanogpt_is_read_while_it_trains_is_killed_and_resumed(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    first, second = run_killed_and_resumed(open_text(output), NANOGPT, output, kill_after=50)
    for part in (first, second):
        part.assert_read("loss", "loss", within=6e-5)
        part.assert_read("val", "eval_loss", within=6e-5)
    assert (first.segments, second.segments) == ({0}, {1})
    assert (second.records[0].step, second.records[-1].step) == (40, 100)


@pytest.mark.timeout(300)
def test_epochs_and_batches_are_read_while_a_script_trains_is_killed_and_resumed(tmp_path: Path) -> None:
    output = tmp_path / "out.txt"
    first, second = run_killed_and_resumed(open_text(output), CHECKLIST, output, kill_after=50)
    for part in (first, second):
        part.assert_read("loss", "loss", within=6e-4)
        part.assert_read("rate", "learning_rate", within=6e-10)
    assert (first.segments, second.segments) == ({0}, {1})
    assert (second.records[0].step, second.records[-1].step) == (41, 120)
