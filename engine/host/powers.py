"""What the file system under a folder can do, found out by doing it: network and FUSE volumes differ from their names.

An errno does not tell "not supported" from "refused" reliably across file systems, so any failure counts as a
missing power and its text is kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from engine.host.disk import free_bytes, free_inodes
from engine.host.rename import EXCHANGE, NOREPLACE, renameat2

PROBE_PREFIX = ".gonogo-probe-"

_FLOCK_TIMEOUT_S = 30.0
_LOCK_PROGRAM = """
import fcntl, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
try:
    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
except BlockingIOError:
    sys.exit(0)
sys.exit("a second process got the lock that the first one holds")
"""


class Powers(msgspec.Struct, frozen=True, kw_only=True):
    """What worked in one folder, and the texts of what did not."""

    folder: str
    link: bool
    """link(2): a second name for the same file. Without it the swap goes by renames."""
    rename_over: bool
    """rename(2) over a file that exists."""
    rename_noreplace: bool
    """renameat2(RENAME_NOREPLACE); nothing needs it."""
    rename_exchange: bool
    """renameat2(RENAME_EXCHANGE); nothing needs it."""
    sync_file: bool
    sync_folder: bool
    flock: bool
    """flock, respected by a second process of this machine."""
    free_bytes: int | None
    """None when the file system does not tell."""
    free_inodes: int | None
    """None when it has no such limit, or does not tell."""
    errors: dict[str, str]
    """By power, why it is not there."""

    @property
    def swaps_by(self) -> str:
        """How an original gets out of the way in a swap: by a second name, or by a new one where there are no links."""
        return "hard links" if self.link else "renames: no hard links here, and audio.tar is absent for an instant"

    def missing_for_swap(self) -> tuple[str, ...]:
        """Return the powers that converting in place needs and this folder has not, each with its reason."""
        needed = {
            "rename_over": self.rename_over,
            "sync_file": self.sync_file,
            "sync_folder": self.sync_folder,
            "flock": self.flock,
            "free_bytes": self.free_bytes is not None,
        }
        return tuple(f"{name}: {self.errors.get(name, 'not there')}" for name, there in needed.items() if not there)


def probe_powers(folder: Path) -> Powers:
    """Try each power in a private folder inside ``folder``, and undo everything; takes a tenth of a second.

    Raises:
        OSError: when nothing can be made in ``folder`` at all.
    """
    errors: dict[str, str] = {}

    def works(name: str, attempt: Callable[[Path], None]) -> bool:
        place = private / name
        try:
            place.mkdir()
            attempt(place)
        except (OSError, subprocess.SubprocessError, AttributeError) as fault:
            errors[name] = str(fault)
            return False
        return True

    space: dict[str, int | None] = {}

    def measure(place: Path) -> None:
        space.update(bytes=free_bytes(place), inodes=free_inodes(place))

    with _private_folder(folder) as private:
        works("free_bytes", measure)
        return Powers(
            folder=str(folder),
            link=works("link", _link),
            rename_over=works("rename_over", _rename_over),
            rename_noreplace=works("rename_noreplace", _rename_noreplace),
            rename_exchange=works("rename_exchange", _rename_exchange),
            sync_file=works("sync_file", _sync_file),
            sync_folder=works("sync_folder", _sync_folder),
            flock=works("flock", _flock),
            free_bytes=space.get("bytes"),
            free_inodes=space.get("inodes"),
            errors=errors,
        )


def has_links(folder: Path) -> bool:
    """Tell whether a file in ``folder`` can have a second name, by trying it.

    Raises:
        OSError: when nothing can be made in ``folder`` at all.
    """
    with _private_folder(folder) as private:
        try:
            _link(private)
        except OSError:
            return False
    return True


@contextlib.contextmanager
def _private_folder(folder: Path) -> Iterator[Path]:
    private = Path(tempfile.mkdtemp(prefix=PROBE_PREFIX, dir=folder))
    try:
        yield private
    finally:
        shutil.rmtree(private, ignore_errors=True)


def _link(place: Path) -> None:
    (place / "a").write_bytes(b"a")
    (place / "b").hardlink_to(place / "a")
    if not (place / "b").samefile(place / "a") or (place / "a").stat().st_nlink != 2:
        raise OSError("the link is a copy: two names show two files")


def _rename_over(place: Path) -> None:
    (place / "new").write_bytes(b"new")
    (place / "old").write_bytes(b"old")
    (place / "new").replace(place / "old")
    if (place / "old").read_bytes() != b"new" or (place / "new").exists():
        raise OSError("after the rename the old content is there")


def _rename_noreplace(place: Path) -> None:
    for name in "ab":
        (place / name).write_bytes(name.encode())
    with contextlib.suppress(FileExistsError):
        renameat2(place / "a", place / "b", NOREPLACE)
    if (place / "b").read_bytes() != b"b":
        raise OSError("it replaced the file that it must not replace")
    renameat2(place / "a", place / "c", NOREPLACE)


def _rename_exchange(place: Path) -> None:
    for name in "ab":
        (place / name).write_bytes(name.encode())
    renameat2(place / "a", place / "b", EXCHANGE)
    if (place / "a").read_bytes() != b"b":
        raise OSError("it did not exchange the files")


def _sync_file(place: Path) -> None:
    with (place / "a").open("wb") as file:
        file.write(b"a")
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(place: Path) -> None:
    fd = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _flock(place: Path) -> None:
    path = place / "lock"
    fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        second = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _LOCK_PROGRAM, os.fspath(path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            timeout=_FLOCK_TIMEOUT_S,
        )
    finally:
        os.close(fd)
    if second.returncode:
        raise OSError(second.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2])
