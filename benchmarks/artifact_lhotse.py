"""lhotse's own bins for some durations, by the Python that runs this; it needs lhotse and numpy, and nothing of ours.

``PYTHON artifact_lhotse.py DURATIONS.npy BINS [CLIPS]`` prints JSON: lhotse's version, and for each row of durations
the boundaries that ``estimate_duration_buckets`` finds from its first CLIPS (all of them unless told).
"""

from __future__ import annotations

import importlib
import json
import sys

import numpy as np


def main() -> None:
    """Estimate and print."""
    file, bins, *clips = sys.argv[1:]
    lhotse, bucketing = (
        importlib.import_module(f"lhotse{name}") for name in ("", ".dataset.sampling.dynamic_bucketing")
    )
    dummy_cut = importlib.import_module("lhotse.testing.dummies").dummy_cut
    edges_s = []
    for durations_s in np.load(file):
        cuts = (
            dummy_cut(at, duration=one)
            for at, one in enumerate(durations_s[: int(clips[0]) if clips else None].tolist())
        )
        edges_s.append([float(edge) for edge in bucketing.estimate_duration_buckets(cuts, num_buckets=int(bins))])
    sys.stdout.write(json.dumps({"version": lhotse.__version__, "edges_s": edges_s}))


if __name__ == "__main__":
    main()
