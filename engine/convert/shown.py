"""Faults on their way out of a worker: what names and values from archives hold never reaches a terminal as it is."""

from __future__ import annotations

import msgspec

from engine.errors import Fault, printable


def shown(fault: Fault) -> Fault:
    """Escape what names and values from archives may hold: a fault travels as JSON and ends on a terminal."""
    return msgspec.structs.replace(
        fault,
        problem=printable(fault.problem),
        file=printable(fault.file),
        member=printable(fault.member),
        read=printable(fault.read),
        wanted=printable(fault.wanted),
    )
