"""``environment``: are the variables what they must be?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec

from engine.checklist.answers import Answer, passed
from engine.checklist.around import Around
from engine.checklist.kinds.base import CheckTable
from engine.errors import printable

Variable = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z_][A-Za-z0-9_]*\Z")]

_SECRET: Final = re.compile(r"KEY|TOKEN|SECRET|PASS|CREDENTIAL|AUTH", re.IGNORECASE)
"""Names whose values are never shown: evidence is kept for years and passed on."""
_USERINFO: Final = re.compile(r"://[^/@\s]*@")
_SHOWN: Final = 80


class Environment(CheckTable, frozen=True, kw_only=True, tag="environment"):
    """Looks at environment variables; values of those whose name smells of a secret are not shown."""

    set: dict[Variable, str] = msgspec.field(default_factory=dict)
    """Variables and the exact values that they must have; ``""`` means set to the empty text."""
    present: tuple[Variable, ...] = ()
    """Variables that must be set to something; one set to the empty text is not."""
    absent: tuple[Variable, ...] = ()
    """Variables that must not be set, not even to the empty text: an empty CUDA_VISIBLE_DEVICES hides every GPU."""
    of: Literal["gonogo", "workers"] = "gonogo"
    """Whose environment: gonogo's own, or the one that its workers get."""

    def __post_init__(self) -> None:
        """Refuse a check that asks nothing, or asks for two things at once."""
        names = [*self.set, *self.present, *self.absent]
        if not names:
            raise ValueError("wanted at least one variable in set, present or absent")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"{twice[0]} is named twice; wanted each variable once in set, present or absent")

    async def look(self, around: Around) -> Answer:
        """Compare them."""
        env = around.worker_env if self.of == "workers" else around.env
        wrong = [*self._other(env), *self._missing(env), *self._unwanted(env)]
        return passed(", ".join(wrong or self._right(env)), when=not wrong)

    def _other(self, env: Mapping[str, str]) -> list[str]:
        other = {name: wanted for name, wanted in self.set.items() if env.get(name) != wanted}
        return [_difference(name, env.get(name), wanted) for name, wanted in other.items()]

    def _missing(self, env: Mapping[str, str]) -> list[str]:
        return [f"{name} is {'empty' if name in env else 'not set'}" for name in self.present if not env.get(name)]

    def _unwanted(self, env: Mapping[str, str]) -> list[str]:
        return [f"{_told(name, env[name])}, wanted it not set" for name in self.absent if name in env]

    def _right(self, env: Mapping[str, str]) -> list[str]:
        told = [_told(name, env[name], "is as wanted") for name in self.set]
        told += [_told(name, env[name]) for name in self.present]
        return told + [f"{name} is not set" for name in self.absent]


def _difference(name: str, read: str | None, wanted: str) -> str:
    if _SECRET.search(name) is not None:
        return f"{name} is " + ("not set" if read is None else "not the value that is wanted")
    found = f"{name} is not set" if read is None else _told(name, read)
    return f"{found}, wanted {_shown(wanted)}"


def _told(name: str, value: str, secretly: str = "is set") -> str:
    return f"{name} {secretly}" if _SECRET.search(name) is not None else f"{name}={_shown(value)}"


def _shown(value: str) -> str:
    """Write a value without the credentials that an address in it may carry."""
    value = _USERINFO.sub("://***@", value)
    return printable(value if len(value) <= _SHOWN else value[:_SHOWN] + "…") or '""'
