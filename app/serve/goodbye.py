"""How a console came to its end by itself, and how its page is told: the codes that page.js has sentences for."""

from __future__ import annotations

from dataclasses import dataclass

from engine.errors import printable

LEFT, FAILED, FULL = 4000, 4001, 4002
"""Why a console's socket was closed. 4000 to 4999 are an application's own (RFC 6455, section 7.4.2)."""
_REASON_BYTES = 123
"""What a WebSocket's closing frame has room for (RFC 6455, section 5.5)."""


@dataclass(frozen=True, slots=True)
class End:
    """The end of one console."""

    code: int
    """Its exit code; negative for the signal that killed it."""
    said: str
    """The last line that it wrote for a person."""

    def __str__(self) -> str:
        """Say how it ended: ``exit code 1: what it said``."""
        how = f"exit code {self.code}" if self.code >= 0 else f"signal {-self.code}"
        return f"{how}: {printable(self.said)}" if self.said else how

    @property
    def is_fault(self) -> bool:
        """Nobody left it."""
        return self.code != 0

    @property
    def close_code(self) -> int:
        """Why its socket is closed."""
        return FAILED if self.is_fault else LEFT

    @property
    def close_reason(self) -> bytes:
        """As much of it as a closing frame has room for, and no half of a character."""
        return str(self).encode()[:_REASON_BYTES].decode(errors="ignore").encode() if self.is_fault else b""
