"""Bad input: named with file, member, value read and value wanted; the shard is untouched; the others go on."""

from __future__ import annotations

import io
import json
import os
import shutil
import struct
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from tests.app.corpora import stamps
from tests.app.program import Ended, Gonogo
from tests.recordings import cut, make_corpus, make_lone, make_shard, member_block, real_clips_48k, tar_bytes, wav_bytes

Clip = tuple[str, bytes]


def clips() -> list[Clip]:
    return [cut(clip, 9_600) for clip in real_clips_48k(4)]


def write(data: bytes) -> Callable[[Path], None]:
    def spoil(shard: Path) -> None:
        (shard / "audio.tar").write_bytes(data)

    return spoil


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]


def with_member(name: str, data: bytes) -> bytes:
    return tar_bytes([*clips(), (name, data)])


def link(shard: Path) -> None:
    (shard / "audio.tar").rename(shard.parent.parent / f"{shard.parent.name}-elsewhere.bin")
    (shard / "audio.tar").symlink_to(shard.parent.parent / f"{shard.parent.name}-elsewhere.bin")


def second_name(shard: Path) -> None:
    os.link(shard / "audio.tar", shard.parent.parent / f"{shard.parent.name}-second-name.bin")


def special(kind: bytes) -> bytes:
    info = tarfile.TarInfo("odd")
    info.type, info.linkname = kind, "a.wav"
    good = tar_bytes(clips())
    return info.tobuf(tarfile.USTAR_FORMAT) + good


def nan_clip() -> bytes:
    samples = np.zeros((4_800, 1), np.float32)
    samples[1_234] = np.nan
    return wav_bytes(samples, 48_000, "FLOAT")


