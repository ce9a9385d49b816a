from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest
import soundfile

from app.demo import corpus as demo
from app.demo.corpus import DemoCorpus, make_demo_corpus
from app.demo.recordings import find_recordings
from engine.config import Layout
from engine.errors import UsageError
from engine.shards.layout import ShardPlace, find_shards
from engine.shards.sidecar import Row, match_rows, read_member_metadata, read_sidecar


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> DemoCorpus:
    return make_demo_corpus(tmp_path_factory.mktemp("demo") / "corpus", seed=5)


def members(place: ShardPlace) -> dict[str, bytes]:
    with tarfile.open(place.files.audio) as tar:
        found = {info.name: tar.extractfile(info) for info in tar}
        return {name: file.read() for name, file in found.items() if file is not None}


def clips(place: ShardPlace) -> dict[str, soundfile._SoundFileInfo]:
    contents = members(place)
    return {name: soundfile.info(io.BytesIO(data)) for name, data in contents.items() if name.endswith(("wav", "flac"))}


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_demo_has_two_sources_and_nine_shards_of_the_rates_that_it_says(made: DemoCorpus) -> None:
    found = find_shards(Path(made.folder), Layout())
    assert found.warnings == ()
    assert len(found.shards) == sum(made.shards.values()) == 9
    rates = {place.id: {info.samplerate for info in clips(place).values()} for place in found.shards}
    assert {name: rate for name, rate in rates.items() if name.startswith("final-export")} == {
        f"final-export/shard_{number:05d}": {48_000} for number in range(6)
    }
    assert [rate for name, rate in rates.items() if name.startswith("broadcast")] == [{16_000}] * 3
    assert sum(len(clips(place)) for place in found.shards) == made.clips == sum(made.material.values())


def test_the_demo_holds_every_kind_that_a_conversion_meets(made: DemoCorpus) -> None:
    places = {place.id: place for place in find_shards(Path(made.folder), Layout()).shards}
    styles = [
        (info.format, info.subtype, info.channels)
        for number in range(6)
        for info in list(clips(places[f"final-export/shard_{number:05d}"]).values())[:1]
    ]
    assert styles.count(("WAV", "PCM_16", 1)) == 4
    assert {("FLAC", "PCM_16", 1), ("WAV", "PCM_24", 2)} < set(styles)
    assert {place.sidecar.suffix for place in places.values() if place.sidecar} == {
        ".parquet",
        ".jsonl",
        ".csv",
        ".json",
    }
    assert any(name.endswith(".json") for name in members(places["final-export/shard_00001"]))


def test_every_clip_has_its_row_with_the_right_duration(made: DemoCorpus) -> None:
    texts: list[str | None] = []
    for place in find_shards(Path(made.folder), Layout()).shards:
        if place.sidecar is None:
            continue
        found, heard = read_sidecar(place.sidecar), clips(place)
        match = match_rows(found, list(heard))
        assert (match.clips_without_row, match.rows_without_clip, found.problems) == ((), (), ())
        assert len({row.video_id for row in found.rows}) > 2
        texts += [row.text for row in found.rows]
        for name, index in match.row_of.items():
            assert found.rows[index].duration_s == pytest.approx(heard[name].duration, abs=1e-4)
    assert texts.count("") == 1


def test_the_lone_tar_is_a_webdataset(made: DemoCorpus) -> None:
    (lone,) = [place for place in find_shards(Path(made.folder), Layout()).shards if place.sidecar is None]
    assert lone.id == "broadcast-16k/part-0000.tar"
    contents = members(lone)
    stems = [name.rpartition(".") for name in contents]
    assert [ending for _, _, ending in stems] == ["wav", "json", "txt"] * (len(contents) // 3)
    for name, _, ending in stems:
        if ending != "wav":
            assert read_member_metadata(contents[f"{name}.{ending}"], f"{name}.{ending}") != Row()


def test_a_seed_gives_the_same_bytes_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_demo_corpus(tmp_path / name, seed=9, shards=2, recordings=[])
    one, two = tree(tmp_path / "one"), tree(tmp_path / "two")
    assert {name: data for name, data in one.items() if name != demo.MARKER} == {
        name: data for name, data in two.items() if name != demo.MARKER
    }


def test_without_recordings_the_demo_is_synthetic_and_says_so(tmp_path: Path) -> None:
    assert make_demo_corpus(tmp_path / "d", shards=1, recordings=[]).material.keys() == {"synthetic"}


@pytest.mark.skipif(not find_recordings(), reason="none of the packages with recordings is installed")
def test_real_recordings_are_used_where_there_are_some(made: DemoCorpus) -> None:
    assert set(made.material) - {"synthetic"}


def test_a_demo_that_is_there_is_left_as_it_is(tmp_path: Path) -> None:
    first = make_demo_corpus(tmp_path / "d", seed=1, shards=1, recordings=[])
    before = tree(tmp_path / "d")
    again = make_demo_corpus(tmp_path / "d", seed=2, shards=4, recordings=[])
    assert again.reused
    assert (again.seed, again.clips) == (first.seed, first.clips)
    assert tree(tmp_path / "d") == before


def test_an_empty_folder_is_filled_and_stays_the_same_folder(tmp_path: Path) -> None:
    inode = tmp_path.stat().st_ino
    make_demo_corpus(tmp_path, shards=1, recordings=[])
    assert tmp_path.stat().st_ino == inode
    assert make_demo_corpus(tmp_path).reused


def test_a_folder_with_anything_else_is_refused_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    for place in (tmp_path, tmp_path / "thesis.txt"):
        with pytest.raises(UsageError, match="folder"):
            make_demo_corpus(place, recordings=[])
    assert tree(tmp_path) == {"thesis.txt": b"mine"}


def test_a_marker_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / demo.MARKER).write_text("{}", encoding="utf-8")
    with pytest.raises(UsageError, match="not the marker"):
        make_demo_corpus(tmp_path)


def test_a_demo_that_breaks_half_way_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(demo, "_broadcast_shard", full)
    with pytest.raises(UsageError, match="No space left"):
        make_demo_corpus(tmp_path / "d", shards=1, recordings=[])
    assert list(tmp_path.iterdir()) == []
