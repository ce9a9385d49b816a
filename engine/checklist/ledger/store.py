"""The ledger's file: one writer at a time, each line durable before anybody is told of it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from engine.checklist.ledger.entries import Begun, Entry
from engine.checklist.ledger.lines import Line, head_of, payload_of, read_line, read_lines, with_signature
from engine.errors import GonogoError, SafetyStopError
from engine.host.facts import user_name
from engine.run.log import append_whole, rfc3339, utc_now

FILE_NAME: Final = "ledger.jsonl"
_WAIT_S: Final = 10.0
"""A writer holds the lock for one fsync; one that takes longer is stuck."""
_BETWEEN_LOOKS_S: Final = 0.02
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
        """
        assert entry.wants_signature == (sign is not None), "an entry is signed exactly where it wants to be"
        self._begin()
        if sign is None:
            with self._locked() as fd:
                return self._write(fd, payload_of(self._place(entry, self.read())))
        for _ in range(_ATTEMPTS):
            planned = self._place(entry, self.read())
            payload = payload_of(planned)
            line = with_signature(payload, sign(payload))
            with self._locked() as fd:
                if head_of(self.read()).sha256 == planned.prev:
                    return self._write(fd, line)
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
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise self._refused(fault) from fault
        with self._locked() as fd:
            if self._is_begun():
                return
            os.ftruncate(fd, 0)  # a crash in the middle of the very first line left a piece on which nothing rests
            first = Begun(ledger=secrets.token_hex(16), corpus=str(self.corpus), tool=self._tool)
            self._write(fd, payload_of(self._place(first, ())))
            folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)

    def _is_begun(self) -> bool:
        """Tell whether there is a first line; one alone that cannot be read is none."""
        try:
            with self.path.open("rb") as content:
                first, more = content.readline(), content.read(1)
        except FileNotFoundError:
            return False
        except OSError as fault:
            raise self._refused(fault) from fault
        return bool(more) or any(line.entry is not None for line in read_lines(first))

    def _write(self, fd: int, line: bytes) -> Line:
        try:
            append_whole(fd, line + b"\n")
            os.fsync(fd)
        except OSError as fault:
            raise self._refused(fault) from fault
        return read_line(line)

    def _refused(self, fault: OSError) -> SafetyStopError:
        told = f"{self.path}: the ledger cannot be written ({fault.strerror}); make room there and try again"
        return SafetyStopError(told)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[int]:
        """Open the file for appending, with the lock of its only writer; a torn tail is closed, and kept."""
        try:
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as fault:
            raise self._refused(fault) from fault
        try:
            self._wait_for_lock(fd)
            self._close_torn_tail(fd)
            yield fd
        finally:
            os.close(fd)

    def _close_torn_tail(self, fd: int) -> None:
        end = os.fstat(fd).st_size
        if not end or os.pread(fd, 1, end - 1) == b"\n":
            return
        try:
            os.write(fd, b"\n")
        except OSError as fault:
            raise self._refused(fault) from fault

    def _wait_for_lock(self, fd: int) -> None:
        give_up = time.monotonic() + _WAIT_S
        while True:
            try:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > give_up:
                    told = f"{self.path}: another program has been writing for {_WAIT_S:.0f} s; end it and try again"
                    raise GonogoError(told) from None
                time.sleep(_BETWEEN_LOOKS_S)
            else:
                return
