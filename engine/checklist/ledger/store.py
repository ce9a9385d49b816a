"""The ledger's file: one writer at a time, each line durable before anybody is told of it."""

from __future__ import annotations

import contextlib
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

from engine.checklist.ledger.entries import Begun, Entry
from engine.checklist.ledger.lines import Line, head_of, payload_of, read_line, read_lines, with_signature
from engine.errors import GonogoError, SafetyStopError
from engine.host.facts import user_name
from engine.run.appending import LockedLines, locked_lines
from engine.run.log import rfc3339, utc_now
from engine.run.read_only import refuse_changes

FILE_NAME: Final = "ledger.jsonl"
_ATTEMPTS: Final = 5
"""A signature is for one place in the ledger: where another writer took that place meanwhile, it is made anew."""

Signer = Callable[[bytes], str]
"""Signs bytes and returns the signature."""


class Ledger:
    """The ledger of one corpus.

    Args:
        state: STATE; the file is made in it with the first entry.
        corpus: the corpus, which the first line names.
        tool: the name and version of the program.
    """

    def __init__(self, state: Path, corpus: Path, tool: str) -> None:
        self.path = state / FILE_NAME
        self.corpus = corpus.resolve()
        self._tool = tool

    def read(self) -> tuple[Line, ...]:
        """Return all lines; none where nothing was ever written."""
        try:
            return read_lines(self.path.read_bytes())
        except FileNotFoundError:
            return ()

    def append(self, entry: Entry, sign: Signer | None = None) -> Line:
        """Write one entry, and return it as it stands in the file; it is durable then.

        Nobody waits for a person: the signature is made before the lock is taken, and made again where another
        entry came between.

        Args:
            entry: without its number and its hash of the line above.
            sign: signs the entry's bytes; entries that want a signature have one.

        Raises:
            GonogoError: when another writer does not let go, or keeps coming between.
            SafetyStopError: when the line cannot be written.
            ReadOnlyError: when this program changes nothing; nobody was asked for a signature.
        """
        refuse_changes(f"{self.path} (the ledger) would have a new entry")
        assert entry.wants_signature == (sign is not None), "an entry is signed exactly where it wants to be"
        self._begin()
        if sign is None:
            with self._locked() as lines:
                return _append(lines, payload_of(self._place(entry, self.read())))
        for _ in range(_ATTEMPTS):
            planned = self._place(entry, self.read())
            payload = payload_of(planned)
            line = with_signature(payload, sign(payload))
            with self._locked() as lines:
                if head_of(self.read()).sha256 == planned.prev:
                    return _append(lines, line)
        raise GonogoError(f"{self.path}: other entries kept coming between; try again")

    def _place(self, entry: Entry, lines: tuple[Line, ...]) -> Entry:
        """Give an entry its number, the hash of the line above, and who writes when."""
        head = head_of(lines)
        return entry.but(
            n=head.count + 1,
            prev=head.sha256,
            time=entry.time or rfc3339(utc_now()),
            user=user_name(),
            host=socket.gethostname(),
        )

    def _begin(self) -> None:
        """Write the first line where there is none."""
        if self._is_begun():
            return
        with self._locked() as lines:
            if not self._is_begun():
                lines.empty()  # a crash in the middle of the very first line left a piece on which nothing rests
                first = Begun(ledger=secrets.token_hex(16), corpus=str(self.corpus), tool=self._tool)
                _append(lines, payload_of(self._place(first, ())))

    def _is_begun(self) -> bool:
        """Tell whether there is a first line; one alone that cannot be read is none."""
        try:
            with self.path.open("rb") as content:
                first, more = content.readline(), content.read(1)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as fault:
            raise self._refused(fault) from fault
        return bool(more) or any(line.entry is not None for line in read_lines(first))

    def _refused(self, fault: OSError) -> SafetyStopError:
        return SafetyStopError(f"{self.path}: the ledger cannot be read ({fault.strerror}); mend that and try again")

    def _locked(self) -> contextlib.AbstractContextManager[LockedLines]:
        """Take the file; a torn line stays in its place, for the hash of the next one seals it."""
        return locked_lines(self.path, "ledger", keeps_torn=True)


def _append(lines: LockedLines, line: bytes) -> Line:
    lines.append(line)
    return read_line(line)
