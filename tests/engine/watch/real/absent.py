"""Packages that a real trainer imports and, in a test, never calls: stand-ins, where none fits the torch installed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from unittest.mock import MagicMock


class _Absent(MetaPathFinder, Loader):
    """Finds the packages it was given, and every module in them: each has all names, and each does nothing."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        del path, target
        is_absent = fullname.partition(".")[0] in self._names
        return ModuleSpec(fullname, self, is_package=True) if is_absent else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return MagicMock(__spec__=spec)

    def exec_module(self, module: ModuleType) -> None:
        """There is nothing to run."""


def pretend(*names: str) -> None:
    """Let these packages be imported, whether they are installed or not."""
    sys.meta_path.insert(0, _Absent(names))
