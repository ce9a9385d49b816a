"""Sending notices: a thread and a queue for each address, so that none waits for another and nobody waits for any.

What a service says in return never goes further than a few fixed words: its text may hold what the address held.
"""

from __future__ import annotations

import logging
import queue
import re
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from engine.config.addresses import Address
from engine.jobs.notice import Notice

if TYPE_CHECKING:
    from apprise import Apprise

_AGAIN_S: Final = (5.0, 60.0)
"""Waits before a notice is sent again: a service that restarts is back by then."""
_STATUS: Final = re.compile(r"\berror=(\d{3})\b")
UNREADABLE: Final = "apprise knows no such service, or not with an address of this shape"


class Service:
    """One address, opened by apprise.

    Args:
        address: the service's.
    """

    def __init__(self, address: Address) -> None:
        self._client: Apprise | None = None
        self.problem = UNREADABLE
        """Why nothing can be delivered to it; "" where that is not known beforehand."""
        try:
            self._open(address)
        except Exception as error:  # noqa: BLE001  # a service is foreign code, and its failure is told as any other
            self.problem = _failed(error)

    def _open(self, address: Address) -> None:
        # 0.1 s, and a dozen of libraries: only a run that has somebody to tell pays that, and beside its work.
        from apprise import Apprise, AppriseAsset  # noqa: PLC0415

        logging.getLogger("apprise").addHandler(logging.NullHandler())  # else Python writes its warnings to stderr
        # Without these two apprise has threads of its own, and one that hangs holds up the end of the process.
        asset = AppriseAsset(app_id="gonogo", app_desc="gonogo", app_url="", async_mode=False, service_timeout=0)
        client = Apprise(asset=asset)
        if client.add(address.reveal()):
            self._client, self.problem = client, ""

    def deliver(self, notice: Notice) -> str:
        """Send one notice, now; return why it was not taken, "" where it was."""
        if self._client is None:
            return self.problem
        from apprise import NotifyFormat, NotifyType  # noqa: PLC0415  # as above

        try:
            with self._client.notify(
                title=notice.title,
                body=notice.body,
                notify_type=NotifyType(notice.weight.value),
                body_format=NotifyFormat.TEXT,
            ) as result:
                if result:
                    return ""
                said = " ".join(entry.message for entry in result.logs())
        except Exception as error:  # noqa: BLE001  # as above
            return _failed(error)
        status = _STATUS.search(said)
        if status is not None:
            return f"it answered {status[1]}"
        return "no connection, or no answer" if "onnection" in said else "it was not taken"


def _failed(error: Exception) -> str:
    """Name the kind of an error: its text may hold the address."""
    return f"the service failed ({type(error).__name__})"


class Sender:
    """Sends every notice to every address, in order.

    Args:
        addresses: of the services.
        failed: is told, in a thread of this class, what could not be sent; the masked address stands in it.
        through: is called, in a thread of this class, when one address of a sender that finishes is through.
    """

    def __init__(
        self, addresses: Sequence[Address], failed: Callable[[str], None], through: Callable[[], None] = lambda: None
    ) -> None:
        self._lanes = [_Lane(address, failed, through) for address in addresses]
        for lane in self._lanes:
            lane.start()

    def send(self, notice: Notice) -> None:
        """Hand a notice over; returns at once."""
        for lane in self._lanes:
            lane.notices.put(notice)

    def finish(self) -> None:
        """Take no more; what was handed over is still sent."""
        for lane in self._lanes:
            lane.close()

    @property
    def late(self) -> list[Address]:
        """The addresses that are not through yet; threads of such end with the process."""
        return [lane.address for lane in self._lanes if not lane.is_through]

    def close(self, timeout_s: float) -> None:
        """Wait until all is sent, but no longer than that."""
        self.finish()
        deadline = time.monotonic() + timeout_s
        for lane in self._lanes:
            lane.join(max(0.0, deadline - time.monotonic()))


class _Lane(threading.Thread):
    """The thread of one address."""

    def __init__(self, address: Address, failed: Callable[[str], None], through: Callable[[], None]) -> None:
        super().__init__(name=f"notices to {address}", daemon=True)  # one that hangs never holds up the process's end
        self.address = address
        self.notices: queue.SimpleQueue[Notice | None] = queue.SimpleQueue()
        self.is_through = False
        self._failed = failed
        self._through = through
        self._closing = threading.Event()
        self._is_failing = False

    def close(self) -> None:
        """Have it send what there is, each once, and end."""
        self._closing.set()
        self.notices.put(None)

    def run(self) -> None:
        try:
            self._send_all()
        finally:
            self.is_through = True
            self._through()

    def _send_all(self) -> None:
        service = Service(self.address)
        if service.problem:
            self._failed(f"{self.address}: nobody is told by this address: {service.problem}; try: gonogo notify test")
            return
        while (notice := self.notices.get()) is not None:
            why = self._deliver(service, notice)
            if why and not self._is_failing:  # one warning until it works again: not one a notice
                self._failed(f"{self.address}: a notice was not delivered: {why}; try: gonogo notify test")
            self._is_failing = bool(why)

    def _deliver(self, service: Service, notice: Notice) -> str:
        why = service.deliver(notice)
        for wait_s in _AGAIN_S:
            if not why or self._closing.wait(wait_s):
                return why
            why = service.deliver(notice)
        return why
