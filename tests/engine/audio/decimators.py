"""The decimators that there are: tests that promise something of a conversion promise it of each."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.native import VARIABLE


@pytest.fixture(scope="module", params=["auto", "plain", "off"])
def each_decimator(request: pytest.FixtureRequest) -> Iterator[str]:
    """The machine's widest instruction set, plain C, numpy; where nothing is compiled, it is numpy each time."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, request.param)
        yield request.param
