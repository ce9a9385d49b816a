"""The settings themselves: one class a section, each field with its rule, its default and its explanation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Annotated, Final

from engine.config.artifact_sections import Benchmark, Buckets, Export, Split
from engine.config.bound_keys import BoundKeys
from engine.config.notify_section import Notify
from engine.config.rules import (
    ANY_TEXT,
    DAY_OR_NONE,
    LOGS,
    NAMES,
    PATH_OR_NONE,
    PATTERNS,
    SIDECARS,
    SIZE,
    SIZE_OR_NONE,
    TAR_NAME,
    TAR_PATTERN,
    TIME,
    TIME_OR_NONE,
    TIME_OR_ZERO,
    money,
    one_of,
    positive_number,
    whole_number,
)
from engine.units import parse_bytes, parse_seconds


@dataclasses.dataclass(frozen=True)
class Layout:
    """Which files of the corpus are shards, and which lie beside them."""

    audio: Annotated[str, TAR_NAME] = "audio.tar"
    """Name of the tar in a shard's folder. The swap's companions (audio_48k.bak and so on) keep their names."""
    sidecars: Annotated[tuple[str, ...], SIDECARS] = (
        "metadata.parquet",
        "metadata.jsonl",
        "metadata.json",
        "metadata.csv",
    )
    """Names of the metadata beside the tar; where two are there, the first in this order is read."""
    lone: Annotated[str, TAR_PATTERN] = "*.tar"
    """Pattern of lone webdataset tars: each one is a shard of its own. An empty pattern finds none."""
    sources: Annotated[tuple[str, ...], PATTERNS] = ("*",)
    """Patterns of the source folders to include; "." stands for shards right under the corpus."""
    ignore: Annotated[tuple[str, ...], PATTERNS] = ()
    """Patterns of folders and files to leave alone: a bare name, or a path under the corpus."""


@dataclasses.dataclass(frozen=True)
class Metadata:
    """Further names under which a sidecar's columns are found; they are asked before the built-in ones."""

    utt_id: Annotated[tuple[str, ...], NAMES] = ()
    """Columns that hold the utterance's own id."""
    member: Annotated[tuple[str, ...], NAMES] = ()
    """Columns that hold the name of the audio member in the tar."""
    video_id: Annotated[tuple[str, ...], NAMES] = ()
    """Columns that hold the recording that the utterance was cut from."""
    text: Annotated[tuple[str, ...], NAMES] = ()
    """Columns that hold the transcript."""
    language: Annotated[tuple[str, ...], NAMES] = ()
    """Columns that hold the language."""
    bucket: Annotated[tuple[str, ...], NAMES] = ()
    """Columns that hold the bucket label, which a conversion carries over as it is."""
    duration_s: Annotated[tuple[str, ...], NAMES] = ()
    """Columns that hold the duration: seconds, or milliseconds where the name ends in _ms."""

    def aliases(self) -> dict[str, tuple[str, ...]]:
        """Return the extra names of each canonical field that has some."""
        return {field: names for field, names in vars(self).items() if names}


@dataclasses.dataclass(frozen=True)
class Convert:
    """How the conversion runs."""

    workers: Annotated[int | str, whole_number(1, "auto")] = "auto"
    """Worker processes: a number, or "auto", which begins as the last sweep found and follows what the run measures."""
    floor: Annotated[str, SIZE_OR_NONE] = ""
    """Free space that no conversion may go below; "" is the smaller of 5 % of the volume and 10 GB."""
    keep_backups: Annotated[int, whole_number(0)] = 0
    """How many of the newest originals stay beside their converted shards; 0 keeps none and lets none go."""
    spot_checks: Annotated[int, whole_number(0)] = 8
    """Clips of each converted shard that an independent decoder reads back before the swap."""
    budget: Annotated[str, TIME_OR_NONE] = ""
    """Time that the conversion may take, such as "4h"; the console shows what is left beside it. "" is none."""
    worker_memory: Annotated[str, SIZE] = "4GB"
    """Memory that one worker may take; one that wants more fails its own shard only."""
    silence: Annotated[str, TIME] = "300s"
    """How long a worker may say nothing before it is killed and its shard tried again."""
    retries: Annotated[int, whole_number(0)] = 2
    """How often a shard is tried again after its worker died or hung; then it is parked."""
    floor_wait: Annotated[str, TIME_OR_ZERO] = "10m"
    """How long a run with nothing running waits below the floor before it stops for safety."""

    @property
    def floor_bytes(self) -> int | None:
        """The floor in bytes; None asks for the default, which needs the volume's size."""
        return parse_bytes(self.floor) if self.floor else None

    @property
    def worker_memory_bytes(self) -> int:
        """The memory of one worker in bytes."""
        return parse_bytes(self.worker_memory)

    @property
    def budget_s(self) -> float | None:
        """The time budget in seconds; None where there is none."""
        return parse_seconds(self.budget) if self.budget else None

    @property
    def silence_s(self) -> float:
        """The longest silence of a worker in seconds."""
        return parse_seconds(self.silence)

    @property
    def floor_wait_s(self) -> float:
        """The longest wait below the floor in seconds."""
        return parse_seconds(self.floor_wait)


