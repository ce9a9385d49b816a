"""How fast TensorBoard's event files are read, against TensorBoard's own reader, in the same run.

Two files are written, one with scalars as SummaryWriter of torch and tensorboardX stores them (``simple_value``) and
one as TensorFlow 2 does (tensors). The clock runs until each reader has all scalars of all tags in memory, in its own
form: gonogo's records, TensorBoard's events by tag. Each round reads a file with both, one after the other and for
about as long, so that both suffer alike from whatever else the machine does; what counts is the median of the rounds'
ratios. Both must find the same values. TensorBoard is the reference here and nothing that gonogo needs: it has to be
installed beside it (``pip install tensorboard``).

    python -m benchmarks.tensorboard_reader [--steps 20000] [--rounds 7]
"""

from __future__ import annotations

import argparse
import gc
import importlib
import importlib.util
import statistics
import struct
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol, TypeVar

from engine.units import show_bytes
from engine.watch.records import GRAD_NORM, LEARNING_RATE, LOSS, Batch
from engine.watch.sources.crc32c import by_table, crc32c
from engine.watch.sources.protobuf import encoded
from engine.watch.sources.tensorboard import TensorBoardSource
from engine.watch.sources.tfrecord import framed

Curves = dict[str, dict[int, float]]
_TAGS: Final = {"train/loss": LOSS, "train/lr": LEARNING_RATE, "train/grad_norm": GRAD_NORM}
_GOAL: Final = 5.0
"""Times as fast as TensorBoard's own reader."""
_AS_OFTEN: Final = 7
"""How often gonogo reads while TensorBoard reads once: about as long, so that a burst of load hits both."""
_Held = TypeVar("_Held")


class _Scalar(Protocol):
    step: int
    value: float


class _Content(Protocol):
    tensor_content: bytes


class _Tensor(Protocol):
    step: int
    tensor_proto: _Content


class _Accumulator(Protocol):
    """As much of EventAccumulator as is used here; TensorBoard has no types."""

    def Reload(self) -> object: ...  # noqa: N802
    def Tags(self) -> dict[str, list[str]]: ...  # noqa: N802
    def Scalars(self, tag: str) -> list[_Scalar]: ...  # noqa: N802
    def Tensors(self, tag: str) -> list[_Tensor]: ...  # noqa: N802


def main() -> int:
    """Measure and print; return 1 where a goal is missed or a value differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=20_000, help="steps with three scalars each")
    parser.add_argument("--rounds", type=int, default=7, help="how often each reader reads")
    asked = parser.parse_args()
    if importlib.util.find_spec("tensorboard") is None:
        _say("tensorboard is not installed: nothing to compare with (pip install tensorboard)")
        return 1
    checksum = "a table in Python (google-crc32c is not installed)" if crc32c is by_table else "google-crc32c"
    _say(f"{asked.steps * len(_TAGS):,} scalars; checksums by {checksum}; medians of {asked.rounds} rounds")
    with tempfile.TemporaryDirectory() as folder:
        reached = [
            _compare(Path(folder), shape, value_of, asked.steps, asked.rounds) for shape, value_of in _SHAPES.items()
        ]
    return 0 if all(reached) else 1


def _compare(folder: Path, shape: str, value_of: Callable[[float], bytes], steps: int, rounds: int) -> bool:
    path = folder / f"events.out.tfevents.1700000000.{shape}.1.0"
    _write(path, steps, value_of)
    times: list[tuple[float, float]] = []
    same = True
    for _ in range(rounds):
        ours_s = statistics.mean(_timed(_ours, path)[1] for _ in range(_AS_OFTEN))
        theirs, theirs_s = _timed(_accumulator, path)
        curves = _curves(_ours(path))
        same = same and curves == _their_curves(theirs) and len(curves[LOSS]) == steps
        times.append((ours_s, theirs_s))
    ratio = statistics.median(theirs_s / ours_s for ours_s, theirs_s in times)
    _say(f"{shape}: {ratio:.1f} x as fast as EventAccumulator (goal: {_GOAL:.0f} x), same values: {_yes(same)}")
    for name, measured in zip(("gonogo", "EventAccumulator"), zip(*times, strict=True), strict=True):
        each = statistics.median(measured) / steps / len(_TAGS) * 1e6
        spread = f"{min(measured):.3f} to {max(measured):.3f} s for {show_bytes(path.stat().st_size)}"
        _say(f"  {name:<17} {each:5.1f} us a scalar  ({spread})")
    return same and ratio >= _GOAL


def _timed(read: Callable[[Path], _Held], path: Path) -> tuple[_Held, float]:
    gc.collect()  # Nobody pays for what the other left behind.
    started = time.perf_counter()
    held = read(path)
    return held, time.perf_counter() - started


def _write(path: Path, steps: int, value_of: Callable[[float], bytes]) -> None:
    """Write a run as writers do: each scalar an event of its own."""
    with path.open("wb") as file:
        file.write(framed(b"\x09" + bytes(8) + _message(3, b"brain.Event:2")))
        for step in range(steps):
            for place, tag in enumerate(_TAGS):
                value = _message(1, tag.encode()) + value_of((place + 1) / (step + 1))
                at = b"\x09" + struct.pack("<d", 1.7e9 + step) + (b"\x10" + encoded(step) if step else b"")
                file.write(framed(at + _message(5, _message(1, value))))


def _simple(value: float) -> bytes:
    return b"\x15" + struct.pack("<f", value)


def _tensor(value: float) -> bytes:
    """Return a value as ``tf.summary.scalar`` stores it: a float tensor without dimensions, and whose it is."""
    metadata = _message(1, _message(1, b"scalars")) + b"\x20\x01"
    return _message(8, b"\x08\x01" + _message(2, b"") + _message(4, struct.pack("<f", value))) + _message(9, metadata)


_SHAPES: Final = {"simple_value": _simple, "tensor": _tensor}


def _message(number: int, content: bytes) -> bytes:
    return encoded(number << 3 | 2) + encoded(len(content)) + content


def _ours(path: Path) -> list[Batch]:
    source = TensorBoardSource("bench", path)
    batches = list(iter(source.poll, Batch()))
    source.close()
    return batches


def _accumulator(path: Path) -> _Accumulator:
    module = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    guidance = {module.SCALARS: 0, module.TENSORS: 0}  # 0: all of them, no sample.
    accumulator: _Accumulator = module.EventAccumulator(str(path), size_guidance=guidance)
    accumulator.Reload()
    return accumulator


def _curves(batches: list[Batch]) -> Curves:
    curves: Curves = {name: {} for name in _TAGS.values()}
    for record in (record for batch in batches for record in batch.records):
        for name, value in record.values.items():
            curves[name][record.step] = value
    return curves


def _their_curves(accumulator: _Accumulator) -> Curves:
    if accumulator.Tags()["scalars"]:
        return {name: {event.step: event.value for event in accumulator.Scalars(tag)} for tag, name in _TAGS.items()}
    number = struct.Struct("<f").unpack
    return {
        name: {event.step: number(event.tensor_proto.tensor_content)[0] for event in accumulator.Tensors(tag)}
        for tag, name in _TAGS.items()
    }


def _yes(told: bool) -> str:
    return "yes" if told else "NO"


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


if __name__ == "__main__":
    sys.exit(main())
