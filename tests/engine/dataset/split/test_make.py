"""The split over real Parquet files."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.checklist.kinds.table_stop import Stop, StoppedError
from engine.dataset.split.corpus import read_corpus
from engine.dataset.split.lock import read_lock
from engine.dataset.split.make import SplitFiles, is_current, make_split
from engine.dataset.split.session import SplitSession
from engine.dataset.split.settings import SplitSettings
from engine.dataset.split.table import ROW_GROUP, read_inputs
from engine.errors import DamagedError, InputError
from tests.engine.dataset.split.corpora import SCHEMA, Row, corpus_of, files_in, rows, write_manifest

ASKED = SplitSettings(dev_share=0.2, test_share=0.2, common_videos=6)
IN_ONE_FOLDER = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], print_blob=True
)
VIDEOS = 100
CLIPS = [
    Row(f"u{at}", f"v{at // 3}", audio_hash=f"{at % 280}", language="de" if at % 7 else None)
    for at in range(3 * VIDEOS)
]


def split_of(files: SplitFiles) -> dict[str, str]:
    table = pq.read_table(files.table)
    return dict(zip(table["utt_id"].to_pylist(), table["split"].to_pylist(), strict=True))


def made_in(folder: Path, clips: list[Row]) -> SplitFiles:
    folder.mkdir(exist_ok=True)
    files = files_in(folder)
    write_manifest(files.manifest, clips)
    make_split(files, ASKED)
    return files


@IN_ONE_FOLDER
@given(clips=rows())
def test_a_manifest_is_counted_as_plain_python_counts_it(tmp_path: Path, clips: list[Row]) -> None:
    manifest, wanted = write_manifest(tmp_path / "m.parquet", clips, row_group=7), corpus_of(clips, 6)
    with SplitSession(manifest, ASKED.strata, (), tmp_path) as session:
        found = read_corpus(session, 6)
    assert (found.units.equals(wanted.units), found.audios.equals(wanted.audios)) == (True, True)
    for name in ("share_unit", "share_stratum", "share_us"):
        assert getattr(found, name).tolist() == getattr(wanted, name).tolist()
    assert found.links.audio.tolist() == wanted.links.audio.tolist()
    assert found.links.unit.tolist() == wanted.links.unit.tolist()


@IN_ONE_FOLDER
@given(clips=rows(), order=st.randoms(use_true_random=False))
def test_the_order_of_rows_and_shards_changes_nobodys_split(
    tmp_path: Path, clips: list[Row], order: random.Random
) -> None:
    files = files_in(tmp_path)
    files.lock.unlink(missing_ok=True)
    write_manifest(files.manifest, clips)
    make_split(files, ASKED)
    lock, splits = files.lock.read_bytes(), split_of(files)
    files.lock.unlink()
    write_manifest(files.manifest, order.sample(clips, len(clips)), row_group=5)
    make_split(files, ASKED)
    assert files.lock.read_bytes() == lock
    assert split_of(files) == splits


def test_a_rerun_writes_the_same_bytes(tmp_path: Path) -> None:
    files = made_in(tmp_path, CLIPS)
    first = files.lock.read_bytes(), files.table.read_bytes()
    make_split(files, ASKED)
    assert (files.lock.read_bytes(), files.table.read_bytes()) == first
    files.lock.unlink()
    make_split(files, ASKED)
    assert (files.lock.read_bytes(), files.table.read_bytes()) == first


def test_every_row_of_the_manifest_has_one_in_its_order(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    clips = pa.table({"utt_id": [f"u{at * 7919 % 600_011}" for at in range(600_000)]})
    for name in SCHEMA.names[1:]:
        clips = clips.append_column(name, pa.nulls(clips.num_rows, SCHEMA.field(name).type))
    ids = pa.array([f"v{at % 1000}" for at in range(600_000)])
    pq.write_table(clips.set_column(1, "video_id", ids), files.manifest, row_group_size=50_001)
    make_split(files, SplitSettings())
    table = pq.ParquetFile(files.table)
    assert table.read(["utt_id"])["utt_id"].equals(clips["utt_id"])
    assert [table.metadata.row_group(at).num_rows for at in range(3)] == [ROW_GROUP, ROW_GROUP, 600_000 - 2 * ROW_GROUP]


def test_a_table_reads_like_this_and_its_pages_are_summed(tmp_path: Path) -> None:
    clips = [Row("a", "x", audio_hash="1"), Row("b", "y", audio_hash="1"), Row("c"), Row("d", "clip:c"), Row("e", "")]
    files = made_in(tmp_path, clips)
    table = pq.read_table(files.table, page_checksum_verification=True)
    assert table.schema.names == ["utt_id", "video_id", "group_id", "split"]
    assert table["group_id"].to_pylist() == ["x", "x", "clip:c", "video:clip:c", "clip:e"]
    assert table["video_id"].to_pylist() == ["x", "y", None, "clip:c", ""]
    damaged = bytearray(files.table.read_bytes())
    damaged[40] ^= 1
    files.table.write_bytes(damaged)
    with pytest.raises(OSError, match=r"CRC|checksum|corrupt"):
        pq.read_table(files.table, page_checksum_verification=True)


def test_growth_moves_nobody(tmp_path: Path) -> None:
    files = made_in(tmp_path, CLIPS)
    before = split_of(files)
    write_manifest(files.manifest, [*CLIPS, *(Row(f"n{at}", f"n{at}") for at in range(10))])
    make_split(files, ASKED)
    assert before.items() <= split_of(files).items()


def locked_apart(folder: Path) -> tuple[SplitFiles, str, str]:
    """Make a corpus and return one of its test videos and one of its training videos."""
    files = made_in(folder, [Row(f"u{at}", f"v{at:02d}", audio_hash=f"{at}") for at in range(20)])
    splits = split_of(files)
    tested, trained = (next(utt for utt in splits if splits[utt] == split) for split in ("test", "train"))
    return files, tested, trained


def test_a_new_video_of_two_splits_goes_nowhere_for_good(tmp_path: Path) -> None:
    files, tested, trained = locked_apart(tmp_path)
    before = split_of(files)
    old = [Row(f"u{at}", f"v{at:02d}", audio_hash=f"{at}") for at in range(20)]
    both = [Row("n0", "new", audio_hash=tested[1:]), Row("n1", "new", audio_hash=trained[1:]), Row("n2", "new")]
    write_manifest(files.manifest, old + both)
    make_split(files, ASKED)
    assert split_of(files) == before | {"n0": "excluded", "n1": "excluded", "n2": "excluded"}
    assert b"excluded\tnew\n" in files.lock.read_bytes()
    write_manifest(files.manifest, [*old, Row("n2", "new")])
    make_split(files, ASKED)
    assert split_of(files)["n2"] == "excluded"


def test_a_clip_that_comes_to_two_locked_splits_stays_in_the_test_set_alone(tmp_path: Path) -> None:
    files, tested, trained = locked_apart(tmp_path)
    before = split_of(files)
    old = [Row(f"u{at}", f"v{at:02d}", audio_hash=f"{at}") for at in range(20)]
    copy = Row("copy", f"v{int(trained[1:]):02d}", audio_hash=tested[1:])
    write_manifest(files.manifest, [*old, copy])
    make_split(files, ASKED)
    assert split_of(files) == before | {"copy": "excluded"}


def test_a_split_is_current_until_one_of_its_inputs_changes(tmp_path: Path) -> None:
    files = made_in(tmp_path, CLIPS)
    inputs = read_inputs(files.table)
    assert inputs is not None
    assert inputs.settings == ASKED
    assert is_current(files, ASKED)
    assert not is_current(files, msgspec.structs.replace(ASKED, common_videos=7))
    files.lock.write_bytes(files.lock.read_bytes() + b"\n")
    assert not is_current(files, ASKED)
    other = made_in(tmp_path / "other", CLIPS)
    write_manifest(other.manifest, CLIPS[:50])
    assert not is_current(other, ASKED)


def test_a_split_without_strata_and_one_by_shards_can_be_made(tmp_path: Path) -> None:
    for strata in ((), ("shard", "video_id")):
        files = files_in(tmp_path / str(len(strata)))
        files.near.mkdir()
        write_manifest(files.manifest, CLIPS)
        make_split(files, msgspec.structs.replace(ASKED, strata=strata))
        assert set(split_of(files).values()) == {"train", "dev", "test"}


def no_such_column(files: SplitFiles) -> None:
    pq.write_table(pq.read_table(files.manifest).drop_columns(["bucket"]), files.manifest)


def no_parquet(files: SplitFiles) -> None:
    files.manifest.write_bytes(b"PAR1 this is none")


def torn_page(files: SplitFiles) -> None:
    content = bytearray(files.manifest.read_bytes())
    content[4:400] = b"\xff" * 396
    files.manifest.write_bytes(content)


def half_a_lock(files: SplitFiles) -> None:
    files.lock.write_bytes(files.lock.read_bytes()[:200])


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (no_such_column, "manifest.parquet: the manifest has no such column: read utt_id, .*wanted bucket"),
        (no_parquet, "manifest.parquet: the manifest cannot be read: read .*wanted a whole Parquet file"),
        (torn_page, "manifest.parquet: the manifest cannot be read"),
        (half_a_lock, "split.lock: line .*: the file is cut short"),
    ],
)
def test_damaged_inputs_are_refused_and_nothing_is_written(
    tmp_path: Path, damage: Callable[[SplitFiles], None], said: str
) -> None:
    files = made_in(tmp_path, CLIPS)
    damage(files)
    before = files.lock.read_bytes(), files.table.read_bytes()
    with pytest.raises(DamagedError, match=said):
        make_split(files, ASKED)
    assert (files.lock.read_bytes(), files.table.read_bytes()) == before
    assert not list(tmp_path.rglob("*.tmp")) + list(tmp_path.glob("gonogo-*"))


def test_a_lock_of_another_key_is_not_mixed_with_this_one(tmp_path: Path) -> None:
    files = made_in(tmp_path, CLIPS)
    with pytest.raises(InputError, match=r"split.lock: line 2: .*another key: read 'gonogo', wanted 'other'"):
        make_split(files, msgspec.structs.replace(ASKED, key="other"))
    assert len(read_lock(files.lock.read_bytes()).names) == VIDEOS


def test_a_split_that_is_told_to_stop_leaves_everything_as_it_was(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    write_manifest(files.manifest, CLIPS)
    stop = Stop()
    stop.now()
    with pytest.raises(StoppedError):
        make_split(files, ASKED, stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.parquet"]


def test_a_path_with_the_characters_of_patterns_and_sql_is_a_path(tmp_path: Path) -> None:
    folder = tmp_path / "it's [1] *?{a,b}=c"
    assert set(split_of(made_in(folder, CLIPS)).values()) == {"train", "dev", "test"}
