"""The pass over an original: what it writes does not depend on how it is read or on how many threads convert."""

from __future__ import annotations

import io
import tarfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import soundfile

from engine.audio.clip import convert_clip
from engine.audio.together import Converted, convert_clips
from engine.convert.clip_work import ClipWork
from engine.convert.make import Made, make
from engine.crew.pulse import Pulse
from engine.errors import DamagedError, UnsupportedError
from engine.shards.contents import examine
from engine.shards.files import RealFiles
from tests.recordings import Clip, real_clips_48k, tar_bytes

FILES = RealFiles()
LONG = ("notes/long.bin", bytes(range(256)) * 10_000)
"""A member of 2.5 MB that is no audio: more than is read at once."""


def members() -> list[Clip]:
    """Clips of many lengths between other members, one of them in FLAC, one longer than what is read at once."""
    clips = real_clips_48k(6)
    samples, rate_hz = soundfile.read(io.BytesIO(clips[0][1]), dtype="int16")
    long = io.BytesIO()
    soundfile.write(long, list(samples) * 12, rate_hz, format="WAV", subtype="PCM_16")
    words = [(f"{name}.json", b'{"text": ""}') for name, _ in clips]
    mixed = [each for pair in zip(clips, words, strict=True) for each in pair]
    return [
        ("empty/", b""),
        *mixed,
        ("a.flac", as_flac(clips[0][1])),
        LONG,
        ("long.wav", long.getvalue()),
        ("end.txt", b""),
    ]


def as_flac(wav: bytes) -> bytes:
    samples, rate_hz = soundfile.read(io.BytesIO(wav), dtype="int16")
    flac = io.BytesIO()
    soundfile.write(flac, samples, rate_hz, format="FLAC", subtype="PCM_16")
    return flac.getvalue()


def made(folder: Path, threads: int) -> tuple[bytes, Made]:
    audio, target = folder / "audio.tar", folder / "t.tar"
    audio.write_bytes(tar_bytes([each for each in members() if not each[0].endswith("/")]))
    contents = examine(FILES, audio)
    pulse = Pulse("", lambda _: None, lambda: False)
    result = make(FILES, audio, target, contents, spot_checks=99, flags=(), pulse=pulse, threads=threads)
    content = target.read_bytes()
    target.unlink()
    return content, result


def test_the_result_is_the_same_for_any_number_of_threads(tmp_path: Path) -> None:
    one, of_one = made(tmp_path, 1)
    three, of_three = made(tmp_path, 3)
    assert one == three
    assert of_one.rewritten == of_three.rewritten


def test_every_row_names_the_place_of_its_clip(tmp_path: Path) -> None:
    content, result = made(tmp_path, 2)
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        found = {info.name: (info.offset_data, info.size) for info in tar}
    rows = {row.member: (row.offset_bytes, row.size_bytes) for row in result.rewritten.clips}
    assert len(rows) == 8
    assert rows.items() <= found.items()
    assert found[LONG[0]][1] == len(LONG[1])


def test_a_tar_that_changed_after_it_was_walked_is_left_alone(tmp_path: Path) -> None:
    audio, target = tmp_path / "audio.tar", tmp_path / "t.tar"
    audio.write_bytes(tar_bytes(real_clips_48k(2)))
    contents = examine(FILES, audio)
    audio.write_bytes(tar_bytes(real_clips_48k(3)))
    pulse = Pulse("", lambda _: None, lambda: False)
    with pytest.raises(UnsupportedError, match="changed by somebody else after it was walked"):
        make(FILES, audio, target, contents, spot_checks=0, flags=(), pulse=pulse)
    assert not target.exists()


@pytest.mark.parametrize("threads", [1, 4])
def test_a_fault_of_one_clip_is_raised_where_its_result_is_asked_for(threads: int) -> None:
    (_, good), (_, other) = real_clips_48k(2)
    with ClipWork(threads, lambda: None) as work:
        promises = [work.begin(memoryview(data)) for data in (good, other[: len(other) // 2], other)]
        assert promises[0]().data == convert_clip(good).data
        with pytest.raises(DamagedError):
            promises[1]()
        assert promises[2]().data == convert_clip(other).data


def test_clips_are_converted_beside_the_caller_who_stays_alive() -> None:
    ticked, (_, data) = threading.Event(), real_clips_48k(1)[0]
    threads: set[int] = set()

    def slowly(clips: Sequence[memoryview], tick: Callable[[], None]) -> list[Converted]:
        threads.add(threading.get_ident())
        assert ticked.wait(30), "the caller was not asked while it waited"
        return convert_clips(clips, tick)

    with ClipWork(2, ticked.set, convert=slowly) as work:
        assert work.begin(memoryview(data))().data == convert_clip(data).data
    assert threads.isdisjoint({threading.get_ident()})


@pytest.mark.parametrize("threads", [1, 2])
def test_clips_that_gain_from_it_are_converted_together(threads: int) -> None:
    sizes: list[int] = []
    flacs, (_, wav) = [as_flac(data) for _, data in real_clips_48k(4)], real_clips_48k(1)[0]
    clips = [*flacs * 5, wav]

    def counted(group: Sequence[memoryview], tick: Callable[[], None]) -> list[Converted]:
        sizes.append(len(group))
        return convert_clips(group, tick)

    with ClipWork(threads, lambda: None, convert=counted) as work:
        promises = [work.begin(memoryview(clip)) for clip in clips]
        results = [promise().data for promise in promises]
    assert sorted(sizes) == [1, 4, 16]
    assert results == [convert_clip(clip).data for clip in clips]
