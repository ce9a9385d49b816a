from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import msgspec
import pytest

from engine.dataset.decode.clip import Tars
from engine.dataset.decode.decoders import load_decoder
from engine.dataset.decode.loop import measure, overhead
from engine.errors import UsageError
from tests.engine.dataset.decode.clips import make_tars


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


SOUNDFILE = load_decoder("soundfile")


def test_every_clip_is_read_and_decoded_and_its_times_are_kept(tmp_path: Path) -> None:
    clips = make_tars(tmp_path)
    with Tars.opened() as tars:
        lap = measure(clips, SOUNDFILE, tars)
    assert lap.failures == {}
    assert len(lap.read_s) == len(lap.decode_s) == len(clips) == 12
    assert min(lap.read_s) > 0
    assert min(lap.decode_s) > 0


def test_a_clip_that_cannot_be_decoded_costs_only_itself_and_says_why(tmp_path: Path) -> None:
    clips = make_tars(tmp_path)
    change = msgspec.structs.replace
    tar = Path(clips[2].tar)
    damaged = bytearray(tar.read_bytes())
    damaged[clips[2].offset_bytes : clips[2].offset_bytes + 4] = b"RUFF"
    tar.write_bytes(damaged)
    end = tar.stat().st_size
    clips[3] = change(clips[3], duration_s=clips[3].duration_s + 1)
    clips[4] = change(clips[4], tar=str(tmp_path / "gone.tar"))
    clips[5] = change(clips[5], offset_bytes=end - 1000)
    with Tars.opened() as tars:
        lap = measure(clips, SOUNDFILE, tars)
    assert sorted(lap.failures) == [2, 3, 4, 5]
    assert "Format not recognised" in lap.failures[2]
    assert lap.failures[3].startswith("decoded ")
    assert lap.failures[4] == f"No such file or directory: {tmp_path / 'gone.tar'}"
    assert lap.failures[5] == f"{tar}: ends within the clip"


def test_few_tars_are_open_at_once_and_none_afterwards(tmp_path: Path) -> None:
    clip = make_tars(tmp_path)[0]
    several = []
    for number in range(100):
        tar = tmp_path / f"{number}.tar"
        tar.symlink_to(clip.tar)
        several.append(msgspec.structs.replace(clip, tar=str(tar)))
    before = open_files()
    with Tars.opened() as tars:
        read = [tars.read(each) for each in several]
        within = open_files()
    assert set(read) == {Path(clip.tar).read_bytes()[clip.offset_bytes :][: clip.size_bytes]}
    assert within <= before + 64
    assert open_files() == before


def test_measuring_adds_little_to_a_bare_loop(tmp_path: Path) -> None:
    # The goal is 3 %, measured at length and on real clips; this only catches a loop that computes.
    assert -0.2 < overhead(make_tars(tmp_path), SOUNDFILE, rounds=9) < 0.2


@pytest.mark.parametrize(("name", "told"), [("sox", "wanted one of soundfile, torchcodec, torchaudio")])
def test_a_decoder_that_is_not_known_is_refused(name: str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        load_decoder(name)


@pytest.mark.parametrize("name", ["torchcodec", "torchaudio"])
def test_another_decoder_finds_the_same_seconds(tmp_path: Path, name: str) -> None:
    pytest.importorskip(name, reason=f"{name} is not installed")
    with Tars.opened() as tars:
        assert measure(make_tars(tmp_path), load_decoder(name), tars).failures == {}


@pytest.mark.skipif(find_spec("torchcodec") is not None, reason="torchcodec is installed")
def test_a_decoder_that_is_not_installed_is_refused_with_a_way_out() -> None:
    with pytest.raises(UsageError, match=r"decoder torchcodec does not load: No module named .* or leave it out"):
        load_decoder("torchcodec")
