"""Runs another program that dies with whoever started it: ``python -m engine.run.leashed PARENT COMMAND...``.

For programs of others below a worker: a worker that is killed cannot end them, so the kernel is asked to.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Final

from engine.run.child import die_with_parent

_NOT_FOUND: Final = 127
"""As a shell leaves that finds no such program."""


def leashed(argv: Sequence[str]) -> list[str]:
    """Return the command that runs ``argv`` until this process ends."""
    return [sys.executable, "-P", "-m", "engine.run.leashed", str(os.getpid()), *argv]


def main() -> None:
    """Ask the kernel, then become the program."""
    parent, *argv = sys.argv[1:]
    die_with_parent(int(parent))
    try:
        os.execvp(argv[0], argv)  # noqa: S606  # there is no shell in it, as it should be
    except OSError as error:
        sys.stderr.write(f"{argv[0]}: {error.strerror}\n")
        sys.exit(_NOT_FOUND)


if __name__ == "__main__":
    main()
