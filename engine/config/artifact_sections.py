"""The settings of the training artifacts: split, buckets, decode benchmark, exports."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from engine.config.rules import (
    ANY_TEXT,
    ARGV,
    NAMES,
    SIZE_OR_NONE,
    number,
    one_of,
    positive_number,
    whole_number,
    words,
)
from engine.units import parse_bytes

EXPORTS = ("nemo", "lhotse", "hf", "index")
"""The formats that there are."""


@dataclasses.dataclass(frozen=True)
class Split:
    """How clips are shared out over train, dev and test."""

    dev_hours: Annotated[float, number(0)] = 50.0
    """Hours to choose models by; cut to 5 % of the corpus."""
    test_hours: Annotated[float, number(0)] = 50.0
    """Hours to report results on; cut to 5 % of the corpus."""
    dev_share: Annotated[float, number(0, 0.9)] = 0.0
    """In place of dev_hours: a share of the corpus, such as 0.1; 0 leaves it to the hours."""
    test_share: Annotated[float, number(0, 0.9)] = 0.0
    """In place of test_hours: a share of the corpus, such as 0.1; 0 leaves it to the hours."""
    strata: Annotated[tuple[str, ...], NAMES] = ("language", "bucket", "source")
    """Columns of the manifest: each combination of their values gives its share of dev and test."""
    key: Annotated[str, ANY_TEXT] = "gonogo"
    """Decides the order in which groups are taken; another key makes another split."""
    common_videos: Annotated[int, whole_number(1)] = 20
    """Audio in more videos than this is a jingle or silence and unites nobody."""


@dataclasses.dataclass(frozen=True)
class Buckets:
    """Duration buckets for training, and what fits into a batch of each."""

    bins: Annotated[int, whole_number(1)] = 30
    """How many."""
    cutting: Annotated[str, one_of("optimal", "equal seconds")] = "optimal"
    """Least padding by dynamic programming, or the edges that lhotse and NeMo estimate."""
    min_duration: Annotated[float, number(0)] = 0.1
    """Shorter clips are left out, in seconds."""
    max_duration: Annotated[float, positive_number()] = 40.0
    """Longer clips are left out, in seconds."""
    merge: Annotated[str, one_of("equal")] = ""
    """"equal" makes one bucket of neighbours whose batches are equal, as NeMo's OOMptimizer does."""
    step: Annotated[tuple[str, ...], ARGV] = ()
    """A command that takes one real training step, word by word, with {batch}, {seconds} and {memory_fraction} where
    the numbers go; batch sizes are then found by trial: ["python", "step.py", "--batch", "{batch}", ...]."""
    does_not_fit: Annotated[int, whole_number(0)] = 137
    """The exit code by which the step says that a batch does not fit, beside its words; 137 is the kernel's kill."""
    memory: Annotated[str, SIZE_OR_NONE] = ""
    """What the device has, for batch sizes by the memory model; "" is this machine's first GPU."""
    memory_fraction: Annotated[float, number(0.01, 1)] = 0.9
    """The share of it that a step may take."""
    fixed_memory: Annotated[str, SIZE_OR_NONE] = ""
    """The memory model: what a step takes whatever the batch (weights, gradients, optimizer)."""
    memory_per_second: Annotated[str, SIZE_OR_NONE] = ""
    """The memory model: for each second of each clip; "" where nobody measured it, and then no batch size is told."""
    memory_per_second2: Annotated[str, SIZE_OR_NONE] = ""
    """The memory model: for each clip, times its seconds squared (attention)."""

    @property
    def memory_bytes(self) -> int | None:
        """The device's memory in bytes; None asks the machine."""
        return parse_bytes(self.memory) if self.memory else None

    @property
    def model_bytes(self) -> tuple[int, int, int] | None:
        """The memory model's three numbers in bytes; None where there is none."""
        terms = (self.fixed_memory, self.memory_per_second, self.memory_per_second2)
        fixed, per_second, per_second2 = (parse_bytes(term) if term else 0 for term in terms)
        return (fixed, per_second, per_second2) if per_second or per_second2 else None


@dataclasses.dataclass(frozen=True)
class Benchmark:
    """How much the decode benchmark measures."""

    clips: Annotated[int, whole_number(1)] = 1_000
    """Drawn from all codecs, sources and durations."""
    workers: Annotated[int | str, whole_number(1, "auto")] = "auto"
    """The most processes that decode at a time; "auto" is one a usable core."""
    seconds: Annotated[float, positive_number()] = 2.0
    """How long each measurement of several processes lasts."""


@dataclasses.dataclass(frozen=True)
class Export:
    """What is written for other programs."""

    formats: Annotated[tuple[str, ...], words(*EXPORTS)] = EXPORTS
    """NeMo's tarred data sets, lhotse's cuts, Hugging Face's metadata, index files of the members."""
    lhotse: Annotated[str, one_of("command", "shar_ptr")] = "command"
    """How a cut names its clip's bytes: a command, which lhotse 1.33 runs, or a pointer, which 2.0 reads itself."""
