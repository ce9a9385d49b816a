"""libFLAC itself as a candidate: what decoding and encoding a shard's clips costs at least (``flac_bare.c``)."""

from __future__ import annotations

import os
import subprocess
import tarfile
from pathlib import Path

from benchmarks.lane import Work
from benchmarks.made_shards import shard_at


class BareFlac:
    """libFLAC itself, from C: the shard's clips decoded, and what gonogo makes of them encoded at level 5."""

    def __init__(self, binary: str, source: str, converted: str, folder: str) -> None:
        self._shard = shard_at(source)
        scratch = Path(folder)
        lists = (unpacked(Path(source), scratch / "in"), unpacked(Path(converted), scratch / "out"))
        self._argv = [binary, "1", *map(str, lists)]

    def prepare(self) -> None:
        """Nothing to make ready."""

    def run(self) -> Work:
        """Decode and encode all clips."""
        told = subprocess.run(self._argv, check=True, capture_output=True, text=True).stdout
        decoding_s, encoding_s, pcm_bytes, _ = told.split()
        assert int(pcm_bytes) == self._shard.pcm_bytes, f"libFLAC decoded {pcm_bytes} bytes of {self._shard.pcm_bytes}"
        parts = {"decode": float(decoding_s), "encode": float(encoding_s)}
        return Work(self._shard.pcm_bytes, parts, cpu_s=sum(parts.values()))


def unpacked(tar_path: Path, folder: Path) -> Path:
    """Lay a tar's members into a folder; return the file that lists them."""
    folder.mkdir(parents=True)
    with tarfile.open(tar_path) as tar:
        tar.extractall(folder, filter="data")
        names = tar.getnames()
    listed = folder / "names.txt"
    listed.write_text("".join(f"{folder / name}\n" for name in names), encoding="utf-8")
    return listed


def build_bare_flac(folder: Path) -> Path | None:
    """Compile ``flac_bare.c``; None where there is no compiler or no libFLAC to compile against."""
    binary = folder / "flac_bare"
    source = Path(__file__).with_name("flac_bare.c")
    try:
        argv = [os.environ.get("CC", "cc"), "-O2", "-o", str(binary), str(source), "-lFLAC"]
        subprocess.run(argv, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return binary
