"""Runs what loads an export in a process of its own: these libraries warn, cache and ask the network as they like."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.engine.dataset.export.corpora import Made, clip_bytes, small_corpus

Told = dict[str, dict[str, object]]
_TIMEOUT_S = 100


def needs(*modules: str) -> pytest.MarkDecorator:
    """Skip a test where one of these is not installed."""
    absent = [name for name in modules if importlib.util.find_spec(name) is None]
    return pytest.mark.skipif(bool(absent), reason=f"not installed: {', '.join(absent)} (make real installs them)")


def skip_unless_it_loads(module: str) -> None:
    """Skip a test where a module is installed, and lacks what it needs of the machine."""
    done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"{module} does not load here: {done.stderr.strip().splitlines()[-1]}")


def run(script: str, home: Path, *arguments: object) -> Told:
    """Run Python that prints one JSON object as its last line."""
    offline = {"HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
    argv = [sys.executable, "-c", script, *map(str, arguments)]
    done = subprocess.run(
        argv, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False, env=dict(os.environ) | offline
    )
    assert done.returncode == 0, done.stderr[-3_000:]
    told: Told = json.loads(done.stdout.splitlines()[-1])
    return told


def samples_of(corpus: Made, row: Mapping[str, object]) -> str:
    """Return the hash of a clip's samples, float32, as soundfile decodes the bytes that the manifest names."""
    samples, _ = soundfile.read(io.BytesIO(clip_bytes(corpus, row)), dtype="float32")
    return hashlib.sha256(np.ascontiguousarray(samples).tobytes()).hexdigest()


def bytes_of(corpus: Made, row: Mapping[str, object]) -> str:
    """Return the hash of a clip's bytes."""
    return hashlib.sha256(clip_bytes(corpus, row)).hexdigest()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """A corpus whose folder no shell and no URL likes, with all its exports."""
    made = small_corpus(tmp_path_factory.mktemp("it's a $corpus"))
    made.export()
    return made
