"""The instance metadata service of EC2, version 2: is this Spot instance about to be taken back?

From Amazon's EC2 user guide ("Use IMDS", "Spot Instance interruption notices", "EC2 instance rebalance
recommendations"): a token is asked for by PUT and sent with each question; 401 wants a new one; a notice is 404 until
there is one, comes two minutes before, and is best effort. Nobody polls more often than each 5 seconds.
"""

from __future__ import annotations

import enum
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TypeVar

import msgspec

from engine.errors import GonogoError, printable
from engine.run.log import utc_now

if TYPE_CHECKING:
    import httpx

BASE_URL: Final = "http://169.254.169.254"
POLL_S: Final = 5.0
_POLL_MOST_S: Final = 60.0
"""While the service does not answer, questions come less and less often, but never less than this."""
_TOKEN_TTL_S: Final = 21_600
"""Six hours, the longest that the service grants."""
_RENEW_EARLY_S: Final = 60.0
_TIMEOUT_S: Final = 1.0
"""The service is on the machine's own host and answers in a millisecond."""
_BODY_BYTES: Final = 64 * 1024
_DMI: Final = Path("/sys/class/dmi/id")
_ACTION: Final = "/latest/meta-data/spot/instance-action"
_REBALANCE: Final = "/latest/meta-data/events/recommendations/rebalance"


class Sign(enum.Enum):
    """What the service says about the instance's future."""

    NOTHING = "nothing"
    REBALANCE = "rebalance"
    """It is at a higher risk than others; there may be minutes or hours."""
    NOTICE = "notice"
    """It will be taken back within two minutes."""
    UNKNOWN = "unknown"
    """The service does not answer."""


@dataclass(frozen=True, slots=True)
class SpotLook:
    """What one look at the service brought."""

    time: datetime
    sign: Sign
    action: str = ""
    """``terminate``, ``stop`` or ``hibernate``."""
    at: datetime | None = None
    """When it is taken back, or when the rebalance was recommended."""
    problem: str = ""
    """Why nothing is known; "" where the service answered."""
    wait_s: float = POLL_S
    """How long to wait before the next look."""

    def seconds_left(self, now: datetime) -> float | None:
        """Return how long a noticed instance still has, never less than nothing; None where that is not told."""
        if self.sign is not Sign.NOTICE or self.at is None:
            return None
        return max(0.0, (self.at - now).total_seconds())


@dataclass(frozen=True, slots=True)
class Identity:
    """Which machine this is; "" for what the service does not tell."""

    instance: str
    kind: str
    """``g4dn.xlarge``."""
    life_cycle: str
    """``spot`` or ``on-demand``."""
    zone: str


class _Action(msgspec.Struct, frozen=True):
    action: str = ""
    time: str = ""


class _Rebalance(msgspec.Struct, frozen=True, rename={"notice_time": "noticeTime"}):
    notice_time: str = ""


_T = TypeVar("_T", _Action, _Rebalance)


class _NoAnswerError(GonogoError):
    """Raised when the service does not answer as it must."""


def is_ec2(dmi: Path = _DMI) -> bool:
    """Tell by the firmware's tables whether this machine is one of EC2's; nothing is asked over the network."""
    texts = {name: _text(dmi / name).lower() for name in ("sys_vendor", "bios_version", "board_asset_tag")}
    xen = texts["bios_version"].endswith(".amazon")  # older generations
    nitro = texts["sys_vendor"] == "amazon ec2" or re.fullmatch(r"i-[0-9a-f]{8,17}", texts["board_asset_tag"])
    return xen or bool(nitro)


def open_metadata(base_url: str = "", dmi: Path = _DMI) -> Metadata | None:
    """Return the service of this machine, or that at a given address; None where it is no machine of EC2's."""
    if base_url:
        return Metadata(base_url)
    return Metadata(BASE_URL) if is_ec2(dmi) else None


