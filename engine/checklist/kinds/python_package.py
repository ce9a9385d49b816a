"""``python_package``: is a package installed, in a version that is wanted?"""

from __future__ import annotations

import importlib.metadata
import os
from typing import Annotated, Final

import msgspec

from engine.checklist.answers import Answer, Output, State
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.programs import Finished, run_program
from engine.errors import printable
from engine.run.off_loop import off_loop

_ASK: Final = """
import importlib.metadata as metadata, sys
try:
    print("version", metadata.version(sys.argv[1]))
except metadata.PackageNotFoundError:
    print("none")
"""
_SHOWN: Final = 80


class PythonPackage(CheckTable, frozen=True, kw_only=True, tag="python_package"):
    """Reads what a Python has installed, without importing it."""

    name: Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\Z")]
    """The package as it is installed: ``scikit-learn``, not ``sklearn``."""
    version: str = ""
    """The versions that will do, such as ``>=2.4,<3`` (PEP 440); "" for any. Pre-releases count as versions."""
    python: str = ""
    """The interpreter to ask: a path, under the corpus where it is relative, or a program's name; "" for our own."""

    def __post_init__(self) -> None:
        """Refuse versions that say nothing."""
        from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415  # for lists that ask alone

        try:
            SpecifierSet(self.version)
        except InvalidSpecifier as error:
            raise ValueError(f"version = {self.version!r}: wanted versions such as '>=2.4,<3' or '==2.4.6'") from error

    async def look(self, around: Around) -> Answer:
        """Ask our own metadata, or the other interpreter's."""
        if not self.python:
            state, read = await off_loop(lambda: self._judge(_own_version(self.name)))
            return Answer(state, read)
        python = around.expand(self.python)
        program = str(around.path(self.python)) if os.sep in python or python.startswith("~") else python
        # -I: neither the folder nor PYTHONPATH can put something else in the place of what is installed.
        ended = await run_program((program, "-I", "-c", _ASK, self.name), cwd=around.corpus, env=around.env, apart=True)
        state, read = self._judge_program(ended)
        return Answer(state, read, argv=ended.argv, exit_code=ended.code, output=_evidence(ended))

    def _judge_program(self, ended: Finished) -> tuple[State, str]:
        words = ended.text.split()
        if ended.code == 0 and words == ["none"]:
            return self._judge(None)
        if ended.code == 0 and len(words) == 2 and words[0] == "version":
            return self._judge(words[1])
        return State.ERROR, f"{printable(ended.argv[0])} cannot be asked: {ended.last_words or 'it said nothing'}"

    def _judge(self, version: str | None) -> tuple[State, str]:
        from packaging.specifiers import SpecifierSet  # noqa: PLC0415  # as above
        from packaging.version import InvalidVersion, Version  # noqa: PLC0415  # as above

        if version is None:
            return State.FAIL, f"{self.name} is not installed" + (f", wanted {self.version}" if self.version else "")
        read = f"{self.name} {printable(version[:_SHOWN])}"
        if not self.version:
            return State.PASS, read
        try:
            right = SpecifierSet(self.version).contains(Version(version), prereleases=True)
        except InvalidVersion:
            return State.ERROR, f"{read} is no version that could be compared with {self.version}"
        return (State.PASS, read) if right else (State.FAIL, f"{read}, wanted {self.version}")


def _own_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _evidence(ended: Finished) -> Output:
    """Return what it said, or what it complained about where it said nothing."""
    return ended.output if ended.output.size_bytes else Output.of(ended.complaints)
