"""Faults on their way out of a worker: what names and values from archives hold reaches no terminal as it is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from engine.convert.tasks import Result
from engine.errors import Fault, printable

_LONGEST: Final = 600
"""Letters of one text, of which a validation sends sixty: a line of more than 64 KiB costs the worker its life."""
_MOST_FLAGS: Final = 30


def shown_result(result: Result) -> Result:
    """Escape and bound the texts of an answer that come from an archive; a validation does so with its own."""
    replace = msgspec.structs.replace
    if result.fault is not None:
        result = replace(result, fault=shown(result.fault))
    if result.conversion is not None:
        tally = replace(result.conversion.tally, flags=shown_flags(result.conversion.tally.flags))
        result = replace(result, conversion=replace(result.conversion, tally=tally))
    return replace(result, flags=shown_flags(result.flags))


def shown(fault: Fault) -> Fault:
    """Escape what names and values from archives may hold: a fault travels as JSON and ends on a terminal."""
    return msgspec.structs.replace(
        fault,
        problem=_text(fault.problem),
        file=_text(fault.file),
        member=_text(fault.member),
        read=_text(fault.read),
        wanted=_text(fault.wanted),
    )


def shown_flags(flags: Sequence[str]) -> tuple[str, ...]:
    """Escape and bound what a person should know of a shard."""
    told = [_text(flag) for flag in flags[:_MOST_FLAGS]]
    return (*told, f"and {len(flags) - _MOST_FLAGS:,} more") if len(flags) > _MOST_FLAGS else tuple(told)


def _text(text: str) -> str:
    """Escape first, for that is what makes a text longer."""
    told = printable(text)
    return told if len(told) <= _LONGEST else f"{told[:_LONGEST]}… ({len(told):,} letters)"
