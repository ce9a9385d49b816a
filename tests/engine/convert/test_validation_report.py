"""What the report says follows from what was found, and from nothing else."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.formats import Codec, SampleFormat, output_frames
from engine.convert.validation_facts import DURATION_EDGES_S, Before, ClipKind, Spare, Validation, in_classes
from engine.convert.validation_page import page_of
from engine.convert.validation_plots import plots_of
from engine.convert.validation_report import GO, NO_GO, build_report, hours_differ
from engine.convert.validation_shape import About, ShardLine, ValidationReport
from engine.crew.answers import State
from engine.errors import Fault, printable
from engine.page.html import to_html
from engine.page.markdown import to_markdown
from engine.page.sheet import ROWS_MOST
from engine.run.markup import markdown_text
from tests.engine.page.reading import read

ABOUT = About(corpus="/c", run="r", tool="gonogo 0", time="2026-01-31T09:30:00.000Z", spot_checks=2, full=False)
BAD = Fault("the tar is damaged", file="audio.tar", member="a.wav", read="x", wanted="y", way_out="look")


def kind(frames: int, clips: int = 1, rate_hz: int = 16_000, channels: int = 1) -> ClipKind:
    return ClipKind(
        codec=Codec.WAV,
        sample_format=SampleFormat.PCM_16,
        sample_rate_hz=rate_hz,
        channels=channels,
        clips=clips,
        frames=frames,
    )


def done(shard: str = "a/s", *, frames: int = 48_000, source: str = "a") -> ShardLine:
    """A shard of one clip, converted as it should be."""
    found = Validation(
        readable=True,
        members=2,
        clips=1,
        kinds=(kind(output_frames(frames)),),
        durations=in_classes([output_frames(frames) / 16_000]),
        before=Before(size_bytes=3_000, duration_s=frames / 48_000, clips_by_channels={2: 1}),
        spot_decoded=1,
        clip_table=True,
    )
    return ShardLine(shard=shard, source=source, state=State.DONE, size_bytes=1_000, seconds=0.5, found=found)


def but(line: ShardLine, **changes: object) -> ShardLine:
    """The same shard with some of its own fields, or of what was found in it, changed."""
    own = {name: value for name, value in changes.items() if name in ShardLine.__struct_fields__}
    found = {name: value for name, value in changes.items() if name not in own}
    return msgspec.structs.replace(line, **own, found=msgspec.structs.replace(line.found, **found))


def report(*lines: ShardLine) -> ValidationReport:
    return build_report(lines, ABOUT)


def test_all_shards_done_or_skipped_is_go() -> None:
    skipped = but(done("b/s", source="b"), state=State.SKIPPED, before=None)
    made = report(done(), skipped)
    assert (made.verdict, made.reasons, made.cautions) == (GO, (), ())
    assert (made.total.bytes_before, made.total.bytes_after, made.total.freed_bytes) == (4_000, 2_000, 2_000)
    assert made.total.seconds_before == made.total.seconds_after == 2.0


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"state": State.PENDING, "before": None}, "1 shard pending"),
        ({"state": State.RECOVERING, "before": None}, "1 shard where a swap was cut off"),
        ({"state": State.QUARANTINED, "fault": BAD}, "1 shard quarantined"),
        ({"state": State.FAILED, "fault": BAD}, "1 shard failed"),
        ({"spot_faults": (BAD,)}, "1 decoded clip that libsndfile could not read"),
        ({"mismatches": (BAD, BAD)}, "2 places where"),
        ({"before": Before(size_bytes=3_000, duration_s=1.1)}, "1 shard whose hours after"),
        ({"before": Before(size_bytes=3_000)}, "1 converted shard whose hours before nobody knows"),
    ],
)
def test_each_of_these_alone_is_no_go_and_is_the_reason(changes: dict[str, object], wanted: str) -> None:
    made = report(done("a/1"), but(done("a/2"), **changes))
    assert made.verdict == NO_GO
    (reason,) = made.reasons
    assert reason.startswith(wanted)


def test_a_folder_that_could_not_be_looked_at_is_no_go() -> None:
    made = build_report([done()], ABOUT, ["x: a folder cannot be listed"], unseen=1)
    assert made.verdict == NO_GO
    assert made.reasons == ("1 folder that could not be looked at: shards may lie there",)
    assert made.cautions == ("x: a folder cannot be listed",)


def test_no_shard_at_all_is_no_go() -> None:
    assert report().verdict == NO_GO


@pytest.mark.parametrize(
    "changes",
    [
        {"clip_table": False},
        {"cancelled_clips": 1},
        {"energy_lost_clips": 1},
        {"leftovers": (Spare("x.tmp", 1),)},
        {"before": Before(duration_s=1.0)},
    ],
)
def test_what_stands_in_nobodys_way_is_told_all_the_same(changes: dict[str, object]) -> None:
    made = report(but(done(), **changes))
    assert made.verdict == GO
    assert len(made.cautions) == 1


def test_a_kept_original_is_not_freed() -> None:
    total = report(but(done(), backup=Spare("audio_48k.bak", 3_000))).total
    assert (total.backup_bytes, total.freed_bytes) == (3_000, -1_000)


def test_troubles_name_shard_file_and_member() -> None:
    (trouble,) = report(but(done(), state=State.QUARANTINED, fault=BAD)).troubles
    assert (trouble.shard, trouble.what, trouble.fault) == ("a/s", "quarantined", BAD)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50))
def test_a_right_conversion_never_has_other_hours_and_a_lost_clip_always_has(frames: list[int]) -> None:
    results = [output_frames(count) for count in frames]
    before = Before(duration_s=sum(frames) / 48_000, size_bytes=1)
    whole = but(done(), clips=len(frames), kinds=(kind(sum(results), len(frames)),), before=before)
    assert not hours_differ(whole)
    short = but(whole, kinds=(kind(sum(results) - max(results), len(frames)),))
    if max(results) > 2 * len(frames):
        assert hours_differ(short)


@given(st.lists(st.floats(0, 1e5), max_size=100))
def test_every_duration_is_in_one_class(durations_s: list[float]) -> None:
    classes = in_classes(durations_s)
    assert len(classes) == len(DURATION_EDGES_S) + 1
    assert sum(classes) == len(durations_s)
    assert classes[0] == sum(duration_s < DURATION_EDGES_S[0] for duration_s in durations_s)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 10**7), st.sampled_from(State)), max_size=20))
def test_the_sources_add_up_to_the_corpus(shards: list[tuple[str, int, State]]) -> None:
    lines = [
        but(done(f"{source}/{at}", frames=frames, source=source), state=state)
        for at, (source, frames, state) in enumerate(shards)
    ]
    made = report(*lines)
    for field in ("shards", "members", "clips", "bytes_before", "bytes_after", "freed_bytes", "spot_decoded"):
        assert sum(getattr(one, field) for one in made.sources) == getattr(made.total, field)
    assert sum(one.seconds_after for one in made.sources) == pytest.approx(made.total.seconds_after, abs=1e-5)
    assert sum(made.total.counts.values()) == len(lines)
    assert msgspec.json.decode(msgspec.json.encode(made), type=ValidationReport) == made


_TAGS = {*read(to_html(page_of(report(done())), plots_of(report(done())))).tags, "ul", "li"}


@given(st.text(max_size=40))
def test_any_name_is_shown_as_itself_and_never_becomes_markup(name: str) -> None:
    fault = msgspec.structs.replace(BAD, member=name, problem="odd")
    made = report(but(done(name or "s"), state=State.QUARANTINED, fault=fault, saturated_samples=3))
    page = page_of(made)
    shown = read(to_html(page, plots_of(made)))
    assert set(shown.tags) <= _TAGS
    assert printable(name) in shown.words or not name
    rows = [line for line in to_markdown(page).splitlines() if line.endswith("| look |")]
    assert len(rows) == 1
    assert all(char.isprintable() for char in rows[0])
    assert rows[0].replace("\\|", "").count("|") == 7


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("shard_00001", "shard_00001"),
        ("_x_", "\\_x\\_"),
        ("a|b", "a\\|b"),
        ("<b>", "&lt;b&gt;"),
        ("[x](y)", "\\[x\\](y)"),
        ("$x$", "\\$x\\$"),
        ("\x1b[31m", "\\\\x1b\\[31m"),
    ],
)
def test_markdown_escapes_only_what_would_be_markup(name: str, wanted: str) -> None:
    assert markdown_text(name) == wanted


def test_a_long_list_is_cut_for_people_and_whole_for_programs() -> None:
    lines = [but(done(f"a/{at}"), state=State.QUARANTINED, fault=BAD) for at in range(ROWS_MOST + 5)]
    made = report(*lines)
    troubles = page_of(made).tables[0]
    assert len(troubles.rows) == ROWS_MOST
    assert "5 further rows are in validation.json" in troubles.note
    assert len(made.troubles) == ROWS_MOST + 5
