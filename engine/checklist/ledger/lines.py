"""A ledger's bytes and its lines: the chain of hashes, and which bytes of a line are signed. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Final

import msgspec

from engine.checklist.ledger.entries import AnyEntry, Entry
from engine.errors import UsageError
from engine.run.wire import encode

NO_LINE: Final = "0" * 64
"""What the first line has for the hash of the line above."""
_SIGNATURE: Final = b',"signature":"'
_HEAD: Final = re.compile(r"([0-9]{1,18}):([0-9a-f]{64})")

_decoder: Final[msgspec.json.Decoder[AnyEntry]] = msgspec.json.Decoder(AnyEntry)


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a ledger; written down elsewhere, it shows whether a tail was cut off."""

    count: int
    sha256: str

    def __str__(self) -> str:
        """Write it to be kept: ``12:3f0a…``."""
        return f"{self.count}:{self.sha256}"

    @classmethod
    def parse(cls, text: str) -> Head:
        """Read a head that was written down.

        Raises:
            UsageError: when it is none.
        """
        head = _HEAD.fullmatch(text.strip().lower())
        if head is None:
            raise UsageError(f"{text!r} is no head of a ledger: wanted COUNT:SHA256, as an export prints it")
        return cls(int(head[1]), head[2])


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it stands in the file."""

    number: int
    """Where it stands, from 1."""
    content: bytes
    """Without its newline."""
    entry: AnyEntry | None
    """None where it cannot be read."""

    @property
    def sha256(self) -> str:
        """What the next line must hold."""
        return hashlib.sha256(self.content).hexdigest()


def read_lines(content: bytes) -> tuple[Line, ...]:
    """Split a ledger into its lines; a last one without a newline is one too."""
    rows = content.split(b"\n")
    if rows and not rows[-1]:
        rows.pop()
    return tuple(Line(number, row, _entry(row)) for number, row in enumerate(rows, 1))


def read_line(content: bytes) -> Line:
    """Read one line that was just written, with the number that it bears."""
    entry = _decoder.decode(content)
    return Line(entry.n, content, entry)


def head_of(lines: tuple[Line, ...]) -> Head:
    """Return the end of a ledger."""
    return Head(len(lines), lines[-1].sha256 if lines else NO_LINE)


def payload_of(entry: Entry) -> bytes:
    """Encode an entry as the bytes that are signed, or stand as they are where nothing is signed."""
    return encode(entry)


def with_signature(payload: bytes, signature: str) -> bytes:
    """Put a signature behind the bytes that it is for."""
    return payload.removesuffix(b"}") + _SIGNATURE[:-1] + encode(signature) + b"}"


def split_signature(line: bytes) -> tuple[bytes, str]:
    """Take a line apart into the bytes that were signed and the signature; "" where there is none.

    The signature is the line's last member, so these bytes are cut out of the line and never made anew.
    """
    at = line.rfind(_SIGNATURE)
    if at < 0 or not line.endswith(b'"}'):
        return line, ""
    try:
        signature = msgspec.json.decode(line[at + len(_SIGNATURE) - 1 : -1], type=str)
    except msgspec.DecodeError:
        return line, ""
    return line[:at] + b"}", signature


def _entry(row: bytes) -> AnyEntry | None:
    try:
        return _decoder.decode(row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
