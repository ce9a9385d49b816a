"""What figures were measured on: the machine, the versions of all that took part, and what else was going on."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import soundfile

from engine.audio.kernel import decimator
from engine.host.facts import host_facts, package_versions

PACKAGES = ("numpy", "soundfile", "scipy", "soxr", "cffi", "xxhash")
PROGRAMS = {"sox": ["sox", "--version"], "ffmpeg": ["ffmpeg", "-version"], "compiler": ["cc", "--version"]}
LIBFLAC = ["pkg-config", "--modversion", "flac"]


def facts(folder: Path) -> tuple[str, ...]:
    """Return the facts, one line each; ``folder`` lies on the disk that is measured."""
    host = host_facts()
    memory = f"{host.memory_bytes / 2**30:.0f} GiB"
    return (
        f"machine: {processor()}, {host.usable_cpus} CPUs, {memory}; {file_system(folder)}; {host.kernel}",
        f"gonogo's decimator: {decimator()}",
        f"versions: {', '.join(versions())}",
        f"date: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC; load average {load()}",
    )


def load() -> str:
    """Return the load average of the last minute, five and fifteen."""
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


def processor() -> str:
    """Return the processor's name, and the widest vectors that it has."""
    told = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.*)$", told, re.MULTILINE)
    vectors = "AVX-512" if " avx512bw" in told else "AVX2" if " avx2" in told else "no AVX2"
    return f"{model[1] if model else platform.machine()} ({vectors})"


def file_system(folder: Path) -> str:
    """Return what kind of file system a folder lies on, as it is mounted."""
    device = folder.stat().st_dev
    mounts = [line.split() for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines()]
    kinds = [kind for _, at, kind, *_ in mounts if Path(at).exists() and Path(at).stat().st_dev == device]
    return kinds[-1] if kinds else "unknown file system"


def versions() -> list[str]:
    """Return the versions of the interpreter, the packages and the programs, where they are there."""
    found = [f"Python {platform.python_version()}"]
    found += [f"{name} {version}" for name, version in package_versions(PACKAGES).items()]
    for name, argv in PROGRAMS.items():
        number = re.search(r"\d+\.\d+(\.\d+)?", _first_line(argv))
        if number is not None:
            found.append(f"{name} {number[0]}")
    libflac = _first_line(LIBFLAC)
    return [
        *found,
        f"libsndfile {soundfile.__libsndfile_version__}",
        *([f"libFLAC {libflac} (bare)"] if libflac else []),
    ]


def _first_line(argv: list[str]) -> str:
    """Return the first line that a program prints; empty where it is not there."""
    if shutil.which(argv[0]) is None:
        return ""
    told = subprocess.run(argv, check=False, capture_output=True, text=True).stdout
    return told.splitlines()[0] if told.strip() else ""
