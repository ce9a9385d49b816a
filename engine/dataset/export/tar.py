"""A tar that clips go out of: where it lies, and what its own headers say where the manifest does not say it all."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Final

from engine.dataset.tar_path import ESCAPE, tar_path
from engine.errors import DamagedError, Fault, InputError
from engine.shards.files import RealFiles
from engine.shards.tar import Member, read_index
from engine.shards.tarheader import BLOCK_BYTES
from engine.shards.window import Windows

_AGAIN: Final = "make the manifest and the split again"
_END: Final = bytes(2 * BLOCK_BYTES)


class Tar:
    """One tar of the corpus.

    Args:
        corpus: the corpus's folder, resolved.
        name: its path under the corpus, as the manifest has it: what is not printable is escaped.

    Raises:
        DamagedError: when there is no such file.
    """

    def __init__(self, corpus: Path, name: str) -> None:
        self.name = name
        self.path = tar_path(corpus, name)
        facts = RealFiles().facts(self.path)
        if facts is None or not facts.is_file:
            read = "nothing" if facts is None else "no plain file"
            raise DamagedError(
                Fault("the manifest names a tar that is not there", file=name, read=read, wanted="it", way_out=_AGAIN)
            )
        self.size_bytes = facts.identity.size_bytes

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """All its members, from its headers.

        Raises:
            InputError: when it is damaged, or holds what no corpus holds.
        """
        try:
            with RealFiles().open(self.path) as reader:
                return read_index(Windows(reader).read_at, reader.size_bytes).members
        except InputError as error:
            raise error.within(file=self.name) from None

    @cached_property
    def _names(self) -> dict[int, str]:
        return {member.data_offset: member.name for member in self.members}

    def member_name(self, shown: str, offset: int) -> str:
        """Return a member's name as it stands in the tar; bytes that are not UTF-8 are surrogate escapes.

        Args:
            shown: the name in the manifest.
            offset: where the member's data begin.

        Raises:
            DamagedError: when no member begins there.
        """
        if ESCAPE not in shown:
            return shown
        if offset not in self._names:
            raise self.changed(shown, offset)
        return self._names[offset]

    def ends_at(self, offset: int) -> bool:
        """Tell whether the end-of-archive marker stands there."""
        with RealFiles().open(self.path) as reader:
            return reader.read_at(offset, len(_END)) == _END

    def changed(self, member: str, offset: int) -> DamagedError:
        """Return the error that tells that the tar is not that of the manifest."""
        problem, wanted = "the tar is not the one of the manifest", "a member there"
        return DamagedError(Fault(problem, self.name, member, offset_bytes=offset, wanted=wanted, way_out=_AGAIN))


def is_utf8(name: str) -> bool:
    """Tell whether a name or path can stand in JSON: what is not UTF-8 on disk is surrogates here."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
