"""Which members of an archive are audio, and what kind, by name and by first bytes."""

from __future__ import annotations

from typing import Final

AUDIO_EXTENSIONS: Final = frozenset(
    f".{kind}"
    for kind in (
        *("wav", "wave", "rf64", "bwf", "bw64", "w64", "flac", "aif", "aiff", "aifc", "au", "snd", "caf", "voc", "sph"),
        *("mp2", "mp3", "ogg", "oga", "opus", "spx", "m4a", "m4b", "aac", "ac3", "wma", "amr", "gsm", "mka", "weba"),
        *("ape", "wv", "tta", "dsf", "dff"),
    )
)
DATA_EXTENSIONS: Final = frozenset(
    f".{kind}"
    for kind in (
        *("json", "jsonl", "txt", "csv", "tsv", "md", "xml", "yaml", "yml", "toml", "html", "textgrid", "lab", "cls"),
        *("npy", "npz", "pt", "pth", "pkl", "pickle", "parquet", "arrow", "msgpack", "safetensors", "zip", "gz"),
        *("jpg", "jpeg", "png", "gif", "webp", "mp4", "webm", "srt", "vtt", "lrc", "id", "index"),
    )
)
"""Names that promise something else: of these, only bytes that text cannot begin with by chance make audio."""

_RIFF_FORMS: Final = (b"RIFF", b"RF64", b"BW64", b"RIFX")
_KINDS: Final = (
    (0, b"fLaC", "FLAC"),
    (0, b"OggS", "Ogg"),
    (0, b"ID3", "MP3 (or another stream behind an ID3 tag)"),
    (0, b"caff", "Core Audio (CAF)"),
    (0, b".snd", "Sun audio (AU)"),
    (0, b"riff\x2e\x91\xcf\x11", "Wave64"),
    (0, b"#!AMR", "AMR"),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "Windows Media (ASF)"),
    (0, b"wvpk", "WavPack"),
    (0, b"MAC ", "Monkey's Audio"),
    (0, b"TTA1", "True Audio"),
    (0, b"DSD ", "DSD"),
    (0, b"NIST_1A", "NIST SPHERE"),
    (0, b"Creative Voice File", "Creative Voice"),
    (4, b"ftypM4A", "MPEG-4 audio (M4A)"),
)
_NOT_ALWAYS_AUDIO: Final = ((4, b"ftyp", "MPEG-4"), (0, b"\x1a\x45\xdf\xa3", "Matroska or WebM"))
_IN_OGG: Final = (
    (b"OpusHead", "Ogg Opus"),
    (b"\x01vorbis", "Ogg Vorbis"),
    (b"\x7fFLAC", "FLAC in Ogg"),
    (b"Speex   ", "Ogg Speex"),
)
_OGG_PAYLOAD_OFFSET: Final = 28
"""Where the first page of an Ogg stream, which holds one short packet, has that packet."""


def looks_like_audio(name: str, head: bytes) -> bool:
    """Tell whether a member is a clip, convertible or not, by its extension or else by its first 16 bytes.

    >>> looks_like_audio("a/b.WAV", b""), looks_like_audio("a.bin", b"OggS"), looks_like_audio("a.txt", b"OggS is")
    (True, True, False)
    """
    extension = _extension(name)
    if extension in AUDIO_EXTENSIONS or _riff_kind(head) or _aiff_kind(head):
        return True
    return extension not in DATA_EXTENSIONS and _by_magic(_KINDS, head) is not None


def kind_of_audio(head: bytes) -> str | None:
    r"""Name what the first bytes (64 tell most) are: ``WAV``, ``FLAC``, ``Ogg Vorbis``, …; None if nothing is known.

    >>> kind_of_audio(b"ID3\x04"), kind_of_audio(b"RIFF....WAVE"), kind_of_audio(b"hello")
    ('MP3 (or another stream behind an ID3 tag)', 'WAV', None)
    """
    kind = _riff_kind(head) or _aiff_kind(head) or _by_magic(_KINDS, head) or _by_magic(_NOT_ALWAYS_AUDIO, head)
    if kind == "Ogg":
        return next((name for magic, name in _IN_OGG if head.startswith(magic, _OGG_PAYLOAD_OFFSET)), kind)
    return kind or _mpeg_kind(head)


def _extension(name: str) -> str:
    stem, dot, extension = name.rpartition("/")[2].rpartition(".")
    return f".{extension.lower()}" if stem and dot else ""


def _by_magic(kinds: tuple[tuple[int, bytes, str], ...], head: bytes) -> str | None:
    return next((name for offset, magic, name in kinds if head.startswith(magic, offset)), None)


def _riff_kind(head: bytes) -> str | None:
    return "WAV" if head.startswith(_RIFF_FORMS) and head.startswith(b"WAVE", 8) else None


def _aiff_kind(head: bytes) -> str | None:
    return "AIFF" if head.startswith(b"FORM") and head.startswith((b"AIFF", b"AIFC"), 8) else None


def _mpeg_kind(head: bytes) -> str | None:
    """Return the kind of a bare MPEG audio frame: eleven set bits, then version, layer and bit rate."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "AAC (ADTS)"
    return "MP3" if head[1] & 0x06 == 0x02 and head[2] & 0xF0 != 0xF0 else None
