"""Looking at a corpus with other eyes than gonogo's: Python's tarfile, libsndfile, hashes."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
from pathlib import Path

import soundfile

TRACES = ("audio_48k.bak", "audio_16k.tar.tmp")


def tars(corpus: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(corpus)): path.read_bytes()
        for path in sorted(corpus.rglob("*.tar"))
        if ".gonogo" not in path.parts
    }


def hashes(corpus: Path) -> dict[str, str]:
    return {name: hashlib.sha256(data).hexdigest() for name, data in tars(corpus).items()}


def stamps(corpus: Path) -> dict[str, tuple[int, int, int]]:
    """Inode, size and mtime of everything in a corpus but its state."""
    found = {}
    for folder, folders, files in os.walk(corpus):
        folders[:] = [name for name in folders if name != ".gonogo"]
        for name in [*files, *folders]:
            status = Path(folder, name).lstat()
            found[str(Path(folder, name).relative_to(corpus))] = (status.st_ino, status.st_size, status.st_mtime_ns)
    return found


def leftovers(corpus: Path) -> list[str]:
    return [str(path) for path in corpus.rglob("*") if path.name.endswith((".bak", ".tmp"))]


def members(tar: bytes) -> list[tuple[str, bytes]]:
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        return [(info.name, file.read()) for info in opened if (file := opened.extractfile(info)) is not None]


def assert_is_conversion(original: bytes, result: bytes) -> None:
    """Hold a converted tar against its original: names, order, other members, rates, channels, lengths, formats."""
    before, after = members(original), members(result)
    assert [name for name, _ in before] == [name for name, _ in after]
    for (name, old), (_, new) in zip(before, after, strict=True):
        if not name.endswith((".wav", ".flac")):
            assert new == old, name
            continue
        was, now = soundfile.info(io.BytesIO(old)), soundfile.info(io.BytesIO(new))
        assert (now.samplerate, now.channels) == (16_000, 1), name
        assert now.frames == -(-was.frames // 3), name
        assert (now.format, now.subtype) == (was.format, was.subtype), name
