"""JSON Lines as this room speaks them: one object a line, with a limit that turns a runaway writer into a fault."""

from __future__ import annotations

import msgspec

LINE_LIMIT_BYTES = 64 * 1024
"""No message between processes is longer, its newline included; a longer one is a fault and never grows memory."""

encode = msgspec.json.Encoder().encode


def join_objects(head: bytes, body: bytes) -> bytes:
    """Put the fields of one encoded JSON object before those of another, without decoding either.

    Neither may hold a field of the other: the caller knows both.

    >>> join_objects(b'{"task":"7"}', b'{"path":"a"}')
    b'{"task":"7","path":"a"}'
    """
    if body == b"{}":
        return head
    if head == b"{}":
        return body
    return head[:-1] + b"," + body[1:]
