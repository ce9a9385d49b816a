"""JSON that is cut, doubled, nested or foreign: sidecars, members of a tar, records of swaps, tables of clips."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Final

from tests.engine.audio.clips import encoded, noise
from tests.faults.bad_input.row import Door, Make, Row, State, fixed, slug
from tests.recordings import tar_bytes

ROW: Final = b'{"member": "clip_0.wav", "duration": 0.1}\n'
DEEP: Final = b"[" * 100_000 + b"]" * 100_000


def _with(row: bytes) -> bytes:
    return ROW + row + b"\n"


_LINES: dict[str, tuple[Make, tuple[str, ...]]] = {
    "a key that comes twice": (
        fixed(_with(b'{"member": "clip_1.wav", "duration": 0.1, "duration": 0.3}')),
        (".jsonl:2", "'duration' twice"),
    ),
    "NaN for a number": (fixed(_with(b'{"member": "clip_1.wav", "duration": NaN}')), (".jsonl:2", "NaN")),
    "a number beyond all": (fixed(_with(b'{"member": "clip_1.wav", "duration": 1e999}')), (".jsonl:2", "1e999")),
    "a number of 5,000 digits": (fixed(_with(b'{"duration": ' + b"9" * 5_000 + b"}")), (".jsonl:2", "5,000 digits")),
    "a key of 100,000 letters that comes twice": (
        lambda: _with(json.dumps({"k" * 100_000: 1})[:-1].encode() + b', "' + b"k" * 100_000 + b'": 2}'),
        (".jsonl:2", "100,000 characters"),
    ),
    "a number of 100,000 digits and beyond all": (
        lambda: _with(b'{"duration": ' + b"9" * 100_000 + b"e999}"),
        (".jsonl:2", "too large for a number"),
    ),
    "cut in a row": (fixed(_with(b'{"member": "clip_1.wav", "dura')), (".jsonl:2", "column")),
    "nested 100,000 deep": (lambda: _with(DEEP), (".jsonl:2", "nested too deep")),
    "a list for a row": (fixed(_with(b'["clip_1.wav", 0.1]')), (".jsonl:2", "a list in place of an object")),
    "two rows in one line": (fixed(_with(b'{"member": "a"} {"member": "b"}')), (".jsonl:2", "more behind the value")),
    "single quotes": (fixed(_with(b"{'member': 'clip_1.wav'}")), (".jsonl:2", "column 2")),
    "a comment": (fixed(_with(b"// of the second day")), (".jsonl:2", "column 1")),
    "Latin-1": (fixed(_with('{"text": "café"}'.encode("latin-1"))), (".jsonl:2", "UTF-8", "e9")),
    "UTF-16": (lambda: (ROW.decode() * 2).encode("utf-16"), (".jsonl:1", "UTF-8")),
    "half of a surrogate pair": (fixed(_with(b'{"text": "\\ud83d"}')), (".jsonl:2", "surrogate")),
    "a line of 2 MB": (lambda: _with(b'{"text": "' + b"a" * 2_000_000 + b'"}'), (".jsonl:2", "too long")),
    "NUL bytes where rows were": (lambda: _with(bytes(4_096)), (".jsonl:2",)),
    "a thousand keys and one": (
        lambda: _with(json.dumps({f"c{number}": 1 for number in range(1_001)}).encode()),
        (".jsonl:2", "1,000 columns"),
    ),
    "text for durations": (
        lambda: b'{"member": "clip_0.wav", "duration": "short"}\n',
        ("duration", "unusable", "'short'"),
    ),
    "durations below nothing": (lambda: b'{"member": "clip_0.wav", "duration": -1}\n', ("duration", "unusable", "-1")),
}
_WHOLE: dict[str, tuple[Make, tuple[str, ...]]] = {
    "a name that comes twice": (
        fixed(b'{"clip_0.wav": {"duration": 0.1},\n "clip_0.wav": {"duration": 0.3}}'),
        (".json:2", "'clip_0.wav' twice"),
    ),
    "a number for all rows": (fixed(b"17"), (".json:1", "'17' at the start")),
    "cut behind a row": (fixed(b'[{"member": "clip_0.wav"},\n'), (".json:2",)),
    "two lists": (fixed(b'[{"member": "clip_0.wav"}]\n[]'), (".json:", "more behind the end")),
}
_CSV: dict[str, tuple[Make, tuple[str, ...]]] = {
    "a row of another width": (fixed(b"member,text\nclip_0.wav,a,b\n"), (".csv:2", "3 cells", "2 as in the header")),
    "two columns of one name": (fixed(b"member,text,text\nclip_0.wav,a,b\n"), ("two columns have one name",)),
    "two columns of one name of 100,000 letters": (
        lambda: b",".join([b"k" * 100_000] * 2) + b"\n1,2\n",
        ("two columns have one name", "100,000 characters"),
    ),
    "a quote that never ends": (fixed(b'member,text\nclip_0.wav,"a\n'), (".csv:",)),
}
_MEMBERS: dict[str, tuple[Make, tuple[str, ...]]] = {
    "cut short": (fixed(b'{"duration": 0.'), ("clip_0.json", "column")),
    "a list": (fixed(b"[0.1]"), ("clip_0.json", "a list in place of an object")),
    "no UTF-8": (fixed(b'{"text": "caf\xe9"}'), ("clip_0.json",)),
    "2 MB": (lambda: b'{"text": "' + b"a" * 2_000_000 + b'"}', ("clip_0.json", "more than 1,048,576")),
    "nested 100,000 deep": (fixed(DEEP), ("clip_0.json", "nested too deep")),
}
_RECORD: Final = {
    "state": "swapped",
    "tool": "test",
    "run": "run",
    "time": "2026-01-02T03:04:05Z",
    "original": {"xxh3_128": "0" * 32, "size_bytes": 10_240},
    "result": {"xxh3_128": "0" * 32, "size_bytes": 10_240},
    "format": 1,
}


def _record(**changes: object) -> bytes:
    return json.dumps({**_RECORD, **changes}).encode()


_RECORDS: dict[str, Make] = {
    "cut short": fixed(_record()[:100]),
    "of another tool": fixed(b'{"status": "complete", "converted": 120}'),
    "of a later format": fixed(_record(format=2)),
    "a size for a state": fixed(_record(state=17)),
    "a state that nobody knows": fixed(_record(state="finished")),
    "a number of 40 digits": fixed(_record(result={"xxh3_128": "0" * 32, "size_bytes": 10**40})),
    "no UTF-8": fixed(_record().replace(b"test", b"te\xff\xfe")),
    "empty": fixed(b""),
    "NUL bytes, as a power cut leaves them": fixed(bytes(412)),
    "nested 100,000 deep": fixed(b'{"state": ' + DEEP + b"}"),
    "2 MB": lambda: _record(tool="a" * 2_000_000),
    "hashes of other tars": fixed(_record()),
}
_TABLES: dict[str, Make] = {
    "cut short": lambda: gzip.compress(b'{"member": "clip_0.wav"}\n' * 99, mtime=0)[:-12],
    "not packed": fixed(b'{"member": "clip_0.wav"}\n'),
    "rows of another shape": lambda: gzip.compress(b'{"name": "clip_0.wav"}\n', mtime=0),
    "no JSON": lambda: gzip.compress(b"clip_0.wav\n", mtime=0),
}


def _nine_hundred(place: Path) -> None:
    """A lone tar whose metadata were all written by a program that died early."""
    clip = encoded(noise(480))
    named = [(f"clip_{number}", clip) for number in range(900)]
    members = [
        member for name, data in named for member in ((f"{name}.wav", data), (f"{name}.json", b'{"duration": 0.'))
    ]
    (place / "x.tar").write_bytes(tar_bytes(members))


ROWS = (
    *(
        Row(slug(f"{kind} {wrong}"), f"{kind} sidecar: {wrong}", Door.SIDECAR, data, State.FLAGGED, told, name=name)
        for kind, name, group in (
            ("jsonl", "metadata.jsonl", _LINES),
            ("json", "metadata.json", _WHOLE),
            ("csv", "metadata.csv", _CSV),
        )
        for wrong, (data, told) in group.items()
    ),
    *(
        Row(
            slug(f"member {wrong}"), f"JSON member: {wrong}", Door.MEMBER, data, State.FLAGGED, told, name="clip_0.json"
        )
        for wrong, (data, told) in _MEMBERS.items()
    ),
    Row(
        "members-all-cut-short",
        "JSON member: 900 of them, all cut short",
        Door.MEMBER,
        fixed(b'{"duration": 0.'),
        State.FLAGGED,
        ("clip_0.json", "880 further members"),
        name="clip_0.json",
        plant=_nine_hundred,
    ),
    *(
        Row(slug(f"record {wrong}"), f"record: {wrong}", Door.RECORD, data, State.QUARANTINED, ("row",))
        for wrong, data in _RECORDS.items()
    ),
    *(
        Row(slug(f"table {wrong}"), f"clip table: {wrong}", Door.CLIP_TABLE, data, State.FLAGGED, ("clip table",))
        for wrong, data in _TABLES.items()
    ),
)
