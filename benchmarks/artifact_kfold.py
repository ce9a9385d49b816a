"""scikit-learn's ``StratifiedGroupKFold`` as a peer: the one known splitter that keeps groups and strata both.

A hundred folds, one of them held out, are a hundredth of the corpus. It balances rows, not hours, and keeps no lock.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol, cast

import numpy as np
import numpy.typing as npt

from benchmarks.artifact_corpus import CLIPS, Numbers, Videos
from engine.host.facts import package_versions

PEER: Final = "sklearn StratifiedGroupKFold"


class _Splitter(Protocol):
    def split(
        self, rows: npt.NDArray[np.float64], strata: Numbers, groups: Numbers
    ) -> Iterator[tuple[Numbers, Numbers]]:
        """Yield the positions of each fold's training rows and of those that are held out."""


@dataclass(frozen=True)
class KFold:
    """The peer, where it is installed."""

    name: str
    folds: int
    _splitter: _Splitter

    @classmethod
    def found(cls, folds: int) -> KFold | None:
        """Import it; None where it is not there."""
        try:
            module = importlib.import_module("sklearn.model_selection")
        except ImportError:
            return None
        version = package_versions(["scikit-learn"])["scikit-learn"]
        splitter = module.StratifiedGroupKFold(n_splits=folds, shuffle=True, random_state=0)
        return cls(f"scikit-learn {version} StratifiedGroupKFold({folds})", folds, cast("_Splitter", splitter))

    def held_out(self, videos: Videos, count: int) -> tuple[float, float]:
        """Hold one fold of the first videos out; return its hours, and the hours that it should have."""
        video = np.repeat(np.arange(count), CLIPS)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # that small strata have fewer rows than there are folds
            _, held = next(iter(self._splitter.split(np.zeros((video.size, 1)), videos.stratum[video], video)))
        hours = videos.hours[np.unique(video[held])].sum()
        return float(hours), float(videos.hours[:count].sum() / self.folds)
