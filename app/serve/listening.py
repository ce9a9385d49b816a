"""The socket that a server listens on, and the address that a browser finds it by."""

from __future__ import annotations

import errno
import ipaddress
import socket
from dataclasses import dataclass

from engine.errors import GonogoError, UsageError, printable


@dataclass(frozen=True, slots=True)
class Listening:
    """A socket that listens."""

    socket: socket.socket
    port: int
    is_loopback: bool
    """Only this machine can reach it."""
    host: str
    """How a browser calls it: this machine's name where it listens on every address, IPv6 in brackets."""

    @property
    def url(self) -> str:
        """The address to open."""
        return f"http://{self.host}:{self.port}/"


def listen(address: str, port: int) -> Listening:
    """Listen on one address; on any free port for 0.

    Raises:
        UsageError: when there is no such address here, or the port is taken.
    """
    try:
        family, _, _, _, where = socket.getaddrinfo(address, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except (OSError, UnicodeError) as fault:
        raise UsageError(
            f"--listen {printable(address)}: {fault}; wanted an address of this machine, such as 127.0.0.1"
        ) from fault
    try:
        listening = socket.create_server((str(where[0]), port), family=family)
    except OSError as fault:
        raise _refusal(address, port, fault) from fault
    found, taken = listening.getsockname()[:2]
    known = ipaddress.ip_address(found.partition("%")[0])
    return Listening(listening, taken, known.is_loopback, _name(known))


def _refusal(address: str, port: int, fault: OSError) -> GonogoError:
    if fault.errno == errno.EADDRINUSE:
        return UsageError(f"port {port} of {address} is taken; --port 0 takes a free one")
    if fault.errno == errno.EACCES:
        return UsageError(f"port {port} is not for you; wanted 1024 or more")
    return UsageError(f"--listen {printable(address)}: {fault.strerror}; wanted an address of this machine")


def _name(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if address.is_unspecified:
        return socket.gethostname()
    return f"[{address}]" if address.version == 6 else str(address)
