"""The compiled parts of the rooms: libraries of plain C that are there where a compiler was when gonogo was installed.

Nothing depends on them but speed. Each room has its own in ``native/`` and reaches it through :func:`load`.
"""

from __future__ import annotations

import os
from functools import cache
from importlib import resources
from typing import Any, Final

import cffi

from engine.errors import UsageError

VARIABLE: Final = "GONOGO_NATIVE"
CHOICES: Final = ("auto", "avx512", "avx2", "plain", "off")
"""What the variable may be: the widest instruction set that is used, or none of the compiled code at all."""
Library = Any
"""A library's functions by name; cffi makes them from their declarations in C, when it is loaded."""


def chosen() -> str:
    """Return which compiled code is wanted.

    Raises:
        UsageError: when the variable says something else.
    """
    choice = os.environ.get(VARIABLE) or CHOICES[0]
    if choice not in CHOICES:
        raise UsageError(f"{VARIABLE}: read {choice!r}, wanted one of {', '.join(CHOICES)}")
    return choice


@cache
def _opened(room: str, declarations: str) -> tuple[cffi.FFI, Library] | None:
    ffi = cffi.FFI()
    ffi.cdef(declarations)
    with resources.as_file(resources.files(room)) as folder:
        path = folder / "_native.so"
        try:
            return ffi, ffi.dlopen(str(path))
        except OSError:
            return None


def load(room: str, declarations: str, *, version: int) -> tuple[cffi.FFI, Library] | None:
    """Open a room's library; its functions let other threads run.

    Args:
        room: the package that it lies in, ``engine.audio``.
        declarations: of its functions, in C; ``int gonogo_version(void)`` among them.
        version: what that function must return: a library of other sources is not used.

    Returns:
        What makes C objects and the functions, or None where there is none, or none is wanted.
    """
    if chosen() == "off":
        return None
    opened = _opened(room, declarations)
    return opened if opened is not None and opened[1].gonogo_version() == version else None