def sidecar_of_another_rate(shard: Path) -> None:
    """The rows say a third of the durations, as they do where 16 kHz audio has a header of 48 kHz."""
    rows = [{"member": name, "duration": 3 * 0.2} for name, _ in clips()]
    (shard / "metadata.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def flac_with_a_flip() -> bytes:
    buffer = io.BytesIO()
    rng = np.random.default_rng(0)
    soundfile.write(buffer, rng.normal(0, 0.1, 48_000), 48_000, format="FLAC", subtype="PCM_16")
    data = buffer.getvalue()
    return flipped(data, len(data) // 2)


GOOD = tar_bytes(clips())
SECOND_HEADER = 512 + len(clips()[0][1]) + -len(clips()[0][1]) % 512
OGG = wav_bytes(np.zeros((4_800, 1), np.float32), 48_000, "VORBIS", "OGG")

BAD: dict[str, tuple[Callable[[Path], None], tuple[str, ...]]] = {
    "flipped bit in a header": (write(flipped(GOOD, SECOND_HEADER + 3)), ("checksum", str(SECOND_HEADER))),
    "cut in the middle of a member": (write(GOOD[: 512 * 30]), ("longer than the rest",)),
    "cut at a member's border": (write(GOOD[:SECOND_HEADER]), ("end-of-archive",)),
    "cut in a block": (write(GOOD[:-100]), ("length is impossible",)),
    "empty": (write(b""), ("length is impossible", "0 bytes")),
    "hole": (write(GOOD[:SECOND_HEADER] + bytes(512) + GOOD[SECOND_HEADER:]), ("hole",)),
    "two tars glued": (write(GOOD + GOOD), ("glued",)),
    "no tar": (write(b"this is no tar " * 1024), ("tar header",)),
    "WAV cut short": (write(with_member("cut.wav", clips()[0][1][:-1_000])), ("cut.wav",)),
    "WAV of zeros": (write(with_member("zeros.wav", bytes(4_000))), ("zeros.wav",)),
    "other rate": (
        write(with_member("cd.wav", wav_bytes(np.zeros((441, 1), np.float32), 44_100))),
        ("cd.wav", "44100", "48000"),
    ),
    "mixed rates": (
        write(with_member("low.wav", wav_bytes(np.zeros((160, 1), np.float32), 16_000))),
        ("low.wav", "16000", "48000"),
    ),
    "not a number": (write(with_member("nan.wav", nan_clip())), ("nan.wav", "1,234")),
    "FLAC with a flipped bit": (write(with_member("flip.flac", flac_with_a_flip())), ("flip.flac",)),
    "lossy member": (write(with_member("lossy.ogg", OGG)), ("lossy.ogg", "Vorbis")),
    "climbing name": (write(with_member("../../etc/passwd", b"x")), ("hostile", "../../etc/passwd")),
    "absolute name": (write(with_member("/etc/passwd", b"x")), ("hostile", "/etc/passwd")),
    "same name twice": (write(with_member(clips()[0][0], b"x")), (clips()[0][0], "two members")),
    "symbolic link": (write(special(tarfile.SYMTYPE)), ("symbolic link", "odd")),
    "hard link": (write(special(tarfile.LNKTYPE)), ("hard link", "odd")),
    "fifo": (write(special(tarfile.FIFOTYPE)), ("fifo", "odd")),
    "escape sequences in a name": (
        write(tar_bytes([("\x1b[31mred\n.wav", wav_bytes(np.zeros((441, 1), np.float32), 44_100))])),
        ("\\x1b[31mred\\n.wav",),
    ),
    "tar behind a link": (link, ("link",)),
    "tar with two names": (second_name, ("2 names",)),
    "durations that contradict the headers": (sidecar_of_another_rate, ("metadata.jsonl", "48000 Hz", "0.33 times")),
}


IN_SAMPLES = ("not a number", "FLAC with a flipped bit")
"""What no header tells: only a conversion, which reads every sample, meets it."""
NOT_CONTENT = ("tar behind a link", "tar with two names")
"""What stands in the way of a swap alone: an inventory reads these like any other."""


@dataclass(frozen=True)
class Outcome:
    ended: Ended
    inventory: Ended
    before: dict[str, tuple[int, int, int]]
    after: dict[str, tuple[int, int, int]]
    same_bytes: bool


def folder_of(what: str) -> str:
    return what.replace(" ", "-")


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """One corpus with every kind of bad shard among three good ones, converted once."""
    corpus = make_corpus(tmp_path_factory.mktemp("bad") / "corpus", shards=3, clips=2)
    for what, (spoil, _) in BAD.items():
        (corpus / folder_of(what)).mkdir()
        spoil(make_shard(corpus / folder_of(what) / "bad", clips(), sidecar=False))
    home = Path(tempfile.mkdtemp(prefix="gg-", dir="/tmp"))
    before = stamps(corpus)
    content = {path: path.read_bytes() for path in corpus.rglob("bad/audio.tar")}
    program = Gonogo(home)
    ended = program.convert(corpus)
    same_bytes = all(path.read_bytes() == data for path, data in content.items())
    after = stamps(corpus)
    yield Outcome(ended, program("--json", "inventory", corpus), before, after, same_bytes)
    program.end()
    shutil.rmtree(home)


def test_all_bad_shards_are_quarantined_and_all_good_ones_done(outcome: Outcome) -> None:
    assert outcome.ended.code == 1
    assert outcome.ended.summary["counts"] == {"done": 3, "skipped": 0, "quarantined": len(BAD), "failed": 0}
    assert outcome.same_bytes


@pytest.mark.parametrize("what", BAD)
def test_a_bad_shard_is_named_with_what_was_read_and_wanted(outcome: Outcome, what: str) -> None:
    (fault,) = [
        event["fault"]
        for event in outcome.ended.of_type("shard_quarantined")
        if event["shard"] == f"{folder_of(what)}/bad"
    ]
    told = json.dumps(fault)
    for words in BAD[what][1]:
        assert json.dumps(words)[1:-1] in told, told
    assert fault["file"]


@pytest.mark.parametrize("what", BAD)
def test_a_bad_shard_is_untouched(outcome: Outcome, what: str) -> None:
    ours = [name for name in outcome.before if name.startswith(f"{folder_of(what)}/bad/")]
    assert ours
    assert {name: outcome.after.get(name) for name in ours} == {name: outcome.before[name] for name in ours}
    assert [name for name in outcome.after if name.startswith(f"{folder_of(what)}/bad/")] == ours


@pytest.mark.parametrize("what", [what for what in BAD if what not in (*IN_SAMPLES, *NOT_CONTENT)])
def test_an_inventory_already_tells_of_a_bad_shard(outcome: Outcome, what: str) -> None:
    (seen,) = [line for line in outcome.inventory.of_type("shard_seen") if line["shard"] == f"{folder_of(what)}/bad"]
    assert seen["state"] == "quarantined"
    assert outcome.inventory.code == 1


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = make_corpus(tmp_path / "corpus", shards=3, clips=2)
    make_shard(folder / "final-export" / "bad", clips(), sidecar=False)
    return folder


def test_what_a_hostile_name_holds_never_reaches_the_terminal(gonogo: Gonogo, corpus: Path) -> None:
    name = "\x1b]0;owned\x07\n[/red].wav"
    write(tar_bytes([(name, wav_bytes(np.zeros((441, 1), np.float32), 44_100))]))(corpus / "final-export" / "bad")
    ended = gonogo("--no-ui", "convert", corpus)
    assert ended.code == 1
    assert "\x1b" not in ended.stdout + ended.stderr
    assert "\\x1b]0;owned\\x07\\n[/red].wav" in ended.stdout


def test_names_that_are_not_utf_8_are_converted_and_kept(gonogo: Gonogo, tmp_path: Path) -> None:
    raw = b"caf\xe9.wav".decode("utf-8", "surrogateescape")
    folder = tmp_path / "corpus" / "final-export" / os.fsdecode(b"shard_\xff")
    make_shard(folder, [(raw, clips()[0][1])], sidecar=False)
    ended = gonogo.convert(tmp_path / "corpus")
    assert ended.code == 0, ended.stderr
    assert ended.shards("shard_done") == ["final-export/shard_\\udcff"]
    with tarfile.open(folder / "audio.tar") as tar:
        assert tar.getnames() == [raw]
    assert gonogo("--json", "inventory", tmp_path / "corpus").code == 0


def test_an_unreadable_sidecar_is_reported_and_stops_nothing(gonogo: Gonogo, corpus: Path) -> None:
    (corpus / "final-export" / "bad" / "metadata.parquet").write_bytes(b"PAR1 this is cut")
    ended = gonogo.convert(corpus)
    assert ended.code == 0
    done: dict[str, dict[str, Any]] = {event["shard"]: event for event in ended.of_type("shard_done")}
    (flag,) = done["final-export/bad"]["tally"]["flags"]
    assert "sidecar is unreadable" in flag


def test_a_corpus_without_shards_is_a_usage_error_that_says_what_was_wanted(gonogo: Gonogo, tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    ended = gonogo.convert(tmp_path / "corpus")
    assert ended.code == 2
    assert "audio.tar" in ended.stderr
    assert ended.lines[-1]["type"] == "summary"


def test_a_wav_header_that_claims_100_gb_is_refused_without_the_memory(gonogo: Gonogo, corpus: Path) -> None:
    wav = bytearray(clips()[0][1])
    struct.pack_into("<I", wav, 40, 0xFFFF0000)
    write(with_member("big.wav", bytes(wav)))(corpus / "final-export" / "bad")
    ended = gonogo.convert(corpus)
    assert ended.summary["counts"]["quarantined"] == 1
    header = bytearray(member_block("huge.wav", b"")[:512])
    header[124:136] = b"%011o\0" % (8**11 - 1)
    checksum = sum(header[:148]) + 8 * 32 + sum(header[156:])
    header[148:156] = b"%06o\0 " % checksum
    write(bytes(header) + GOOD)(corpus / "final-export" / "bad")
    ended = gonogo.convert(corpus)
    assert "longer than the rest" in ended.of_type("shard_quarantined")[0]["fault"]["problem"]


def test_a_lone_tar_whose_own_metadata_contradict_its_headers_is_left_alone(gonogo: Gonogo, tmp_path: Path) -> None:
    told = [(name.replace(".wav", ".json"), b'{"duration": 0.6}') for name, _ in clips()]
    pairs = [clip for pair in zip(clips(), told, strict=True) for clip in pair]
    lone = make_lone(tmp_path / "corpus" / "web" / "part-0.tar", pairs)
    before = lone.read_bytes()
    ended = gonogo.convert(tmp_path / "corpus")
    assert ended.code == 1
    assert "contradict" in ended.of_type("shard_quarantined")[0]["fault"]["problem"]
    assert lone.read_bytes() == before
