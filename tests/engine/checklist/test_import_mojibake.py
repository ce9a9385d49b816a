# ruff: noqa: RUF001  # the characters that are mistaken for others are what this is about
"""Text that was misread is put right, with a word about it; text that is fine stays as it is."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.checklist.markdown import draft_from_markdown
from engine.checklist.markdown.mojibake import Repair, repair_mojibake


def misread(text: str, codec: str) -> str:
    """Read UTF-8 as browsers and editors do: a byte that the codec leaves open becomes a control character."""
    parts = (bytes([byte]).decode(codec, "replace") for byte in text.encode())
    return "".join(chr(byte) if part == "\ufffd" else part for byte, part in zip(text.encode(), parts, strict=True))


CODECS = ("mac_roman", "cp1252", "latin-1")
NAMES = {"mac_roman": "Mac Roman", "cp1252": "Windows-1252", "latin-1": "Latin-1"}
SIGNS = "✅❌⚠️🔒🚨💾→←≥≤≠—–’“”…•─└├\ufffd"
WORDS = st.lists(st.sampled_from(["done", "5", "a-b", "(x)", *SIGNS]), min_size=1).map(" ".join)
FINE = (
    *("“Änderung”", "„ÜBER“", "‚Ähnlich‘", "“CAFÉ”", "«le café»…", "«MAÇû", "“AMANHÃ”", "naïve — “oui”", "« À »"),
    *("2√π", "±5 µm, 20°C", "∂x/∂y ≈ 0", "Ωmega ≥ 5 ∞", "¬∞", "Ångström’s—é", "à\xa0à\xa0école", "Spaß”", "‘É’"),
    *("Привет “мир”", "日本語「は」", "✅ done — ok…", "├── └──", "Ελλάδα", "Việt Nam “ấ”", "São João", "œuvre", "ß–Ä"),
)


@given(st.sampled_from(CODECS), WORDS, st.sampled_from(["", "é—“x” ", "✅ fine "]))
def test_signs_that_were_misread_are_put_right_beside_text_that_was_not(codec: str, text: str, before: str) -> None:
    mended, _ = repair_mojibake(before + misread(text, codec))
    assert mended == before + text


@given(st.sampled_from(CODECS), st.text("abc éüößàñ°£µπΔ", min_size=1))
def test_letters_that_were_misread_are_put_right_where_the_text_shows_how(codec: str, text: str) -> None:
    mended, _ = repair_mojibake(misread(f"✅ {text}", codec))
    assert mended == f"✅ {text}"


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("text", ["Привет мир", "日本語", "café 600 £ ✅"])
def test_whole_words_of_other_scripts_are_put_right(codec: str, text: str) -> None:
    mended, repairs = repair_mojibake(misread(text, codec))
    assert mended == text
    assert NAMES[codec] in {repair.misread_as for repair in repairs}


@given(st.lists(st.sampled_from(FINE)))
def test_text_that_is_fine_is_never_touched(parts: list[str]) -> None:
    text = " ".join(parts)
    assert repair_mojibake(text) == (text, ())


LEADS = {
    char for codec in ("mac_roman", "cp1252") for byte in range(0xC2, 0xF5) for char in bytes([byte]).decode(codec)
}


@given(st.text(st.characters(exclude_characters=LEADS)))
def test_text_without_a_single_misread_character_is_never_touched(text: str) -> None:
    assert repair_mojibake(text) == (text, ())


@given(st.text(st.sampled_from([chr(code) for code in range(0x80, 0x100)] + list("‚Äîúâ€™√©ÔøΩ"))))
def test_what_is_put_right_can_be_told_back_to_what_it_was(text: str) -> None:
    mended, repairs = repair_mojibake(text)
    for repair in repairs:
        assert any(shows(repair, codecs) for codecs in (("mac_roman",), ("cp1252", "latin-1")))
    undone = mended
    for repair, before in reversed([*zip(repairs, itertools.accumulate(grown(r) for r in repairs), strict=True)]):
        at = repair.start + before - grown(repair)
        assert undone[at : at + len(repair.now)] == repair.now
        undone = undone[:at] + repair.was + undone[at + len(repair.now) :]
    assert undone == text


def shows(repair: Repair, codecs: tuple[str, ...]) -> bool:
    """Tell whether each byte of what was meant may have been read as what stood there."""
    pairs = zip(repair.now.encode(), repair.was, strict=True)
    return all(char in {bytes([byte]).decode(codec, "replace") for codec in codecs} for byte, char in pairs)


def grown(repair: Repair) -> int:
    return len(repair.now) - len(repair.was)


def test_each_kind_of_repair_is_told_with_its_lines() -> None:
    lines = [
        "# Plan ✅",
        misread("- [ ] done — ✅", "mac_roman"),
        "",
        misread("- [ ] “x”", "cp1252"),
        "ÔøΩ",
        "é — fine",
    ]
    draft = draft_from_markdown("\n".join(lines), "PLAN.md", "plan")
    signs = "‚Äî is now —, ‚úÖ is now ✅, ÔøΩ is now \ufffd"
    assert draft.notes[:3] == (
        f"Put right: 3 pieces of text that had been misread as Mac Roman (lines 2, 5); {signs}.",
        "Put right: 2 pieces of text that had been misread as Windows-1252 (line 4); â€œ is now “, â€\\x9d is now ”.",
        "In line 5 a character was lost before the document came here: \ufffd stands for it.",
    )
    assert 'ask = "done — ✅"' in draft.toml


def test_a_document_full_of_misread_text_is_put_right_without_delay() -> None:
    text = "✅ done é\n" * 20_000
    mended, repairs = repair_mojibake(misread(text, "mac_roman"))
    assert (mended, len(repairs)) == (text, 40_000)