class Metadata:
    """Asks the service; blocks for at most a few seconds, so a thread is its place.

    Args:
        base_url: where it is.
        now: the wall clock.
        clock: seconds of a clock that only goes forward, which the token's age is told by.
    """

    def __init__(
        self, base_url: str, now: Callable[[], datetime] = utc_now, clock: Callable[[], float] = time.monotonic
    ) -> None:
        import httpx  # noqa: PLC0415  # a tenth of a second to load, for machines of EC2 alone

        # A proxy of the environment must never see the machine's credentials, which the same service gives out.
        self._client = httpx.Client(base_url=base_url, timeout=_TIMEOUT_S, trust_env=False, follow_redirects=False)
        self._now = now
        self._clock = clock
        self._token = ""
        self._token_until = 0.0
        self._failures = 0

    def look(self) -> SpotLook:
        """Ask whether the instance will be taken back. Never raises: no answer is told as a problem."""
        try:
            look = self._notice() or self._recommendation() or SpotLook(self._now(), Sign.NOTHING)
        except _NoAnswerError as error:
            self._failures += 1
            wait_s = min(_POLL_MOST_S, POLL_S * 2 ** min(self._failures - 1, 10))
            return SpotLook(self._now(), Sign.UNKNOWN, problem=str(error), wait_s=wait_s)
        self._failures = 0
        return look

    def identity(self) -> Identity | None:
        """Return which machine this is; None where the service does not answer."""
        names = ("instance-id", "instance-type", "instance-life-cycle", "placement/availability-zone")
        try:
            told = [self._ask(f"/latest/meta-data/{name}") or b"" for name in names]
        except _NoAnswerError:
            return None
        instance, kind, life_cycle, zone = (printable(one.decode("utf-8", "replace").strip())[:80] for one in told)
        return Identity(instance, kind, life_cycle, zone)

    def close(self) -> None:
        """Let go of the connection; a second call does nothing."""
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _notice(self) -> SpotLook | None:
        body = self._ask(_ACTION)
        if body is None:
            return None
        action = _decoded(body, _Action, _ACTION)
        return SpotLook(self._now(), Sign.NOTICE, printable(action.action)[:40], _moment(action.time))

    def _recommendation(self) -> SpotLook | None:
        body = self._ask(_REBALANCE)
        if body is None:
            return None
        return SpotLook(self._now(), Sign.REBALANCE, at=_moment(_decoded(body, _Rebalance, _REBALANCE).notice_time))

    def _ask(self, path: str) -> bytes | None:
        """Return what stands at a path; None for 404. A token that is no longer good is renewed, once."""
        for is_first in (True, False):
            token = self._fresh_token()
            response = self._send("GET", path, {"X-aws-ec2-metadata-token": token})
            if response.status_code == 401 and is_first:
                self._token = ""
                continue
            break
        if response.status_code == 404:
            return None
        if response.status_code != 200:
            raise _NoAnswerError(f"the metadata service answers {path} with status {response.status_code}")
        return response.content[:_BODY_BYTES]

    def _fresh_token(self) -> str:
        if self._token and self._clock() < self._token_until:
            return self._token
        asked = self._clock()
        response = self._send("PUT", "/latest/api/token", {"X-aws-ec2-metadata-token-ttl-seconds": f"{_TOKEN_TTL_S}"})
        if response.status_code != 200:
            told = f"the metadata service gives no token: status {response.status_code}"
            raise _NoAnswerError(told + ("; it is turned off for this instance" if response.status_code == 403 else ""))
        token = response.text.strip()
        if re.fullmatch(r"[!-~]{1,1000}", token) is None:
            raise _NoAnswerError("the metadata service gives a token that is none")
        self._token, self._token_until = token, asked + _TOKEN_TTL_S - _RENEW_EARLY_S
        return self._token

    def _send(self, method: str, path: str, headers: dict[str, str]) -> httpx.Response:
        import httpx  # noqa: PLC0415  # loaded by now

        try:
            return self._client.request(method, path, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            why = printable(str(error)[:120]) or type(error).__name__
            raise _NoAnswerError(f"the metadata service does not answer: {why}") from error


def _decoded(body: bytes, kind: type[_T], path: str) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _NoAnswerError(f"the metadata service answers {path} with what is no JSON of its") from error


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
