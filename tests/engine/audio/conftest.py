"""Fixtures for every test of this room."""

from __future__ import annotations

from tests.engine.audio.decimators import each_decimator

__all__ = ["each_decimator"]
