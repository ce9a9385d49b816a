"""Shards whose record is lost: the clip table that their conversion left proves what may be let go."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.shards.pair import BY_EAR, BY_TABLE
from tests.app.corpora import tars
from tests.app.program import Gonogo
from tests.recordings import make_corpus

STATUS = "shard_conversion_status.json"
SHARDS = 4


@pytest.fixture
def corpus(gonogo: Gonogo, tmp_path: Path) -> Path:
    """Converted, the originals kept, and all records lost; in state 1 a bit has turned, 2 and 3 have no good table."""
    corpus = make_corpus(tmp_path / "corpus", shards=SHARDS, clips=3, clip_s=0.3)
    assert gonogo.convert(corpus, "--keep-backups", str(SHARDS)).code == 0
    shards = sorted(path.parent for path in corpus.rglob(STATUS))
    tables = sorted((corpus / ".gonogo" / "clips").rglob("*.jsonl.gz"))
    assert len(shards) == len(tables) == SHARDS
    for shard in shards:
        (shard / STATUS).unlink()
    turn_a_bit(shards[1] / "audio.tar")
    tables[2].unlink()
    tables[3].write_bytes(tables[3].read_bytes()[:60])
    return corpus


def turn_a_bit(tar: Path) -> None:
    """Change one sample by one step."""
    data = bytearray(tar.read_bytes())
    data[data.index(b"data") + 3_008] ^= 1
    tar.write_bytes(data)


@pytest.mark.parametrize("command", ["recover", "convert"])
def test_a_lost_record_is_made_good_by_the_clip_table_or_by_ear_and_the_run_says_by_which(
    gonogo: Gonogo, corpus: Path, command: str
) -> None:
    before = tars(corpus)
    ended = gonogo("--json", "recover", corpus) if command == "recover" else gonogo.convert(corpus)
    told = [line["why"] for line in sorted(ended.of_type("shard_recovered"), key=lambda line: line["shard"])]
    assert len(told) == SHARDS
    assert told[0] == BY_TABLE
    assert "a clip is not what its original was converted to" in told[1]
    assert told[2] == f"{BY_EAR} (there is no clip table)"
    assert told[3].startswith(f"{BY_EAR} (the clip table cannot be read: ")
    assert len(ended.shards("shard_quarantined")) == 1
    assert tars(corpus) == before
    kept = sorted(path.parent.name for path in corpus.rglob("audio_48k.bak"))
    assert kept == [sorted(path.parent.name for path in corpus.rglob("audio.tar"))[1]], "only what is in doubt"
