"""``systemd_unit``: is a service, a timer or a mount in the state that is wanted?"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from engine.checklist.answers import Answer, State
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.checklist.kinds.bounds import checked_word
from engine.checklist.kinds.programs import Finished, run_program
from engine.errors import printable

_PROPERTIES = ("LoadState", "ActiveState", "SubState")
Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z-]*\Z")]


class SystemdUnit(CheckTable, frozen=True, kw_only=True, tag="systemd_unit"):
    """Asks systemd for the state of a unit, by ``systemctl show``."""

    unit: str
    """Its name, such as ``redis-server.service``; a name without an ending is a service."""
    state: Word = "active"
    """The wanted ActiveState; "" for any: active, inactive, failed, activating, …"""
    sub: Word = "running"
    """The wanted SubState; "" for any. A timer is ``waiting``, a mount ``mounted``, a oneshot ``exited``."""
    scope: Literal["system", "user"] = "system"
    """Whose manager is asked: the machine's, or that of the user who runs gonogo."""

    def __post_init__(self) -> None:
        """Refuse a name that is none, patterns, and a check that asks nothing."""
        checked_word("unit", self.unit)
        if any(char in self.unit for char in "*?["):
            raise ValueError(f"unit = {self.unit!r}: wanted the name of one unit, not a pattern")
        if not self.state and not self.sub:
            raise ValueError("wanted a state or a sub")
        if self.state not in ("", "active") and self.sub == "running":
            raise ValueError(f"a unit that is {self.state!r} is never running; set sub too, or sub = '' for any")

    async def look(self, around: Around) -> Answer:
        """Ask systemctl."""
        scope = ["--user"] if self.scope == "user" else []
        argv = ["systemctl", *scope, "show", "--no-pager", f"--property={','.join(_PROPERTIES)}", "--", self.unit]
        env = {**around.env, "LC_ALL": "C", "SYSTEMD_COLORS": "0"}
        ended = await run_program(argv, cwd=around.corpus, env=env, apart=True)
        state, read = self._judge(ended)
        return Answer(state, read, argv=ended.argv, exit_code=ended.code, output=ended.output)

    def _judge(self, ended: Finished) -> tuple[State, str]:
        found = dict(line.split("=", 1) for line in ended.text.splitlines() if "=" in line)
        if ended.code != 0 or any(name not in found for name in _PROPERTIES):
            why = ended.last_words or f"systemctl ended with exit code {ended.code}"
            return State.ERROR, f"systemd does not answer: {why}"
        load, active, sub = (printable(found[name]) for name in _PROPERTIES)
        if load == "not-found":
            return State.FAIL, f"there is no unit {self.unit}"
        right = self.state in ("", active) and self.sub in ("", sub)
        wanted = "/".join(part or "any" for part in (self.state, self.sub))
        notes = ("" if load == "loaded" else f" ({load})") + ("" if right else f", wanted {wanted}")
        return (State.PASS if right else State.FAIL), f"{active}/{sub}{notes}"
