"""Metadata that a webdataset tar carries in a member of its own beside each clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from engine.errors import DamagedError, Fault
from engine.shards.sidecar.fields import Row, interpret
from engine.shards.sidecar.formats import SidecarFormat
from engine.shards.sidecar.strictjson import as_object, decode, reason_of, skip_space
from engine.shards.sidecar.table import LINE_CAP_BYTES, NotStrictError, Table


def read_member_metadata(data: bytes, member: str, extra_aliases: Mapping[str, Sequence[str]] | None = None) -> Row:
    """Read what a webdataset tar says of a clip in a member beside it.

    Args:
        data: The member's bytes.
        member: Its name: ``.json`` holds an object of fields, any other ending the transcript as plain text.
        extra_aliases: As in :func:`read_sidecar`.

    Raises:
        DamagedError: when it is not UTF-8, not strict JSON, not an object, or too large.
    """
    here = Path(member)
    try:
        if len(data) > LINE_CAP_BYTES:
            raise NotStrictError(f"{len(data):,} bytes, more than {LINE_CAP_BYTES:,}")
        text = data.decode("utf-8-sig")
        if here.suffix != ".json":
            return Row(text=text.removesuffix("\n").removesuffix("\r"))
        value, end = decode(text, skip_space(text, 0))
        if skip_space(text, end) != len(text):
            raise NotStrictError("more behind the object")
        table = Table({})
        table.add(as_object(value))
    except ValueError as error:
        fault = Fault(
            "a member with metadata cannot be read", member=member, read=reason_of(error), wanted="one object"
        )
        raise DamagedError(fault) from error
    return interpret(here, SidecarFormat.JSON, table, extra_aliases or {}).rows[0]
