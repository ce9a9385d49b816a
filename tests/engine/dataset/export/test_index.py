from __future__ import annotations

import json
import struct
import tarfile
from pathlib import Path, PurePosixPath

import pytest

from engine.dataset.export.tar import Tar
from engine.errors import DamagedError
from tests.engine.dataset.export.corpora import Made, made, recordings, small_corpus, write_tar
from tests.recordings import Clip

CLIPS = recordings(3)
NAMES = {
    "clips alone": ["a.wav", "b.wav", "c.wav"],
    "clips and their texts": ["a.wav", "a.json", "b.wav", "b.json", "c.wav", "c.json"],
    "texts first": ["a.txt", "a.wav", "b.txt", "b.wav", "c.wav"],
    "long names": ["a.wav", "y" * 150 + ".wav", "z/" * 60 + "c.wav"],
    "a file behind the last clip": ["a.wav", "b.wav", "README"],
    "escaped names": ["a\u00a0b.wav", "c\\d.wav", "caf\udce9.wav"],
    "dots": ["vid.1_0.wav", "vid.1_1.wav", "vid.1_1.json"],
}


def corpus_of(folder: Path, names: list[str], packed: int = tarfile.GNU_FORMAT) -> Made:
    clips = iter(CLIPS)
    members: list[Clip] = [(name, next(clips)[1] if name.endswith(".wav") else b"{}") for name in names]
    write_tar(folder / "corpus" / "src" / "some shard" / "audio.tar", members, packed)
    return made(folder / "corpus", lambda row: row.update(split="train"))


def as_nemo_makes_it(tar: Path) -> bytes:
    """State the rule of create_tar_index (indexed_adapters.py) again, over all regular members."""
    offsets, before = [], None
    with tarfile.open(tar) as members:
        for member in members:
            stem = PurePosixPath(member.name).stem
            if member.isreg() and stem != before:
                offsets.append(member.offset)
                before = stem
    return struct.pack(f"<{len(offsets) + 1}Q", *offsets, tar.stat().st_size)


def files_of(corpus: Made, tar: Path) -> tuple[bytes, dict[str, dict[str, int]]]:
    base = corpus.folder / "index" / "tars" / tar.relative_to(corpus.corpus)
    files: dict[str, dict[str, int]] = json.loads(base.with_name(f"{base.name}.json").read_text())["files"]
    return base.with_name(f"{base.name}.idx").read_bytes(), files


@pytest.mark.parametrize("packed", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
@pytest.mark.parametrize("names", NAMES.values(), ids=NAMES)
def test_an_index_is_the_one_that_nemo_makes_and_names_every_file(
    tmp_path: Path, names: list[str], packed: int
) -> None:
    corpus = corpus_of(tmp_path, names, packed)
    corpus.export("index")
    tar = corpus.corpus / "src" / "some shard" / "audio.tar"
    offsets, files = files_of(corpus, tar)
    assert offsets == as_nemo_makes_it(tar)
    with tarfile.open(tar) as members:
        assert files == {each.name: {"offset": each.offset_data, "length": each.size} for each in members}


def test_clips_of_one_name_in_two_folders_are_two_samples(tmp_path: Path) -> None:
    corpus = corpus_of(tmp_path, ["a/1.wav", "b/1.wav"])
    corpus.export("index")
    offsets, _ = files_of(corpus, corpus.corpus / "src" / "some shard" / "audio.tar")
    assert len(offsets) == 3 * 8


def test_a_tar_of_clips_alone_is_not_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Tar, "members", property(lambda tar: pytest.fail(f"{tar.name} was walked")))
    corpus = small_corpus(tmp_path)
    corpus.export("index")
    tars = corpus.tars
    assert [files_of(corpus, tar)[0] for tar in tars] == [as_nemo_makes_it(tar) for tar in tars]
    assert len(tars) == 5


def test_a_tar_that_was_cut_short_behind_the_manifest_is_named(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    tar = corpus.corpus / "final-export" / "shard_00001" / "audio.tar"
    tar.write_bytes(tar.read_bytes()[:-10_240])
    with pytest.raises(DamagedError, match=r"final-export/shard_00001/audio.tar: "):
        corpus.export("index")
    assert not (corpus.folder / "index").exists()


def test_nemo_finds_the_index_beside_its_links(tmp_path: Path) -> None:
    corpus = small_corpus(tmp_path)
    corpus.export("nemo", "index")
    links = sorted((corpus.folder / "nemo" / "train").glob("*.tar.idx"))
    for link in links:
        assert link.read_bytes() == as_nemo_makes_it(link.with_suffix(""))
    assert len(links) == 5
