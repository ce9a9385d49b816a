"""The conversion's worker programs, and what they answer."""

from __future__ import annotations

from engine.convert.tasks import Result
from engine.crew.program import Program

CONVERTERS = Program("engine.convert.worker", Result)
