"""What is said of a split, held against what was planted in it."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.dataset.split.figures import Leaks, SplitReport, TextOverlap
from engine.dataset.split.make import SplitFiles, make_split
from engine.dataset.split.markdown import markdown
from engine.dataset.split.report import build_report, total_variation
from engine.dataset.split.settings import SplitSettings
from engine.errors import DamagedError, InputError
from tests.engine.dataset.split.corpora import Row, files_in, hearing, rows, write_manifest

HOUR = 3600.0
ASKED = SplitSettings(dev_share=0.25, test_share=0.25, strata=("language",), common_videos=3)


def made_in(folder: Path, clips: list[Row], asked: SplitSettings = ASKED) -> SplitFiles:
    files = files_in(folder)
    write_manifest(files.manifest, clips)
    make_split(files, asked)
    return files


def placed_by_hand(files: SplitFiles, splits: list[str], groups: list[str] | None = None) -> SplitReport:
    """Look at a split that somebody else has made: its table says that it is current, and its rows what they like."""
    table = pq.read_table(files.table)
    table = table.set_column(3, "split", pa.array(splits))
    if groups is not None:
        table = table.set_column(2, "group_id", pa.array(groups))
    pq.write_table(table, files.table)
    return build_report(files)


def videos(count: int, **given: object) -> list[Row]:
    return [msgspec.convert({"utt_id": f"u{at}", "video_id": f"v{at}", **given}, Row) for at in range(count)]


def test_a_sound_split_is_told_in_hours_clips_and_balance(tmp_path: Path) -> None:
    clips = [Row(f"u{at}", f"v{at}", language="en" if at % 2 else "de", duration_s=HOUR) for at in range(16)]
    report = build_report(made_in(tmp_path, clips))
    parts = {part.split: part for part in report.parts}
    assert [(part.hours, part.clips, part.videos, part.groups) for part in report.parts] == [
        (8, 8, 8, 8),
        (4, 4, 4, 4),
        (4, 4, 4, 4),
        (0, 0, 0, 0),
    ]
    assert (parts["dev"].target_hours, parts["dev"].off_target, parts["train"].off_target) == (4, 0, None)
    assert {one.column: (one.values, one.dev, one.test) for one in report.balance} == {
        "language": (2, 0, 0),
        "bucket": (1, 0, 0),
        "source": (1, 0, 0),
        "strata": (2, 0, 0),
    }
    assert [(gap.strata, gap.of) for gap in report.gaps] == [(0, 2), (0, 2)]
    assert report.well


def test_the_total_variation_is_half_of_what_shares_differ_by() -> None:
    assert total_variation({"a": 3, "b": 1}, {"a": 50, "b": 25, "c": 25}) == pytest.approx(0.25)
    assert total_variation({}, {"a": 1}) is None


def test_strata_without_a_second_in_a_split_are_named(tmp_path: Path) -> None:
    clips = [*videos(12, duration_s=HOUR), Row("rare", "rare", language=None, duration_s=HOUR)]
    report = placed_by_hand(made_in(tmp_path, clips), ["dev", "test", *["train"] * 11])
    assert [(gap.split, gap.strata, gap.of, gap.hours, gap.largest) for gap in report.gaps] == [
        ("dev", 1, 2, 1.0, ("(none)",)),
        ("test", 1, 2, 1.0, ("(none)",)),
    ]


def test_a_video_in_two_splits_is_red(tmp_path: Path) -> None:
    files = made_in(tmp_path, [Row("a", "x"), Row("b", "x"), Row("c", "y")])
    report = placed_by_hand(files, ["train", "test", "dev"], ["1", "2", "3"])
    assert not report.well
    assert report.leaks == Leaks(groups=0, videos=1, audios=0, examples=("video x",))
    assert markdown(report).splitlines()[2].startswith("RED: in two splits: 0 groups, 1 video, 0 pieces of audio")


def test_audio_in_two_splits_is_red(tmp_path: Path) -> None:
    files = made_in(tmp_path, [Row("a", "x", audio_hash="same"), Row("b", "y", audio_hash="same")])
    report = placed_by_hand(files, ["train", "test"], ["1", "2"])
    assert report.leaks == Leaks(groups=0, videos=0, audios=1, examples=("audio same",))
    assert placed_by_hand(files, ["train", "test"], ["1", "1"]).leaks.groups == 1


@pytest.mark.parametrize("splits", [["train", "excluded"], ["dev", "dev"]])
def test_audio_in_one_split_and_in_none_is_green(tmp_path: Path, splits: list[str]) -> None:
    files = made_in(tmp_path, [Row("a", "x", audio_hash="same"), Row("b", "y", audio_hash="same")])
    assert placed_by_hand(files, splits).well


def test_common_audio_and_empty_clips_are_counted_and_are_no_leak(tmp_path: Path) -> None:
    clips = [
        *videos(4, audio_hash="jingle", duration_s=HOUR),
        *(Row(f"e{at}", f"e{at}", audio_hash="0", duration_s=0) for at in range(2)),
    ]
    report = placed_by_hand(made_in(tmp_path, clips), ["train", "dev", "test", "train", "train", "dev"])
    common = report.common
    assert (common.audios, common.clips, common.hours, common.in_two_splits) == (1, 4, 4.0, 1)
    assert report.empty_clips == 2
    assert report.well


def test_excluded_videos_are_named_and_torn_clips_counted(tmp_path: Path) -> None:
    old = [Row(f"u{at}", f"v{at}", audio_hash=str(at), duration_s=HOUR) for at in range(8)]
    files = made_in(tmp_path, old)
    splits = pq.read_table(files.table)["split"].to_pylist()
    tested, (trained, gone, *_) = splits.index("test"), [at for at in range(8) if splits[at] == "train"]
    both = [Row(f"n{at}", "new", audio_hash=str(at), duration_s=HOUR) for at in (tested, trained)]
    copy = Row("copy", f"v{trained}", audio_hash=str(tested), duration_s=HOUR)
    write_manifest(files.manifest, [*old[:gone], *old[gone + 1 :], *both, copy])
    make_split(files, ASKED)
    report = build_report(files)
    excluded = report.excluded
    assert (excluded.videos, excluded.hours, excluded.names) == (1, 2.0, ("new",))
    assert (excluded.torn_clips, excluded.torn_hours) == (1, 1.0)
    assert report.gone == 1
    assert report.well


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(clips=rows(most=25), seed=st.integers(0, 1 << 30))
def test_the_audit_finds_what_plain_python_finds(tmp_path: Path, clips: list[Row], seed: int) -> None:
    files = files_in(tmp_path)
    files.lock.unlink(missing_ok=True)
    assert build_report(made_in(tmp_path, clips)).well
    splits = random.Random(seed).choices(["train", "dev", "test", "excluded"], k=len(clips))
    found = placed_by_hand(files, splits, [row.utt_id for row in clips]).leaks
    places: dict[tuple[str, str], set[str]] = defaultdict(set)
    uniting = hearing(clips, ASKED.common_videos)
    for row, split in zip(clips, splits, strict=True):
        if split != "excluded":
            if row.video_id:
                places["video", row.video_id].add(split)
            if row.us and row.audio_hash in uniting:
                places["audio", row.audio_hash].add(split)
    torn = Counter(kind for (kind, _), in_splits in places.items() if len(in_splits) > 1)
    assert (found.groups, found.videos, found.audios) == (0, torn["video"], torn["audio"])


def overlap(report: SplitReport, split: str, other: str) -> TextOverlap:
    return next(one for one in report.texts if (one.split, one.other) == (split, other))


def test_texts_of_two_splits_are_found_whatever_their_case_and_punctuation(tmp_path: Path) -> None:
    texts = {
        "a": ("train", "Der schnelle Fuchs springt — über ihn!"),
        "b": ("test", "der schnelle  Fuchs springt über ihn"),
        "c": ("test", "DER SCHNELLE FUCHS, SPRINGT U\u0308BER IHN."),
        "d": ("dev", "Ja."),
        "e": ("train", "ja!"),
        "f": ("test", "?!"),
        "g": ("train", "…"),
        "h": ("test", "今天天气很好"),
        "i": ("dev", "今天天气很好。"),
        "j": ("dev", "a sentence that only dev has"),
    }
    clips = [Row(name, name, text=text, duration_s=HOUR) for name, (_, text) in texts.items()]
    report = placed_by_hand(made_in(tmp_path, clips), [split for split, _ in texts.values()])
    fox = overlap(report, "test", "train")
    assert (fox.texts, fox.clips, fox.hours, fox.short_texts) == (1, 2, 2.0, 0)
    assert fox.examples == ("der schnelle fuchs springt über ihn",)
    yes = overlap(report, "dev", "train")
    assert (yes.texts, yes.short_texts, yes.short_clips) == (0, 1, 1)
    assert overlap(report, "test", "dev").examples == ("今天天气很好",)


def test_a_report_of_another_manifest_is_refused(tmp_path: Path) -> None:
    files = made_in(tmp_path, videos(5))
    write_manifest(files.manifest, videos(6))
    with pytest.raises(
        InputError, match=r"split.parquet: the split is not of this manifest and lock.*; make the split"
    ):
        build_report(files)
    files.table.unlink()
    with pytest.raises(InputError, match="read no table of a split"):
        build_report(files)


def test_a_table_with_the_rows_of_another_order_is_refused(tmp_path: Path) -> None:
    files = made_in(tmp_path, videos(5))
    table = pq.read_table(files.table)
    pq.write_table(table.take([1, 0, 2, 3, 4]), files.table)
    with pytest.raises(DamagedError, match="the split's rows are not those of the manifest"):
        build_report(files)


def test_a_report_is_json_and_a_page(tmp_path: Path) -> None:
    clips = videos(12, duration_s=HOUR, text="a|b `c` d e f g")
    report = build_report(made_in(tmp_path, clips, SplitSettings(common_videos=3)))
    assert msgspec.json.decode(msgspec.json.encode(report), type=SplitReport) == report
    page = markdown(report)
    assert page.splitlines()[2] == "GREEN: in two splits: 0 groups, 0 videos, 0 pieces of audio, in 12 clips."
    assert "- Cut for a small corpus: test: 50 h were asked for, more than 5% of 12.00 h: 0.60 h" in page
    assert "\n\n\n" not in page
    assert "| train | 10.00 |  |  | 10 | 10 | 10 |" in page
    assert "| test in train | 1 | 1 | 1.00 | 0 | 0 |" in page
    assert "- test in train: `a b c d e f g`" in page


def test_an_empty_corpus_has_a_report(tmp_path: Path) -> None:
    report = build_report(made_in(tmp_path, []))
    assert (report.rows, report.well, {part.hours for part in report.parts}) == (0, True, {0})
    assert "| strata | 0 | empty | empty |" in markdown(report)
