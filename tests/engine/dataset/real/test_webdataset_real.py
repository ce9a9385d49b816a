from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq

from tests.engine.dataset.export.corpora import Made
from tests.engine.dataset.real.loading import Told, bytes_of, corpus, needs, run

__all__ = ["corpus"]
pytestmark = needs("webdataset")

_LOAD = """
import hashlib, json, sys
import webdataset
told = {}
for sample in webdataset.WebDataset(sys.argv[1:], shardshuffle=False, empty_check=False):
    (kind,) = [name for name in sample if not name.startswith("__")]
    told[f"{sample['__url__']} {sample['__key__']}"] = {"sha": hashlib.sha256(sample[kind]).hexdigest(), "as": kind}
print(json.dumps(told))
"""


def load(home: Path, folder: Path, tars: list[str]) -> Told:
    """Read tars by their names in a folder: webdataset would take a quote or a brace in a path for a pattern's."""
    return run("import os, sys; os.chdir(sys.argv.pop(1))\n" + _LOAD, home, folder, *tars)


def test_webdataset_finds_every_clip_of_the_metadata_by_its_key(corpus: Made) -> None:
    links = sorted((corpus.folder / "nemo" / "train").glob("*.tar"))
    told = load(corpus.folder, links[0].parent, [link.name for link in links])
    of_tar = {str(link.resolve().relative_to(corpus.corpus.resolve())): link.name for link in links}
    rows = pq.read_table(corpus.folder / "hf" / "data").to_pylist()
    assert told == {
        f"{of_tar[row['tar']]} {row['key']}": {
            "sha": bytes_of(corpus, row),
            "as": row["file_name"].rpartition(".")[2],
        }
        for row in rows
    }
    assert len(told) == len(rows) == len(corpus.rows)


def test_an_index_gives_the_members_that_webdataset_reads(corpus: Made) -> None:
    tars = [str(tar.relative_to(corpus.corpus)) for tar in corpus.tars]
    told = load(corpus.folder, corpus.corpus, tars)
    found = {}
    for tar in tars:
        index = (corpus.folder / "index" / "tars" / f"{tar}.json").read_text(encoding="ascii")
        for name, at in json.loads(index)["files"].items():
            row = {"tar": tar, "offset": at["offset"], "size": at["length"]}
            found[f"{tar} {name.partition('.')[0]}"] = bytes_of(corpus, row)
    assert found == {key: sample["sha"] for key, sample in told.items()}
    assert len(found) == len(corpus.rows)
