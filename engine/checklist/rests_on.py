"""What an answer rests on: the values of ``rerun_on``, as digests, so that a change makes the answer stale."""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from engine.checklist.around import Around
from engine.run.locks import boot_id

_HASHED_WHOLE_BYTES: Final = 64 << 20
"""A larger file is told by size and times: hashing it would take longer than the check that it guards."""
_GIT_TIMEOUT_S: Final = 10.0
NOT_THERE: Final = "not there"


def look_at(names: Iterable[str], around: Around) -> dict[str, str]:
    """Return the digest of each thing that a ``rerun_on`` names."""
    return {name: _digest(name, around) for name in names}


def commit_of(folder: Path) -> str:
    """Return the commit that a folder's repository stands at; "" where it is no repository or there is no git."""
    env = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    argv = ["git", "-C", str(folder), "rev-parse", "--verify", "HEAD"]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, env=env, timeout=_GIT_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _digest(name: str, around: Around) -> str:
    what, _, which = name.partition(":")
    match what:
        case "file":
            return _files(around, which)
        case "env":
            value = around.env.get(which)
            return NOT_THERE if value is None else _short(value.encode("utf-8", "surrogateescape"))
        case "config":
            section = getattr(around.settings, which, None)
            return NOT_THERE if section is None else _short(msgspec.json.encode(section))
        case "git":
            return commit_of(around.corpus) or NOT_THERE
        case "boot_id":
            return boot_id()
        case _:
            return socket.gethostname()


def _files(around: Around, pattern: str) -> str:
    """Digest the files that a pattern names: which there are, and what is in them."""
    base = around.path(pattern)
    if any(char in pattern for char in "*?["):
        wanted = Path(around.expand(pattern)).expanduser()
        root = Path(wanted.anchor) if wanted.is_absolute() else around.corpus  # whose own name may look like a pattern
        found = sorted(path for path in root.glob(str(wanted.relative_to(wanted.anchor))) if path.is_file())
    else:
        found = [base] if base.is_file() else []
    if not found:
        return NOT_THERE
    whole = hashlib.sha256()
    for path in found:
        whole.update(f"{path}\0{_content(path)}\n".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()[:32]


def _content(path: Path) -> str:
    try:
        found = path.stat()
        if found.st_size > _HASHED_WHOLE_BYTES:
            return f"{found.st_size} {found.st_mtime_ns} {found.st_ino}"
        with path.open("rb") as content:
            return hashlib.file_digest(content, "sha256").hexdigest()
    except OSError as error:
        return f"unreadable: {error.errno}"


def _short(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:32]