@dataclasses.dataclass(frozen=True)
class Signing:
    """Who signs checklists, and who may."""

    allowed_signers: Annotated[str, PATH_OR_NONE] = ""
    """The file of OpenSSH's that names who may sign in which role; "" is CORPUS/checklists/allowed_signers."""
    revoked_keys: Annotated[str, PATH_OR_NONE] = ""
    """Keys that count no more, one .pub line each, or a KRL; "" is CORPUS/checklists/revoked_keys."""
    key: Annotated[str, PATH_OR_NONE] = ""
    """The key to sign with; "" is the first of the agent's and of ~/.ssh that may sign here."""
    name: Annotated[str, ANY_TEXT] = ""
    """The name to sign as; "" is the name that the signers file has for the key."""


@dataclasses.dataclass(frozen=True)
class Watch:
    """What is known of a training run beforehand; what is not, is inferred from its log and said."""

    logs: Annotated[tuple[str, ...], LOGS] = ()
    """Training logs, or folders of them, such as ["runs/*/train.log"]: watched where a command names no others."""
    scale: Annotated[float, positive_number()] = 1.0
    """Logged losses are multiplied by it: 4 where the trainer divides by 4 steps of gradient accumulation."""
    card: Annotated[int, whole_number(0)] = 0
    """Size of the vocabulary or codebook (MusicGen: 2048), which tells what guessing costs; 0 is not known."""
    mode: Annotated[str, one_of("from-scratch", "fine-tune")] = ""
    """Where the run starts; "" infers it."""
    planned_steps: Annotated[int, whole_number(0)] = 0
    """The last step of the plan: silence after that is no alarm; 0 is not known."""
    logging_steps: Annotated[int, whole_number(1)] = 1
    """Steps between the lines of a log that names none (the printed dicts of Hugging Face's Trainer)."""
    checkpoints: Annotated[str, PATH_OR_NONE] = ""
    """The folder of checkpoints, whose age, size and readability are watched; "" watches none."""
    checkpoint_interval: Annotated[str, TIME_OR_NONE] = ""
    """How often a checkpoint is written, such as "1h"; "" is not known."""

    @property
    def checkpoint_interval_s(self) -> float | None:
        """The interval in seconds; None where it is not known."""
        return parse_seconds(self.checkpoint_interval) if self.checkpoint_interval else None


@dataclasses.dataclass(frozen=True)
class Budget:
    """What a training run may cost, and for how long."""

    usd: Annotated[str, money()] = "600"
    """The budget in dollars."""
    weeks: Annotated[int, whole_number(1)] = 8
    """How long the plan lasts."""
    usd_per_hour: Annotated[str, money()] = "0.39"
    """What the plan counts with for an hour of the machine."""
    start: Annotated[str, DAY_OR_NONE] = ""
    """The day on which the plan begins; "" is the first entry of the cost ledger."""
    early_usd: Annotated[str, money()] = "400"
    """So much before early_day is too fast."""
    early_day: Annotated[int, whole_number(1)] = 35
    """The day of the plan at whose end is decided whether it goes on."""


Section = Layout | Metadata | Convert | Split | Buckets | Benchmark | Export | Signing | Watch | Budget | Notify
FREE_SECTIONS: Final = ("gates", "keys", "watch.patterns", "watch.rules")
"""Sections whose keys are not fixed here."""
RuleTable = Mapping[str, float | tuple[str, ...]]
"""One table of ``[watch.rules]``: numbers, or names of rules."""

SECTIONS: Final[Mapping[str, type[Section]]] = {
    "layout": Layout,
    "metadata.fields": Metadata,
    "convert": Convert,
    "split": Split,
    "buckets": Buckets,
    "benchmark": Benchmark,
    "export": Export,
    "signing": Signing,
    "watch": Watch,
    "budget": Budget,
    "notify": Notify,
}


@dataclasses.dataclass(frozen=True)
class Settings:
    """Every setting of one corpus."""

    layout: Layout = dataclasses.field(default_factory=Layout)
    metadata: Metadata = dataclasses.field(default_factory=Metadata)
    convert: Convert = dataclasses.field(default_factory=Convert)
    signing: Signing = dataclasses.field(default_factory=Signing)
    watch: Watch = dataclasses.field(default_factory=Watch)
    budget: Budget = dataclasses.field(default_factory=Budget)
    split: Split = dataclasses.field(default_factory=Split)
    buckets: Buckets = dataclasses.field(default_factory=Buckets)
    benchmark: Benchmark = dataclasses.field(default_factory=Benchmark)
    export: Export = dataclasses.field(default_factory=Export)
    notify: Notify = dataclasses.field(default_factory=Notify)
    patterns: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """``[watch.patterns]``: name to a regular expression that finds a line of metrics."""
    rules: Mapping[str, RuleTable] = dataclasses.field(default_factory=dict)
    """``[watch.rules.FAMILY]``: numbers that replace those of the alert rules; "" holds ``off``, rules switched off."""
    gates: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Gate to the id of the checklist that opens it. Only the corpus's own file, or --config, binds a gate."""
    keys: Mapping[str, BoundKeys] = dataclasses.field(default_factory=dict)
    """``[keys]``: name of an action of the console to the keys that it is bound to."""
