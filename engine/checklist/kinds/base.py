"""What every check kind is: a table in a checklist whose keys are its fields, and one coroutine that answers."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class CheckTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="type"):
    """The base of all check kinds.

    A kind is a subclass in a module of its own, with ``tag="its_name"``, a field with a docstring for each key, a
    ``__post_init__`` that raises ValueError for values that cannot be meant, and::

        async def look(self, around: Around) -> Answer: ...

    ``look`` answers pass, fail or error and may raise OSError, subprocess.SubprocessError or GonogoError for "could
    not answer". It is cancelled when the item's timeout is over, and then leaves nothing behind. What blocks runs
    through :func:`engine.run.off_loop.off_loop`. Libraries that take long to load are imported inside it.
    """

    parses: ClassVar[bool] = False
    """Whether it parses whole files that others wrote: then it looks in a process of its own, under limits."""
