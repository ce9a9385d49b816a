from __future__ import annotations

import importlib.util
from pathlib import Path

import msgspec
import pytest

from engine.checklist.kinds.table_stop import Stop
from engine.dataset.export.exporting import export
from tests.engine.dataset.export.corpora import Made
from tests.engine.dataset.real.loading import Told, corpus, needs, run, samples_of

__all__ = ["corpus"]
pytestmark = needs("lhotse")

_LOAD = """
import hashlib, json, sys
from pathlib import Path
import numpy as np
from lhotse import CutSet, validate
folder, split = sys.argv[1:]
cuts = CutSet.from_files(sorted(map(str, Path(folder).glob(f"cuts_{split}.*.jsonl.gz"))))
told = {}
for cut in cuts:
    validate(cut)
    (said,) = cut.supervisions
    audio = cut.load_audio()
    told[cut.id] = {
        "duration": cut.duration, "samples": cut.num_samples, "rate": cut.sampling_rate, "text": said.text,
        "language": said.language, "group": cut.group_id, "bucket": cut.bucket, "split": cut.custom["split"],
        "offset": cut.offset_bytes, "shape": list(audio.shape), "sha": hashlib.sha256(audio.tobytes()).hexdigest(),
        "to": type(cut).__name__,
    }
validate(cuts.to_eager())
print(json.dumps(told))
"""
_BATCHES = """
import json, sys
from pathlib import Path
import torch
from lhotse import CutSet
from lhotse.dataset import DynamicBucketingSampler, K2SpeechRecognitionDataset
from lhotse.dataset.input_strategies import AudioSamples
cuts = CutSet.from_files(sorted(map(str, Path(sys.argv[1]).glob("cuts_train.*.jsonl.gz"))))
sampler = DynamicBucketingSampler(cuts, max_duration=2.0, num_buckets=2, shuffle=True, drop_last=False)
data = K2SpeechRecognitionDataset(input_strategy=AudioSamples())
batches = [data[batch] for batch in sampler]
print(json.dumps({"texts": {text: True for batch in batches for text in batch["supervisions"]["text"]},
                  "frames": {"all": int(sum(batch["supervisions"]["num_samples"].sum() for batch in batches))}}))
"""


def has_pointers() -> bool:
    """Look for the file: to ask for the module would import lhotse, and torch with it."""
    lhotse = importlib.util.find_spec("lhotse")
    folders = (lhotse and lhotse.submodule_search_locations) or ()
    return any((Path(folder) / "shar" / "lazy_pointer.py").exists() for folder in folders)


def check(corpus: Made, told: Told, split: str) -> None:
    rows = {str(row["utt_id"]): row for row in corpus.of(split)}
    assert told.keys() == rows.keys()
    for utt_id, row in rows.items():
        assert told[utt_id] == {
            "duration": row["duration_s"],
            "samples": row["num_frames"],
            "rate": 16_000,
            "text": row["text"],
            "language": row["language"],
            "group": row["group_id"],
            "bucket": row["bucket"],
            "split": split,
            "offset": row["offset"],
            "shape": [1, row["num_frames"]],
            "sha": samples_of(corpus, row),
            "to": "MonoCut",
        }


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_lhotse_reads_every_clip_out_of_our_tars_sample_by_sample(corpus: Made, split: str) -> None:
    check(corpus, run(_LOAD, corpus.folder, corpus.folder / "lhotse", split), split)
    assert len(corpus.of(split)) > 3


def test_lhotse_makes_batches_of_all_that_train_holds(corpus: Made) -> None:
    told = run(_BATCHES, corpus.folder, corpus.folder / "lhotse")
    assert told["texts"].keys() == {row["text"] for row in corpus.of("train")}
    assert told["frames"]["all"] == sum(int(str(row["num_frames"])) for row in corpus.of("train"))


@pytest.mark.skipif(not has_pointers(), reason="this lhotse has no shar_ptr: that begins with 2.0")
def test_lhotse_reads_pointers(corpus: Made) -> None:
    folder = corpus.folder / "pointers"
    ask = msgspec.structs.replace(corpus.ask("lhotse"), lhotse_source="shar_ptr", folder=str(folder))
    export(ask, lambda: None, Stop())
    check(corpus, run(_LOAD, corpus.folder, folder / "lhotse", "train"), "train")
