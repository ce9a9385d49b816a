"""``buckets.toml``: the buckets as a file that tools read back and people paste from."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec

from engine.config.tomlfile import read_toml
from engine.crew.artifacts import write_whole
from engine.dataset.buckets.buckets import Buckets
from engine.errors import ConfigError, printable

_HEAD: Final = "# Duration buckets of this corpus. Paste what stands under [paste]; the rest says how it was found.\n"
_PASTE: Final = "paste"


def nemo_lines(buckets: Buckets) -> str:
    """Return the lines of a NeMo ``train_ds`` section, as YAML.

    ``bucket_duration_bins`` ends with the longest duration where batch sizes stand beside it, and NeMo leaves longer
    clips out; without them the last edge is left away, for NeMo's last bucket is open (``num_buckets`` is one more).
    Source: nemo/collections/common/data/lhotse/dataloader.py, ``determine_sampling_constraint``.
    """
    sized = bool(buckets.bucket_batch_size)
    edges = buckets.bucket_duration_bins if sized else buckets.bucket_duration_bins[:-1]
    lines = [
        "use_bucketing: true",
        f"num_buckets: {len(buckets.bucket_duration_bins)}",
        f"bucket_duration_bins: {edges}",
        f"bucket_batch_size: {buckets.bucket_batch_size}" if sized else "batch_duration: ???  # seconds in a batch",
        f"min_duration: {buckets.min_duration_s}",
        f"max_duration: {buckets.bucket_duration_bins[-1]}",
    ]
    return "\n".join(lines) + "\n"


def lhotse_lines(buckets: Buckets) -> str:
    """Return the call of lhotse's sampler, as Python.

    ``FixedBucketBatchSizeConstraint`` wants the last edge and stops at a longer clip; ``duration_bins`` with a
    constraint of seconds leaves it away. Source: lhotse/dataset/sampling/dynamic_bucketing.py.
    """
    shortest, longest = buckets.min_duration_s, buckets.bucket_duration_bins[-1]
    lines = [f"cuts = cuts.filter(lambda cut: {shortest} <= cut.duration <= {longest})"]
    if buckets.bucket_batch_size:
        lines += [
            f"bucket_duration_bins = {buckets.bucket_duration_bins}",
            f"bucket_batch_size = {buckets.bucket_batch_size}",
            "sampler = DynamicBucketingSampler(",
            "    cuts,",
            "    duration_bins=bucket_duration_bins,",
            "    constraint=FixedBucketBatchSizeConstraint(bucket_duration_bins, bucket_batch_size),",
            "    shuffle=True,",
            ")",
        ]
    else:
        lines += [
            f"bucket_duration_bins = {buckets.bucket_duration_bins[:-1]}",
            "sampler = DynamicBucketingSampler(",
            "    cuts, duration_bins=bucket_duration_bins, max_duration=..., shuffle=True  # seconds in a batch",
            ")",
        ]
    return "\n".join(lines) + "\n"


def render(buckets: Buckets) -> str:
    """Return the file's text."""
    paste = {"nemo": nemo_lines(buckets), "lhotse": lhotse_lines(buckets)}
    tables: dict[str, object] = msgspec.to_builtins(buckets) | {_PASTE: paste}
    return _HEAD + "\n".join(_table((), tables)) + "\n"


def write_buckets(path: Path, buckets: Buckets) -> None:
    """Write the file; it appears under its name when it is whole.

    Raises:
        OSError: when the disk refuses.
    """
    write_whole(path, render(buckets).encode())


def read_buckets(path: Path) -> Buckets:
    """Read the file back.

    Raises:
        ConfigError: when it cannot be read, is not TOML, holds a key that is not known, lacks one, or holds lines to
            paste that are not those of its buckets.
    """
    way_out = "make the buckets again"
    tables = dict(read_toml(path, "file of buckets", way_out).tables)
    paste = tables.pop(_PASTE, None)
    try:
        buckets = msgspec.convert(tables, Buckets)
    except (msgspec.ValidationError, ValueError) as error:
        raise ConfigError(f"{path}: no buckets of ours: {printable(str(error))}; {way_out}") from error
    if paste != {"nemo": nemo_lines(buckets), "lhotse": lhotse_lines(buckets)}:
        raise ConfigError(f"{path}: [{_PASTE}]: its lines say another thing than the tables above them; {way_out}")
    return buckets


def _table(name: tuple[str, ...], table: Mapping[str, object]) -> Iterator[str]:
    """Yield the lines of a table: its values first, then the tables below it; None is left out."""
    below: list[tuple[str, bool, list[dict[str, object]]]] = []
    for key, value in table.items():
        if isinstance(value, dict):
            below.append((key, False, [value]))
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            below.append((key, True, value))
        elif value is not None:
            yield f"{_key(key)} = {_value(value)}"
    for key, is_array, tables in below:
        path = (*name, key)
        dotted = ".".join(map(_key, path))
        for one in tables:
            yield ""
            yield f"[[{dotted}]]" if is_array else f"[{dotted}]"
            yield from _table(path, one)


def _key(name: str) -> str:
    return name if name.isidentifier() and name.isascii() else _value(name)


def _value(value: object) -> str:
    """Write one value. A string of lines is written as lines; in others, what TOML does not allow is escaped."""
    match value:
        case bool():
            return str(value).lower()
        case int() | float():
            return repr(value)
        case str():
            return f"'''\n{value}'''" if value.endswith("\n") else json.dumps(printable(value), ensure_ascii=False)
        case list():
            return f"[{', '.join(map(_value, value))}]"
        case _:
            raise TypeError(f"{value!r} has no form in buckets.toml")
