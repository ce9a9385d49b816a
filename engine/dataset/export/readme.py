"""The page in each export's folder: what it is, how it is loaded, and what one must know."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from engine.dataset.export.ask import SPLITS, FormatReport

_NEMO = """# NeMo tarred data sets

For each split, links `audio_K.tar` to the corpus's own tars, and `manifest_K.json` with a line for each clip of the
split in that tar. Nothing is copied. A tar without a clip of a split has no number in it.

{sets}

`skip_missing_manifest_entries=true` is needed: a tar holds clips of other splits, clips that were left out and files
that are no clips, and without it NeMo ends at the first of these. A NeMo that is older than the switch skips them by
itself. Dev and test are spread over many tars, and NeMo reads each of these from end to end: where that takes too
long, take lhotse's cuts for them (`cuts_path`){indexed}.

- {several:,} clips have several channels (`num_channels`): NeMo's models take one, and stop or fail at others.
- `bucket` and all further keys end up in each cut's `custom`.
- The links are relative: corpus and state folder can be moved together.
"""
_SET = """```
model.{section}.use_lhotse=true
model.{section}.is_tarred=true
model.{section}.manifest_filepath={folder}/manifest__OP_0..{last}_CL_.json
model.{section}.tarred_audio_filepaths={folder}/audio__OP_0..{last}_CL_.tar
model.{section}.skip_missing_manifest_entries=true
```"""
_SECTIONS = {"train": "train_ds", "dev": "validation_ds", "test": "test_ds"}
"""Of NeMo's settings."""
_INDEXED = """, or NeMo's indexed reader, for which each
tar's `.idx` lies beside it: `indexed=true`"""
_LHOTSE = """# lhotse cuts

`cuts_SPLIT.NNNNNN.jsonl.gz`, {most:,} cuts in each file but the last of a split.

```python
from pathlib import Path
from lhotse import CutSet

folder = Path("{folder}")
cuts = CutSet.from_files(sorted(str(path) for path in folder.glob("cuts_train.*.jsonl.gz")))
```

- The audio is not copied. {sources}
- They name the corpus where it lies now; export again after it was moved.
- {several:,} clips have several channels and are a `MultiCut`; all others are a `MonoCut`.
- An id is the clip's utt_id. The manifest's report names those that are there twice.
- lhotse 1.33.0 imports urllib3 and does not ask for it.
"""
_COMMAND = """A recording's source is a `command`, which runs `tail` and `head` for each clip and works with
  every lhotse. From lhotse 2.0 on, `shar_ptr` is four times as fast."""
_POINTER = "A recording's source is a `shar_ptr`, which needs lhotse 2.0."
_HF = """---
configs:
- config_name: default
  data_files:
{files}
---
# Metadata for Hugging Face datasets

One row a clip: its text, its labels, and where its bytes lie (`tar` under the corpus, `offset`, `size`). The audio
stays in the corpus's tars.

```python
from datasets import load_dataset

folder = "{folder}"
rows = load_dataset(folder)  # all splits; needs nothing else
rows = load_dataset("parquet", data_files={{"train": f"{{folder}}/data/train-*.parquet"}})
```

One clip, with soundfile (no torchcodec):

```python
import io, soundfile

def read(row, corpus="{corpus}"):
    with open(f"{{corpus}}/{{row['tar']}}", "rb") as tar:
        tar.seek(row["offset"])
        return soundfile.read(io.BytesIO(tar.read(row["size"])), dtype="float32")
```

The same tars as a webdataset; a sample's `__key__` is the column `key`, and is of one tar:

```python
from datasets import Features, Value, load_dataset

audio = Features({{"__key__": Value("string"), "__url__": Value("string"), "wav": Value("binary")}})
clips = load_dataset("webdataset", data_files=TARS, split="train", features=audio)  # bytes; no torchcodec
clips = load_dataset("webdataset", data_files=TARS, split="train")  # decoded; needs torchcodec
```

The second needs torchcodec and FFmpeg's libraries for every access, `decode=False` included. It gives all clips of a
tar, whatever their split: join by `tar` and `key`. Members whose names are the same up to the first dot behind the
last slash are one sample there; the manifest's report names them.
"""
_INDEX = """# Index files of the corpus's tars

For each tar, at its own path under `tars/`:

- `TAR.idx`: little-endian u64, the byte at which each sample's first header begins, then the size of the tar. Members
  behind one another whose names differ in their ending alone are one sample. NeMo (`indexed=true`) and lhotse look
  for it beside the tar, or are told where it is; lhotse's own Shar readers want tars of pairs (audio and `.json`).
- `TAR.json`: `{{"files": {{NAME: {{"offset": BYTES, "length": BYTES}}}}}}`, all files of the tar in its order; a name's
  bytes that are not UTF-8 are surrogate escapes, as Python has them.

{tars:,} tars.
"""


def nemo(home: Path, report: FormatReport, shards: Mapping[str, int], *, indexed: bool) -> str:
    """Write the page of NeMo's data sets."""
    sets = "\n\n".join(_nemo_set(home / split, split, report.clips[split], shards[split]) for split in SPLITS)
    more = _INDEXED if indexed else ""
    return _NEMO.format(sets=sets, several=report.several_channels, indexed=more) + _left_out(report)


def _nemo_set(folder: Path, split: str, clips: int, shards: int) -> str:
    if not shards:
        return f"{split}: no clips."
    how = _SET.format(section=_SECTIONS[split], folder=folder, last=shards - 1)
    return f"{split}: {clips:,} clips in {shards:,} tars.\n\n{how}"


def lhotse(home: Path, report: FormatReport, most: int, *, pointers: bool) -> str:
    """Write the page of lhotse's cuts."""
    sources = _POINTER if pointers else _COMMAND
    return _LHOTSE.format(folder=home, most=most, sources=sources, several=report.several_channels) + _left_out(report)


def hf(home: Path, report: FormatReport, corpus: str) -> str:
    """Write the page of the metadata: also the card from which ``load_dataset`` learns the splits."""
    files = [f"  - split: {split}\n    path: data/{split}-*.parquet" for split in SPLITS if report.clips[split]]
    return _HF.format(folder=home, corpus=corpus, files="\n".join(files)) + _left_out(report)


def index(report: FormatReport) -> str:
    """Write the page of the index files."""
    return _INDEX.format(tars=report.tars)


def _left_out(report: FormatReport) -> str:
    lines = [f"- {reason}: {clips:,}" for reason, clips in report.left_out.items()]
    return "\n## Clips that were left out\n\n" + ("\n".join(lines) or "None.") + "\n"
