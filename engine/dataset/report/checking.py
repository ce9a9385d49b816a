"""How a check of the report is put together: what is wrong is counted, and the count decides. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.dataset.report.shape import Check, Standing
from engine.errors import printable

EXAMPLES: Final = 5
"""Of what is wrong, named in a check; the artifacts name them all."""


def check(
    name: str,
    *,
    ask: str,
    wrong: int | None,
    read: str,
    wanted: str,
    way_out: str,
    examples: Sequence[str] = (),
    mild: bool = False,
) -> Check:
    """Make a check.

    Args:
        name: what it is called by.
        ask: the question.
        wrong: how much is wrong; None where what it looks at is not there.
        read: what was found, in words.
        wanted: what should have been.
        way_out: what a person can do where something is wrong.
        examples: of what is wrong.
        mild: what is wrong stands in nobody's way.
    """
    if wrong is None:
        return Check(id=name, ask=ask, read="not there", wanted=wanted, standing=Standing.OPEN)
    if not wrong:
        return Check(id=name, ask=ask, read=read, wanted=wanted, standing=Standing.MET)
    return Check(
        id=name,
        ask=ask,
        read=read,
        wanted=wanted,
        standing=Standing.CAUTION if mild else Standing.BROKEN,
        way_out=way_out,
        examples=tuple(printable(example) for example in examples[:EXAMPLES]),
    )
