r"""The lock of a split: who is where, for good. A text file that people commit beside their corpus.

One line a video, sorted: the split, a tab, the name (a backslash, tabs and control characters escaped). Above it what
the split was asked for, below it how many lines there are and their XXH3-128, so that a file that was cut short or
half merged is refused: whoever trains on half a lock tests on what it trained on.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import xxhash

from engine.dataset.split.lock_faults import explain
from engine.dataset.split.quota import Split, Splits
from engine.dataset.split.settings import SplitSettings
from engine.errors import DamagedError, Fault, UnsupportedError

if TYPE_CHECKING:
    import pyarrow as pa

FORMAT: Final = 1
"""Of the file; another one is refused."""
FIRST_LINE: Final = f"# gonogo split.lock, format {FORMAT}: commit this file; nobody in it changes split\n"
PLACES: Final = tuple(split for split in Split if split is not Split.NONE)
"""What a line can say."""
LINES_AT_ONCE: Final = 1 << 17
"""Lines that are written as Python strings at a time."""

_ASKED: Final = b"# asked: "
_END: Final = re.compile(rb"# end: (\d+) lines, xxh3-128 ([0-9a-f]{32})\n")
_FIRST: Final = re.compile(rb"# gonogo split\.lock, format (\d+)\b[^\n]*\n")
_ESCAPED: Final = re.compile(r"[\\\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ESCAPE: Final = re.compile(r"\\(?:(\\)|u([0-9a-f]{4}))")


@dataclass(frozen=True)
class Lock:
    """Who is where."""

    settings: SplitSettings
    """What the split was asked for when the lock was last written."""
    names: pa.LargeStringArray
    """Videos, and clips without one, as :mod:`engine.dataset.split.corpus` names them; rising, each once."""
    splits: Splits
    """Of each name."""


def no_lock(settings: SplitSettings) -> Lock:
    """Return the lock of a corpus that has none yet."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

    return Lock(settings, pa.array([], pa.large_string()), np.zeros(0, np.int8))


def write_lock(lock: Lock) -> bytes:
    """Return the file's content, the same for the same lock."""
    out, words = io.BytesIO(), [split.word for split in PLACES]
    out.write(FIRST_LINE.encode() + _ASKED + msgspec.json.encode(lock.settings) + b"\n")
    for start in range(0, len(lock.names), LINES_AT_ONCE):
        names = lock.names.slice(start, LINES_AT_ONCE).to_pylist()
        splits = lock.splits[start : start + LINES_AT_ONCE].tolist()
        lines = (f"{words[split]}\t{escape(name)}\n" for split, name in zip(splits, names, strict=True))
        out.write("".join(lines).encode())
    digest = xxhash.xxh3_128_hexdigest(out.getbuffer())
    out.write(f"# end: {len(lock.names)} lines, xxh3-128 {digest}\n".encode())
    return out.getvalue()


def read_lock(content: bytes, file: str = "split.lock") -> Lock:
    """Read a lock; a million lines in less than a second.

    Raises:
        DamagedError: when it is not whole; names the line, what was read and what was wanted.
        UnsupportedError: when a newer gonogo wrote it.
    """
    first = _FIRST.match(content)
    if first and int(first[1]) != FORMAT:
        raise UnsupportedError(_other_format(file, first[1].decode()))
    end = _END.fullmatch(content, content.rfind(b"\n", 0, -1) + 1)
    if first and end and xxhash.xxh3_128_hexdigest(memoryview(content)[: end.start()]) == end[2].decode():
        asked, _, body = content[first.end() : end.start()].partition(b"\n")
        lock = _parse(body, asked)
        if lock is not None and len(lock.names) == int(end[1]):
            return lock
    raise DamagedError(explain(content, file))


def _other_format(file: str, read: str) -> Fault:
    return Fault(
        "this lock is of another format",
        file=file,
        member="line 1",
        read=f"format {read}",
        wanted=f"format {FORMAT}",
        way_out="use the gonogo that wrote it",
    )


def escape(name: str) -> str:
    r"""Write a name on one line.

    >>> escape("a\tb\\c")
    'a\\u0009b\\\\c'
    """
    return _ESCAPED.sub(lambda found: "\\\\" if found[0] == "\\" else f"\\u{ord(found[0]):04x}", name)


def unescape(text: str) -> str:
    """Read what :func:`escape` wrote."""
    return _ESCAPE.sub(lambda found: found[1] or chr(int(found[2], 16)), text)


def _parse(body: bytes, asked: bytes) -> Lock | None:
    """Read the lines of a file whose checksum is right; None where something else than gonogo wrote them."""
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.compute as pc  # noqa: PLC0415

    try:
        settings = msgspec.json.decode(asked.removeprefix(_ASKED), type=SplitSettings)
        table = _columns(body)
    except (msgspec.MsgspecError, pa.ArrowInvalid):
        return None
    places = pc.index_in(table["split"], value_set=pa.array([split.word for split in PLACES]))
    names = table["name"].combine_chunks()
    if b"\\" in body:
        names = pa.array([unescape(name) for name in names.to_pylist()], pa.large_string())
    if places.null_count or (len(names) > 1 and not pc.all(pc.less(names[:-1], names[1:])).as_py()):
        return None
    return Lock(settings, names, np.asarray(places).astype(np.int8))


def _columns(body: bytes) -> pa.Table:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    from pyarrow import csv  # noqa: PLC0415

    types = {"split": pa.string(), "name": pa.large_string()}
    if not body:
        return pa.schema(types).empty_table()
    return csv.read_csv(
        pa.BufferReader(body),
        read_options=csv.ReadOptions(column_names=list(types)),
        parse_options=csv.ParseOptions(delimiter="\t", quote_char=False, ignore_empty_lines=False),
        convert_options=csv.ConvertOptions(column_types=types),
    )
