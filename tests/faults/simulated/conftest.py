from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.faults.simulated.mutants import mutant
from tests.faults.simulated.mutate import applied
from tests.faults.simulated.shard import Shard, simulated_shard

BREAK = "GONOGO_FAULTS_BREAK"
"""Names a mutant: the protocol is broken that way for the whole run, which has to fail."""


@pytest.fixture(scope="session")
def shard() -> Iterator[Shard]:
    with simulated_shard() as made:
        if os.environ.get(BREAK):
            with applied(mutant(os.environ[BREAK])):
                yield made
        else:
            yield made
