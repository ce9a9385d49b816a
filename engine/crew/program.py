"""A program that workers run: a module of ours, and the type of what it answers."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Generic, TypeVar

from engine.crew.answers import Answer

R = TypeVar("R", bound=Answer)


@dataclass(frozen=True, slots=True)
class Program(Generic[R]):
    """What a crew's workers run."""

    module: str
    answer: type[R]

    @property
    def argv(self) -> tuple[str, ...]:
        """Its command; with -P, so that a folder named ``engine`` where the operator happens to stand is not ours."""
        return (sys.executable, "-P", "-m", self.module)
