"""What is audio: by name, or by bytes where the name does not promise something else."""

from __future__ import annotations

import pytest

from engine.audio.sniff import kind_of_audio, looks_like_audio
from tests.engine.audio.clips import encoded, noise

WAV, FLAC = encoded(noise(10))[:16], encoded(noise(10), "PCM_16", "FLAC")[:16]


@pytest.mark.parametrize(
    "name", ["a.wav", "x/y.z.WAV", "a.flac", "a.mp3", "a.Opus", "a.m4a", "a.w64", "a.aiff", "0001.audio.ogg"]
)
def test_a_name_that_promises_audio_is_enough(name: str) -> None:
    assert looks_like_audio(name, b"whatever")


@pytest.mark.parametrize("name", ["noext", "a.bin", "a.audio", "dir.wav/member", ".hidden"])
@pytest.mark.parametrize("head", [WAV, FLAC, b"OggS\0\2", b"ID3\4\0", b"FORM\0\0\0\0AIFF", b"RF64\xff\xff\xff\xffWAVE"])
def test_bytes_tell_where_the_name_does_not(name: str, head: bytes) -> None:
    assert looks_like_audio(name, head)


@pytest.mark.parametrize("name", ["a.json", "a.txt", "a.npy", "a.cls", "a.jpg", "a", "wav"])
@pytest.mark.parametrize(
    "head", [b"", b'{"text": "a"}', b"\x93NUMPY\x01\0", b"hello", b"\xff\xd8\xff\xe0", b"\xff\xfb\x90"]
)
def test_other_members_are_not_audio(name: str, head: bytes) -> None:
    assert not looks_like_audio(name, head)


@pytest.mark.parametrize("head", [b"OggS is a container", b"ID3 tags", b"fLaC!", b"MAC address"])
def test_a_text_may_begin_with_the_letters_of_a_codec(head: bytes) -> None:
    assert not looks_like_audio("a.txt", head)


def test_a_wav_under_a_wrong_name_is_still_audio() -> None:
    assert looks_like_audio("a.txt", WAV)


@pytest.mark.parametrize(
    ("container", "subtype", "kind"),
    [
        ("WAV", "PCM_16", "WAV"),
        ("RF64", "PCM_16", "WAV"),
        ("FLAC", "PCM_16", "FLAC"),
        ("OGG", "VORBIS", "Ogg Vorbis"),
        ("OGG", "OPUS", "Ogg Opus"),
        ("AIFF", "PCM_16", "AIFF"),
        ("CAF", "PCM_16", "Core Audio (CAF)"),
        ("AU", "PCM_16", "Sun audio (AU)"),
        ("W64", "PCM_16", "Wave64"),
        ("MP3", "MPEG_LAYER_III", "MP3"),
    ],
)
def test_a_kind_is_known_by_what_libsndfile_writes(container: str, subtype: str, kind: str) -> None:
    found = kind_of_audio(encoded(noise(3_000), subtype, container)[:64])
    assert found is not None
    assert found.startswith(kind)
