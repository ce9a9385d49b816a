"""``http``: does a server answer as it must?"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Annotated, Final, Literal

import msgspec

from engine.checklist.answers import Answer, Output, State, no_answer
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_pattern, checked_seconds
from engine.checklist.kinds.urls import checked_url, new_client, shown_url, unknown_host
from engine.errors import printable

if TYPE_CHECKING:
    import httpx

_BODY_BYTES: Final = 1 << 20
"""So much of a body is read, searched and kept as evidence; a model of 10 GB is not loaded to see that it is there."""
_SHOWN: Final = 200


class Http(CheckTable, frozen=True, kw_only=True, tag="http"):
    """Asks a web server; certificates are verified, and proxies from the environment used except on this machine."""

    url: str
    """The address, http or https; its user, password and query are never shown."""
    method: Literal["GET", "HEAD"] = "GET"
    """``HEAD`` asks for no body."""
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 200
    """The status that is wanted."""
    match: str = ""
    """A regular expression to be found in the first MiB of the body; its first group, where there is one, is the
    value read."""
    max_time: str = "10s"
    """The longest that the whole answer may take."""
    follow: bool = False
    """Whether redirects are followed."""

    def __post_init__(self) -> None:
        """Refuse addresses, patterns and times that are none, and a match in a body that is not asked for."""
        checked_url("url", self.url, ("http", "https"))
        checked_pattern("match", self.match)
        if self.match and self.method == "HEAD":
            raise ValueError("match searches a body, and HEAD asks for none; wanted method = 'GET'")
        if checked_seconds("max_time", self.max_time) <= 0:
            raise ValueError(f"max_time = {self.max_time!r}: wanted more than nothing")

    async def look(self, around: Around) -> Answer:
        """Ask it."""
        del around
        within_s = checked_seconds("max_time", self.max_time)
        host = checked_url("url", self.url, ("http", "https")).hostname or ""
        client = await new_client(host, within_s, follow=self.follow)
        async with client:
            import httpx  # noqa: PLC0415  # loaded by now

            try:
                async with asyncio.timeout(within_s):
                    async with client.stream(self.method, self.url) as response:
                        return self._judge(response, await _beginning(response))
            except (TimeoutError, httpx.TimeoutException):
                return Answer(State.FAIL, f"{shown_url(self.url)} does not answer within {self.max_time}")
            except httpx.InvalidURL as error:
                return no_answer(f"{shown_url(self.url)} cannot be asked: {error}")
            except httpx.HTTPError as error:
                state = State.ERROR if unknown_host(error) else State.FAIL
                why = printable(str(error)[:_SHOWN]) or type(error).__name__
                return Answer(state, f"{shown_url(self.url)} does not answer: {why}")

    def _judge(self, response: httpx.Response, body: bytes) -> Answer:
        said = f"status {response.status_code}"
        if response.has_redirect_location and not self.follow:
            said += f", redirects to {shown_url(response.headers['location'])}"
        if response.status_code != self.status:
            return Answer(State.FAIL, f"{said}, wanted {self.status}", output=Output.of(body))
        found = re.search(self.match, body.decode("utf-8", "replace"), re.MULTILINE) if self.match else None
        if found is not None:
            value = found[1] if found.re.groups and found[1] is not None else found[0]
            return Answer(State.PASS, printable(value[:_SHOWN]) or said, output=Output.of(body))
        if self.match:
            searched = f"the first {_BODY_BYTES:,}" if len(body) == _BODY_BYTES else f"{len(body):,}"
            read = f"{said}, nothing that matches {self.match!r} in {searched} bytes"
            return Answer(State.FAIL, read, output=Output.of(body))
        return Answer(State.PASS, said, output=Output.of(body))


async def _beginning(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk[: _BODY_BYTES - len(body)]
        if len(body) == _BODY_BYTES:
            break
    return bytes(body)
