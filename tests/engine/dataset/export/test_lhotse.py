from __future__ import annotations

import gzip
import io
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import pytest
import soundfile

from engine.checklist.kinds.table_stop import Stop
from engine.dataset.export.exporting import export
from tests.engine.dataset.export.corpora import Made, clip_bytes, made, recordings, small_corpus
from tests.recordings import make_lone, wav_bytes

POINTER = re.compile(r"^(?P<tar>[^?]+)\?o=(?P<o>\d+)&e=(?P<e>\d+)$")  # of lhotse's lazy_pointer.py


def cuts(corpus: Made, split: str) -> list[dict[str, object]]:
    files = sorted((corpus.folder / "lhotse").glob(f"cuts_{split}.*.jsonl.gz"))
    return [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def source(cut: dict[str, object]) -> tuple[str, str]:
    recording = cut["recording"]
    assert isinstance(recording, dict)
    (found,) = recording["sources"]
    return found["type"], found["source"]


def in_shell(cut: dict[str, object]) -> bytes:
    kind, command = source(cut)
    assert kind == "command"
    return subprocess.run(command, shell=True, stdout=subprocess.PIPE, check=True).stdout


def test_a_cut_tells_text_labels_and_length_and_its_command_writes_the_clip(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    corpus.export("lhotse")
    for split in ("train", "dev", "test"):
        found = {str(cut["id"]): cut for cut in cuts(corpus, split)}
        assert Counter(list(found)) == Counter(str(row["utt_id"]) for row in corpus.of(split))
        for row in corpus.of(split):
            cut = found[str(row["utt_id"])]
            assert in_shell(cut) == clip_bytes(corpus, row)
            assert (cut["type"], cut["start"], cut["duration"]) == ("MonoCut", 0, row["duration_s"])
            told = msgspec.convert(cut["supervisions"], list[dict[str, object]])
            assert [(each["text"], each["language"]) for each in told] == [(row["text"], "en")]
            custom = msgspec.convert(cut["custom"], dict[str, object])
            wanted = {"split": split, "offset_bytes": row["offset"], "size_bytes": row["size"]}
            wanted |= {name: row[name] for name in ("group_id", "bucket", "member", "tar", "audio_hash")}
            assert custom.items() >= wanted.items()


@pytest.mark.parametrize("name", ["it's a “quoted” $(corpus); rm -rf", "two\nlines\t", "-n *", "what? \\ not"])
def test_no_shell_takes_a_path_for_anything_else(tmp_path: Path, name: str) -> None:
    make_lone(tmp_path / name / "src" / "a b.tar", recordings(2))
    corpus = made(tmp_path / name, lambda row: row.update(split="train"))
    corpus.export("lhotse")
    assert [in_shell(cut) for cut in cuts(corpus, "train")] == [clip_bytes(corpus, row) for row in corpus.rows]


def test_a_file_holds_as_many_cuts_as_asked_for(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    ask = msgspec.structs.replace(corpus.ask("lhotse"), cuts_a_file=4)
    export(ask, lambda: None, Stop())
    files = sorted((corpus.folder / "lhotse").glob("cuts_train.*"))
    assert [file.name for file in files] == [f"cuts_train.{number:06d}.jsonl.gz" for number in range(4)]
    assert [len(gzip.decompress(file.read_bytes()).splitlines()) for file in files] == [4, 4, 4, 2]


def test_a_pointer_names_the_header_of_the_clip_and_a_path_that_none_can_hold_gets_a_command(tmp_path: Path) -> None:
    make_lone(tmp_path / "corpus" / "src" / "plain.tar", recordings(2))
    make_lone(tmp_path / "corpus" / "src" / "why?.tar", recordings(1))
    corpus = made(tmp_path / "corpus", lambda row: row.update(split="test"))
    export(msgspec.structs.replace(corpus.ask("lhotse"), lhotse_source="shar_ptr"), lambda: None, Stop())
    *plain, why = cuts(corpus, "test")
    for cut, row in zip(plain, corpus.rows, strict=False):
        found = POINTER.match(source(cut)[1])
        assert found is not None
        with Path(found["tar"]).open("rb") as tar:
            tar.seek(int(found["o"]))
            block = tar.read(int(found["e"]) - int(found["o"]))
        assert block[:100].rstrip(b"\0").decode() == row["member"]
        assert block[512:].startswith(clip_bytes(corpus, row))
        assert len(block) % 512 == 0
    assert [source(cut)[0] for cut in (*plain, why)] == ["shar_ptr", "shar_ptr", "command"]
    assert in_shell(why) == clip_bytes(corpus, corpus.rows[-1])


def test_a_clip_of_two_channels_is_no_mono_cut(tmp_path: Path) -> None:
    ((_, mono_wav),) = recordings(1)
    samples, rate_hz = soundfile.read(io.BytesIO(mono_wav), dtype="float32", always_2d=True)
    stereo_wav = wav_bytes(np.hstack([samples, -samples]), rate_hz)
    make_lone(tmp_path / "corpus" / "src" / "wide.tar", [("a.wav", stereo_wav), ("b.wav", mono_wav)])
    corpus = made(tmp_path / "corpus", lambda row: row.update(split="train", shard_state="skipped"))
    (report,) = corpus.export("lhotse").formats
    wide, mono = cuts(corpus, "train")
    assert (wide["type"], wide["channel"]) == ("MultiCut", [0, 1])
    assert (mono["type"], mono["channel"]) == ("MonoCut", 0)
    assert report.several_channels == 1
