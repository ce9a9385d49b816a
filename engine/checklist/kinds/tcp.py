"""``tcp``: does something listen on a port?"""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from typing import Annotated, Final

import msgspec

from engine.checklist.answers import Answer, State, no_answer
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_seconds, checked_word
from engine.run.off_loop import off_loop

_CLOSED: Final = {errno.ECONNREFUSED: "refuses", errno.EHOSTUNREACH: "cannot be reached", errno.ECONNRESET: "resets"}
"""What the other side, or a wall before it, answers. Anything else is trouble of our own and answers nothing."""


class Tcp(CheckTable, frozen=True, kw_only=True, tag="tcp"):
    """Connects to a port and hangs up without a word."""

    host: str
    """The name or address of the host; a name that nobody knows cannot be answered."""
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)]
    """The port."""
    max_time: str = "5s"
    """The longest that the connection may take."""
    open: bool = True
    """Whether it must be open; false for a port that must be closed: refused, or walled off in silence."""

    def __post_init__(self) -> None:
        """Refuse a host that is none, and a time that no connection could keep."""
        checked_word("host", self.host)
        if checked_seconds("max_time", self.max_time) <= 0:
            raise ValueError(f"max_time = {self.max_time!r}: wanted more than nothing")

    async def look(self, around: Around) -> Answer:
        """Connect."""
        del around
        since = time.monotonic()
        try:
            async with asyncio.timeout(checked_seconds("max_time", self.max_time)):
                await off_loop(self._connect)
        except TimeoutError:
            return self._judge(is_open=False, how=f"does not answer within {self.max_time}")
        except socket.gaierror as error:
            return no_answer(f"{self.host}: {error.strerror}")
        except OSError as error:
            if error.errno not in _CLOSED:
                return no_answer(f"{self.host}:{self.port}: {error.strerror or error}")
            return self._judge(is_open=False, how=_CLOSED[error.errno])
        return self._judge(is_open=True, how=f"answers after {(time.monotonic() - since) * 1000:.0f} ms")

    def _connect(self) -> None:
        """Connect and hang up; on a thread, because looking up a name blocks."""
        with socket.create_connection((self.host, self.port), checked_seconds("max_time", self.max_time)):
            pass

    def _judge(self, *, is_open: bool, how: str) -> Answer:
        wanted = "" if is_open == self.open else f", wanted it {'open' if self.open else 'closed'}"
        return Answer(State.FAIL if wanted else State.PASS, f"{self.host}:{self.port} {how}{wanted}")
