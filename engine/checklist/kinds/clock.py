"""``clock``: does this machine's clock agree with a server's?"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

from engine.checklist.answers import Answer, State
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_seconds
from engine.checklist.kinds.urls import checked_url, new_client, shown_url
from engine.errors import GonogoError, printable
from engine.run.off_loop import off_loop

_SCHEMES: Final = ("https", "http", "ntp")
_TICK_S: Final = 1.0
"""A Date header counts whole seconds, cut off (RFC 9110, section 5.6.7): the time is half of one later on average."""
_PATIENCE_S: Final = 10.0
_NTP_PORT: Final = 123
_NO_STRATUM: Final = (0, 16)
"""A server that says so, or leap indicator 3, has no time to give (RFC 5905, figures 9 and 11)."""


class NoTimeError(GonogoError):
    """Raised when a server gives no time that this machine's could be held against."""


@dataclass(frozen=True, slots=True)
class _Skew:
    """How far this machine's clock is ahead of the server's, and by how much that may be wrong; in seconds."""

    ahead_s: float
    doubt_s: float


class Clock(CheckTable, frozen=True, kw_only=True, tag="clock"):
    """Compares the clock with a server's: half of the round trip is taken off, and the other half is doubt."""

    server: str
    """Whom to ask: ``ntp://host`` with an optional port, or ``https://host`` or ``http://host`` for its Date header,
    which is good to half a second."""
    max_skew: str = "2s"
    """The most that the clocks may differ; at least 1s where a Date header is asked for."""

    def __post_init__(self) -> None:
        """Refuse a server that is none, and a skew that its kind cannot show."""
        url = checked_url("server", self.server, _SCHEMES)
        if url.path not in ("", "/") or url.query or url.fragment or url.username is not None:
            raise ValueError("server: wanted a scheme and a host alone, such as ntp://pool.ntp.org")
        skew_s = checked_seconds("max_skew", self.max_skew)
        if skew_s <= 0 or (url.scheme != "ntp" and skew_s < _TICK_S):
            least = "more than nothing" if url.scheme == "ntp" else "1s or more: a Date header has whole seconds"
            raise ValueError(f"max_skew = {self.max_skew!r}: wanted {least}")

    async def look(self, around: Around) -> Answer:
        """Ask the server for its time."""
        del around
        is_ntp = checked_url("server", self.server, _SCHEMES).scheme == "ntp"
        return self._judge(await (off_loop(self._ask_ntp) if is_ntp else self._ask_date()))

    def _judge(self, skew: _Skew) -> Answer:
        most_s = checked_seconds("max_skew", self.max_skew)
        side = "ahead of" if skew.ahead_s >= 0 else "behind"
        decimals = 1 if skew.doubt_s > 0.1 else 3
        read = f"{abs(skew.ahead_s):,.{decimals}f} s {side} {self.server}, give or take {skew.doubt_s:.{decimals}f} s"
        if skew.doubt_s > most_s:
            return Answer(State.ERROR, f"{read}: too slow an answer to tell {self.max_skew}")
        return Answer(State.PASS if abs(skew.ahead_s) <= most_s else State.FAIL, read)

    async def _ask_date(self) -> _Skew:
        client = await new_client(checked_url("server", self.server, _SCHEMES).hostname or "", _PATIENCE_S)
        async with client:
            import httpx  # noqa: PLC0415  # loaded by now

            try:
                async with asyncio.timeout(_PATIENCE_S):
                    # The connection is made first: what it takes would only add to the doubt.
                    await client.head(self.server)
                    sent, since = time.time(), time.monotonic()
                    response = await client.head(self.server, headers={"Cache-Control": "no-cache"})
                    trip_s = time.monotonic() - since
            except (TimeoutError, httpx.TimeoutException) as error:
                raise NoTimeError(f"{self.server} does not answer within {_PATIENCE_S:g} s") from error
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                raise NoTimeError(f"{shown_url(self.server)} does not answer: {printable(str(error))}") from error
        if "age" in response.headers:
            raise NoTimeError(f"{self.server} answers from a cache, whose Date is old; wanted another server")
        theirs = _date(response.headers.get("date", ""), self.server).timestamp() + _TICK_S / 2
        return _Skew(sent + trip_s / 2 - theirs, trip_s / 2 + _TICK_S / 2)

    def _ask_ntp(self) -> _Skew:
        import ntplib  # noqa: PLC0415  # loaded by those who ask alone

        url = checked_url("server", self.server, _SCHEMES)
        try:
            told = ntplib.NTPClient().request(url.hostname, version=4, port=url.port or _NTP_PORT, timeout=_PATIENCE_S)
        except ntplib.NTPException as error:
            raise NoTimeError(f"{self.server} does not answer: {printable(str(error))}") from error
        if told.stratum in _NO_STRATUM or told.leap == 3:
            raise NoTimeError(f"{self.server} has no time itself (stratum {told.stratum}); wanted another server")
        # The offset is how far the server is ahead of us (RFC 5905, section 8).
        return _Skew(-float(told.offset), float(told.delay) / 2)


def _date(text: str, server: str) -> datetime:
    try:
        date = parsedate_to_datetime(text)
    except ValueError as error:
        raise NoTimeError(f"{server} gives no Date: read {printable(text[:80])!r}") from error
    if date.tzinfo is None:
        raise NoTimeError(f"{server} gives a Date without GMT: read {printable(text[:80])!r}")
    return date
