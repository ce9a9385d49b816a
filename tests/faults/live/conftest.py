from __future__ import annotations

from tests.app.conftest import gonogo, home

__all__ = ["gonogo", "home"]
