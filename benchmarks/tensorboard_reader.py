"""How fast TensorBoard's event files are read, against TensorBoard's own readers, in the same run.

A file of scalars is written, then read in turn by each reader several times; what counts is the ratio of the medians,
since both suffer alike from whatever else the machine does. Both must find the same values. TensorBoard is the
reference here and nothing that gonogo needs: it has to be installed beside it (``pip install tensorboard``).

    python -m benchmarks.tensorboard_reader [--steps 50000] [--rounds 5]
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.units import show_bytes
from engine.watch.records import GRAD_NORM, LEARNING_RATE, LOSS
from engine.watch.sources.crc32c import by_table, crc32c
from engine.watch.sources.protobuf import encoded
from engine.watch.sources.tensorboard import TensorBoardSource
from engine.watch.sources.tfrecord import framed

Curves = dict[str, dict[int, float]]
_TAGS: Final = {"train/loss": LOSS, "train/lr": LEARNING_RATE, "train/grad_norm": GRAD_NORM}
_GOAL: Final = 5.0
"""Times as fast as TensorBoard's own reader."""


def main() -> int:
    """Measure and print; return 1 where a goal is missed or a value differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=50_000, help="steps with three scalars each")
    parser.add_argument("--rounds", type=int, default=5, help="how often each reader reads")
    asked = parser.parse_args()
    if importlib.util.find_spec("tensorboard") is None:
        _say("tensorboard is not installed: nothing to compare with (pip install tensorboard)")
        return 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "events.out.tfevents.1700000000.bench.1.0"
        _write(path, asked.steps)
        readers: dict[str, Callable[[Path], Curves]] = {
            "gonogo": _ours, "EventAccumulator": _accumulator, "EventFileLoader": _loader,
        }  # fmt: skip
        times: dict[str, list[float]] = {name: [] for name in readers}
        found: dict[str, Curves] = {}
        for _ in range(asked.rounds):
            for name, read in readers.items():
                started = time.perf_counter()
                found[name] = read(path)
                times[name].append(time.perf_counter() - started)
        return _report(times, found, path.stat().st_size, asked.steps * len(_TAGS))


def _report(times: dict[str, list[float]], found: dict[str, Curves], size_bytes: int, scalars: int) -> int:
    medians = {name: statistics.median(measured) for name, measured in times.items()}
    same = all(curves == found["gonogo"] for curves in found.values())
    ratio = medians["EventAccumulator"] / medians["gonogo"]
    checksum = "a table in Python (google-crc32c is not installed)" if crc32c is by_table else "google-crc32c"
    _say(f"{ratio:.1f} x as fast as EventAccumulator (goal: {_GOAL:.0f} x), same values: {'yes' if same else 'NO'}")
    _say(f"{medians['EventFileLoader'] / medians['gonogo']:.1f} x as fast as EventFileLoader")
    _say(f"{scalars:,} scalars, {show_bytes(size_bytes)}; checksums by {checksum}; medians of {len(times['gonogo'])}:")
    for name, median_s in medians.items():
        spread = f"{min(times[name]):.2f} to {max(times[name]):.2f} s"
        _say(f"  {name:<17} {median_s:6.2f} s  {median_s / scalars * 1e6:5.1f} us a scalar  ({spread})")
    return 0 if same and ratio >= _GOAL else 1


def _write(path: Path, steps: int) -> None:
    """Write a run as SummaryWriter does: each scalar an event of its own."""
    with path.open("wb") as file:
        file.write(framed(b"\x09" + bytes(8) + _message(3, b"brain.Event:2")))
        for step in range(steps):
            for place, tag in enumerate(_TAGS):
                value = _message(1, tag.encode()) + b"\x15" + struct.pack("<f", (place + 1) / (step + 1))
                at = b"\x09" + struct.pack("<d", 1.7e9 + step) + (b"\x10" + encoded(step) if step else b"")
                file.write(framed(at + _message(5, _message(1, value))))


def _message(number: int, content: bytes) -> bytes:
    return encoded(number << 3 | 2) + encoded(len(content)) + content


def _ours(path: Path) -> Curves:
    source = TensorBoardSource("bench", path)
    curves: Curves = {name: {} for name in _TAGS.values()}
    while batch := source.poll():
        for record in batch.records:
            for name, value in record.values.items():
                curves[name][record.step] = value
    source.close()
    return curves


def _accumulator(path: Path) -> Curves:
    module = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    accumulator = module.EventAccumulator(str(path), size_guidance={module.SCALARS: 0})
    accumulator.Reload()
    return {name: {event.step: event.value for event in accumulator.Scalars(tag)} for tag, name in _TAGS.items()}


def _loader(path: Path) -> Curves:
    """Read with the loader that TensorBoard's newer parts use; it turns every scalar into a tensor."""
    module = importlib.import_module("tensorboard.backend.event_processing.event_file_loader")
    curves: Curves = {name: {} for name in _TAGS.values()}
    for event in module.EventFileLoader(str(path)).Load():
        for value in event.summary.value:
            curves[_TAGS[value.tag]][event.step] = value.tensor.float_val[0]
    return curves


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
