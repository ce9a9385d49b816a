from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.dataset.export.corpora import Made
from tests.engine.dataset.real.loading import bytes_of, corpus, needs, run, samples_of, skip_unless_it_loads

__all__ = ["corpus"]
pytestmark = needs("datasets")

_ROWS = """
import json, sys
from datasets import load_dataset
how = sys.argv[2]
if how == "folder":
    found = load_dataset(sys.argv[1])
elif how == "streaming":
    found = load_dataset(sys.argv[1], streaming=True)
else:
    found = load_dataset("parquet", data_files={name: f"{sys.argv[1]}/data/{name}-*.parquet"
                                                for name in ("train", "dev", "test")})
print(json.dumps({name: {row["utt_id"]: row for row in rows} for name, rows in found.items()}))
"""
_BYTES = """
import hashlib, json, sys
from datasets import Features, Value, load_dataset
features = Features({"__key__": Value("string"), "__url__": Value("string"), sys.argv[1]: Value("binary")})
clips = load_dataset("webdataset", data_files=sys.argv[2:], split="train", features=features)
print(json.dumps({f"{clip['__url__']} {clip['__key__']}": {"sha": hashlib.sha256(clip[sys.argv[1]]).hexdigest()}
                  for clip in clips}))
"""
_DECODED = """
import hashlib, json, sys
from datasets import load_dataset
clips = load_dataset("webdataset", data_files=sys.argv[2:], split="train")
told = {}
for clip in clips:
    samples = clip[sys.argv[1]].get_all_samples()
    told[f"{clip['__url__']} {clip['__key__']}"] = {
        "rate": samples.sample_rate, "sha": hashlib.sha256(samples.data[0].numpy().tobytes()).hexdigest()}
print(json.dumps(told))
"""


def plain(corpus: Made, folder: Path) -> dict[str, list[str]]:
    """Link the tars under names that are no patterns, and return them by the kind of their clips."""
    found: dict[str, list[str]] = {"wav": [], "flac": []}
    for number, tar in enumerate(corpus.tars):
        link = folder / f"{number}.tar"
        link.symlink_to(tar)
        found["flac" if tar.name == "lone.tar" else "wav"].append(str(link))
    return found


def wanted(corpus: Made, tars: list[str]) -> dict[str, dict[str, object]]:
    """Return the rows of these tars by what datasets calls their samples."""
    root = corpus.corpus.resolve()
    of_tar = {str(Path(tar).resolve().relative_to(root)): tar for tar in tars}
    return {
        f"{of_tar[str(row['tar'])]} {str(row['member']).partition('.')[0]}": row
        for row in corpus.rows
        if row["tar"] in of_tar
    }


@pytest.mark.parametrize("how", ["folder", "streaming", "parquet"])
def test_datasets_gives_the_rows_of_each_split(corpus: Made, how: str) -> None:
    told = run(_ROWS, corpus.folder, corpus.folder / "hf", how)
    assert list(told) == ["train", "dev", "test"]
    for split in told:
        rows = {str(row["utt_id"]): row for row in corpus.of(split)}
        assert told[split].keys() == rows.keys()
        for utt_id, row in told[split].items():
            assert isinstance(row, dict)
            names = {"duration": "duration_s", "text": "text", "bucket": "bucket", "tar": "tar", "offset": "offset"}
            assert {name: row[name] for name in names} == {name: rows[utt_id][ours] for name, ours in names.items()}


@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_the_same_tars_as_a_webdataset_hold_the_same_clips(corpus: Made, tmp_path: Path, kind: str) -> None:
    tars = plain(corpus, tmp_path)[kind]
    rows = wanted(corpus, tars)
    assert run(_BYTES, tmp_path, kind, *tars) == {key: {"sha": bytes_of(corpus, row)} for key, row in rows.items()}
    assert len(rows) > 2


@needs("torchcodec")
@pytest.mark.parametrize("kind", ["wav", "flac"])
def test_torchcodec_decodes_them_to_the_samples_of_soundfile(corpus: Made, tmp_path: Path, kind: str) -> None:
    skip_unless_it_loads("torchcodec.decoders")  # it does not without FFmpeg's libraries
    tars = plain(corpus, tmp_path)[kind]
    told = run(_DECODED, tmp_path, kind, *tars)
    rows = wanted(corpus, tars)
    assert told == {key: {"rate": 16_000, "sha": samples_of(corpus, row)} for key, row in rows.items()}
