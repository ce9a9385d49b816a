"""NeMo cannot be installed here: its patterns and rules for names are stated again, and held against what we write."""

from __future__ import annotations

import json
import re
import tarfile
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.dataset.export.nemo import NOT_UTF8, member_key
from engine.errors import UsageError
from tests.engine.dataset.export.corpora import Made, clip_bytes, made, recordings, small_corpus, write_tar
from tests.recordings import make_lone

# LazyNeMoTarredIterator of nemo_adapters.py.
TAR = re.compile(r"audio[^/]*_(\d+)[^/]*\.tar")
MANIFEST = re.compile(r"manifest[^/]*_(\d+)[^/]*\.json")
SUB = re.compile(r"^(?P<stem>.+)(?P<sub>-sub\d+)(?P<ext>\.\w+)?$")


def looked_for(audio_filepath: str) -> str:
    found = SUB.match(audio_filepath)
    return audio_filepath if found is None else found["stem"] + (found["ext"] or "")


def by_number(folder: Path, pattern: re.Pattern[str], ending: str) -> dict[int, Path]:
    paths = [path for path in sorted(folder.iterdir()) if path.name.endswith(ending)]
    found = [(pattern.search(str(path)), path) for path in paths]
    return {int(match[1]): path for match, path in found if match is not None}


def as_nemo_reads(folder: Path) -> list[tuple[dict[str, object], bytes]]:
    """Pair the manifests' lines with members as the sequential reader does, members without a line skipped."""
    tars, manifests = by_number(folder, TAR, ".tar"), by_number(folder, MANIFEST, ".json")
    assert set(tars) == set(manifests) == set(range(len(tars)))
    pairs = []
    for number, manifest in manifests.items():
        lines = [json.loads(line) for line in manifest.read_text(encoding="utf-8").splitlines()]
        assert {line["shard_id"] for line in lines} == {number}
        wanted = {looked_for(line["audio_filepath"]): line for line in lines}
        assert len(wanted) == len(lines)
        with tarfile.open(tars[number], mode="r|*") as tar:
            for member in tar:
                if member.name in wanted:
                    data = tar.extractfile(member)
                    assert data is not None
                    pairs.append((wanted.pop(member.name), data.read()))
        assert not wanted
    return pairs


def check(corpus: Made, split: str) -> None:
    rows = {str(row["utt_id"]): row for row in corpus.of(split)}
    pairs = as_nemo_reads(corpus.folder / "nemo" / split)
    assert Counter(line["utt_id"] for line, _ in pairs) == Counter(list(rows))
    for line, data in pairs:
        row = rows[str(line["utt_id"])]
        assert data == clip_bytes(corpus, row)
        assert (line["duration"], line["text"], line["lang"]) == (row["duration_s"], row["text"], row["language"])
        assert (line["sampling_rate"], line["num_channels"]) == (16_000, 1)
        assert "offset" not in line


def test_nemo_finds_every_clip_of_a_split_and_its_text(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    (report,) = corpus.export("nemo").formats
    for split in ("train", "dev", "test"):
        check(corpus, split)
        assert report.clips[split] == len(corpus.of(split)) > 0


def test_links_hold_when_corpus_and_state_move_together(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "alias").symlink_to(tmp_path / "data")
    corpus = small_corpus(tmp_path / "alias", state=tmp_path / "alias" / "state")
    corpus.export("nemo")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "data").rename(tmp_path / "elsewhere" / "moved")
    farm = tmp_path / "elsewhere" / "moved" / "state" / "artifacts" / "export" / "nemo" / "train"
    links = [path for path in farm.iterdir() if path.suffix == ".tar"]
    assert len(links) == 5
    assert all(path.resolve(strict=True).name in {"audio.tar", "lone.tar"} for path in links)
    assert not any(path.readlink().is_absolute() for path in links)


NAMES = (
    "talk-sub1.wav",
    "talk-sub1-sub2.wav",
    "deep/ünï\u00a0code.wav",
    "a\nb.wav",
    "back\\slash.wav",
    "x" * 120 + ".wav",
)


@pytest.mark.parametrize("packed", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_names_that_nemo_or_the_manifest_writes_otherwise_are_found(tmp_path: Path, packed: int) -> None:
    clips = recordings(len(NAMES))
    odd = tmp_path / "corpus" / "src" / "odd.tar"
    write_tar(odd, [(name, data) for name, (_, data) in zip(NAMES, clips, strict=True)], packed)
    corpus = made(tmp_path / "corpus", lambda row: row.update(split="train"))
    corpus.export("nemo")
    check(corpus, "train")
    assert len(corpus.of("train")) == len(NAMES)


def test_a_name_that_json_cannot_hold_is_left_out_and_counted(tmp_path: Path) -> None:
    clips = recordings(2)
    make_lone(tmp_path / "corpus" / "src" / "odd.tar", [("caf\udce9.wav", clips[0][1]), ("cafe.wav", clips[1][1])])
    corpus = made(tmp_path / "corpus", lambda row: row.update(split="dev"))
    (report,) = corpus.export("nemo").formats
    assert report.left_out == {NOT_UTF8: 1}
    assert [line["audio_filepath"] for line, _ in as_nemo_reads(corpus.folder / "nemo" / "dev")] == ["cafe.wav"]


@given(st.from_regex(r"[a-z.\n-]{0,4}(-sub[0-9]{1,2}){0,3}(\.[a-z0-9]{0,3}){0,2}", fullmatch=True))
def test_nemo_looks_for_the_member_that_we_mean(name: str) -> None:
    assert looked_for(member_key(name)) == name


def test_a_folder_that_nemo_would_take_for_a_shard_is_refused(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path / "audio_48.tar_files")
    with pytest.raises(UsageError, match=r"NeMo reads a shard's number from audio_48.tar"):
        corpus.export("nemo")
    assert not list(corpus.folder.iterdir())
