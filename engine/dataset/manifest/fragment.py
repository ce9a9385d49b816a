"""A shard's rows on disk: a Parquet file whose metadata say what it was made of, so that a rerun knows what is current.

Beside the manifest's columns it holds keys, by which clips that are alike are found without hashing text again.
"""

from __future__ import annotations

import base64
import contextlib
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import xxhash

from engine.crew.artifacts import whole
from engine.dataset.manifest.fragment_inputs import FragmentInputs, inputs_of
from engine.dataset.manifest.rows import ClipEntry, ShardRows
from engine.dataset.manifest.schema import KEYS, ROW_GROUP, Problem, fragment_schema
from engine.dataset.split.session import CLIP, VIDEO
from engine.errors import DamagedError, Fault

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

__all__ = [
    "About",
    "FragmentInputs",
    "about_of",
    "inputs_of",
    "is_current",
    "open_fragment",
    "problems_of",
    "unit_of",
    "write_fragment",
]

_ABOUT: Final = b"gonogo.fragment"
_PROBLEMS: Final = b"gonogo.problems"
_COMPRESSION: Final = "lz4"
"""A fragment is read more often than a disk is short of room: it is unpacked at memory speed."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a fragment says of itself."""

    inputs: FragmentInputs
    state: str
    """What its rows say of the shard; the state among the inputs is what was known before they were read."""
    look_again: bool = False
    """It is never current: the disk refused something when it was made."""


def write_fragment(path: Path, rows: ShardRows, inputs: FragmentInputs) -> None:
    """Write it; it appears under its name when it is whole and on the disk.

    Raises:
        OSError: when the disk refuses; what stood there before stands there still.
    """
    import pyarrow.parquet as pq  # noqa: PLC0415  # 60 MB of library

    about = About(inputs=inputs, state=rows.state, look_again=rows.look_again)
    schema = fragment_schema().with_metadata({_ABOUT: msgspec.json.encode(about), _PROBLEMS: _packed(rows.problems)})
    with whole(path) as temporary:
        pq.write_table(
            _table(rows, schema),
            temporary,
            row_group_size=ROW_GROUP,
            compression={column: "none" if column in KEYS else _COMPRESSION for column in _leaves(schema)},
            use_dictionary=_repeated(schema),
            write_statistics=False,
            write_page_checksum=True,
        )


def is_current(path: Path, inputs: FragmentInputs) -> bool:
    """Tell whether a fragment is there that was made of these inputs, and need not be made again."""
    try:
        with open_fragment(path) as file:
            found = about_of(file, path)
    except (FileNotFoundError, DamagedError):
        return False
    return not found.look_again and msgspec.json.encode(found.inputs) == msgspec.json.encode(inputs)


@contextlib.contextmanager
def open_fragment(path: Path, *, dictionaries: Sequence[str] = ()) -> Iterator[pq.ParquetFile]:
    """Open a fragment.

    Args:
        path: the file.
        dictionaries: columns of text to read as dictionaries.

    Raises:
        DamagedError: when it is no whole Parquet file; also for what is read while it is open.
        FileNotFoundError: when it is not there.
    """
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.parquet as pq  # noqa: PLC0415

    try:
        with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=list(dictionaries)) as file:
            yield file
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the disk; damage comes without a number
        raise _damaged(path, str(error).partition("\n")[0]) from error


def about_of(file: pq.ParquetFile, path: Path) -> About:
    """Read what a fragment says of itself.

    Raises:
        DamagedError: when it does not say it in this version's words.
    """
    try:
        return msgspec.json.decode((file.metadata.metadata or {}).get(_ABOUT, b""), type=About)
    except msgspec.MsgspecError as error:
        raise _damaged(path, str(error)) from error


def problems_of(file: pq.ParquetFile, path: Path) -> list[Problem]:
    """Read a shard's problems.

    Raises:
        DamagedError: when they are not whole.
    """
    try:
        packed = (file.metadata.metadata or {}).get(_PROBLEMS, b"")
        return msgspec.json.decode(zlib.decompress(base64.b64decode(packed)), type=list[Problem])
    except (ValueError, zlib.error) as error:
        raise _damaged(path, str(error)) from error


def unit_of(video_id: str, utt_id: str) -> str:
    """Name the group that a clip is in before anything is known of others; as the split names it."""
    if not video_id:
        return CLIP + utt_id
    return VIDEO + video_id if video_id.startswith((CLIP, VIDEO)) else video_id


def _packed(problems: Sequence[Problem]) -> bytes:
    """Write problems as text that any reader of Parquet lets pass."""
    return base64.b64encode(zlib.compress(msgspec.json.encode(problems)))


def _damaged(path: Path, reason: str) -> DamagedError:
    wanted, way_out = "a fragment as this version writes it", "delete it: it is made again"
    return DamagedError(
        Fault("a fragment of the manifest cannot be read", file=str(path), read=reason, wanted=wanted, way_out=way_out)
    )


def _repeated(schema: pa.Schema) -> list[str]:
    """Name the columns whose values come again and again."""
    once = {"utt_id", "member", "offset", "size", "duration_s", "num_frames", "text", "audio_hash"}
    return [leaf for leaf in _leaves(schema) if leaf not in once and (leaf not in KEYS or leaf == "unit_key")]


def _leaves(schema: pa.Schema) -> list[str]:
    return ["bucket.list.element" if name == "bucket" else name for name in schema.names]


def _table(rows: ShardRows, schema: pa.Schema) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    count = len(rows.rows)
    of_shard = {"source": rows.source, "shard": rows.shard, "tar": rows.tar, "shard_state": rows.state}
    columns: dict[str, Sequence[object]] = {name: [value] * count for name, value in of_shard.items()}
    for name in ClipEntry.__struct_fields__:
        columns[name] = [getattr(row, name) for row in rows.rows]
    columns |= _derived(rows.rows)
    return pa.table([pa.array(columns[field.name], field.type) for field in schema], schema=schema)


def _derived(rows: Sequence[ClipEntry]) -> dict[str, Sequence[object]]:
    """Return the columns that follow from others."""
    units = [unit_of(row.video_id, row.utt_id) for row in rows]
    utts = [divmod(xxhash.xxh3_128_intdigest(row.utt_id.encode()), 1 << 64) for row in rows]
    audios = [divmod(int(row.audio_hash, 16), 1 << 64) if row.audio_hash and row.num_frames else (0, 0) for row in rows]
    return {
        "group_id": units,
        "duration_s": [_seconds(row) for row in rows],
        "text_empty": [not row.text.strip() for row in rows],
        "utt_high": [high for high, _ in utts],
        "utt_low": [low for _, low in utts],
        "unit_key": [xxhash.xxh3_64_intdigest(unit.encode()) for unit in units],
        "audio_high": [high for high, _ in audios],
        "audio_low": [low for _, low in audios],
    }


def _seconds(row: ClipEntry) -> float | None:
    return None if row.num_frames is None or not row.sample_rate_hz else row.num_frames / row.sample_rate_hz
