"""Where gonogo keeps things outside a corpus: the one module that knows the user's folders (XDG is honoured)."""

from __future__ import annotations

import hashlib
import os
import re
import stat
import tempfile
from pathlib import Path

import platformdirs

from engine.errors import GonogoError

APP = "gonogo"

_SOCKET_PATH_LIMIT = 100
"""A Unix socket's path holds 107 bytes on Linux, 103 elsewhere; what is longer cannot be bound at all."""


def user_state_dir() -> Path:
    """Return the folder for what belongs to the user and not to a corpus: ``~/.local/state/gonogo``."""
    return platformdirs.user_state_path(APP, appauthor=False)


def user_config_dir() -> Path:
    """Return the folder of the user's own configuration: ``~/.config/gonogo``."""
    return platformdirs.user_config_path(APP, appauthor=False)


def runs_index_dir() -> Path:
    """Return the folder of links to every run of this user, wherever its state lies."""
    return user_state_dir() / "runs"


def state_dir_for(corpus: Path | None, override: Path | None = None) -> Path:
    """Choose where the state of a corpus lies; nothing is created.

    ``override``, else ``CORPUS/.gonogo`` where that can be written, else a folder of the user's keyed by the corpus'
    path, else (no corpus) one folder of the user's for all such runs.
    """
    if override is not None:
        return override.absolute()
    if corpus is None:
        return user_state_dir() / "no-corpus"
    inside = corpus.resolve() / ".gonogo"
    if os.access(inside if inside.is_dir() else inside.parent, os.W_OK | os.X_OK):
        return inside
    return user_state_dir() / "corpora" / key_of(corpus)


def key_of(path: Path) -> str:
    """Name a path so that a person recognises it and no other path shares it: ``final-export-1f0c9a2b``."""
    whole = str(path.resolve())
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", path.resolve().name).strip("-.")[:40] or "root"
    return f"{readable}-{hashlib.sha256(os.fsencode(whole)).hexdigest()[:8]}"


def runtime_dir() -> Path:
    """Return the user's private folder for sockets, made where it is missing.

    Raises:
        GonogoError: when the only folder left is not ours alone.
    """
    return _private(runtime_dirs()[0])


def runtime_dirs() -> tuple[Path, ...]:
    """Return every folder that an engine of this user may have chosen, the likeliest first; nothing is created.

    A login session, sudo and cron give the same user different environments: a client looks in all of them.
    """
    uid = os.getuid()
    bases = [Path(given)] if (given := os.environ.get("XDG_RUNTIME_DIR")) else []
    bases.append(Path(f"/run/user/{uid}"))
    usable = [base / APP for base in bases if _is_ours(base) and len(os.fsencode(base)) < _SOCKET_PATH_LIMIT - 50]
    return tuple(dict.fromkeys([*usable, Path(tempfile.gettempdir()) / f"{APP}-{uid}", Path("/tmp") / f"{APP}-{uid}"]))  # noqa: S108 (private, checked)


def socket_path(run_id: str) -> Path:
    """Return the control socket of a run that this process is about to serve.

    Raises:
        GonogoError: when no folder is short and private enough.
    """
    for folder in runtime_dirs():
        path = folder / f"{run_id}.sock"
        if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT:
            _private(folder)
            return path
    raise GonogoError(f"no folder for the control socket of {run_id}: every path is longer than a socket's may be")


def find_sockets(run_id: str) -> tuple[Path, ...]:
    """Return the control sockets that there are under this run's name."""
    return tuple(path for folder in runtime_dirs() if (path := folder / f"{run_id}.sock").is_socket())


def _is_ours(folder: Path) -> bool:
    try:
        found = folder.stat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and os.access(folder, os.W_OK | os.X_OK)


def _private(folder: Path) -> Path:
    """Make a 0700 folder of ours, or refuse: in a shared place somebody may have made it before us."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
        raise GonogoError(f"{folder}: wanted a folder of our own for sockets; remove it, or set XDG_RUNTIME_DIR")
    if stat.S_IMODE(found.st_mode) & 0o077:
        folder.chmod(0o700)
    return folder
