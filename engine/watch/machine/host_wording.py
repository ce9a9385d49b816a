"""What this machine says of itself, in one line: processors, memory, and room for checkpoints."""

from __future__ import annotations

from engine.units import counted, show_bytes
from engine.watch.machine.host import HostLook


def host_line(look: HostLook) -> str:
    """Say how the machine is; what is not known is left out."""
    told = (
        "" if look.cpu_percent is None else f"CPU {look.cpu_percent:.0f} % busy",
        ("" if look.load is None else f"load {look.load:.1f} on ") + counted(look.cpus, "processor"),
        f"memory {show_bytes(look.memory_used_bytes)} of {show_bytes(look.memory_bytes)}",
        f"{show_bytes(look.swap_used_bytes)} swapped out" if look.swap_used_bytes else "",
        _disk(look),
    )
    return f"host: {', '.join(filter(None, told))}"


def _disk(look: HostLook) -> str:
    if look.disk_free_bytes is None or look.disk_bytes is None:
        return ""
    return f"{show_bytes(look.disk_free_bytes)} of {show_bytes(look.disk_bytes)} free for checkpoints"
