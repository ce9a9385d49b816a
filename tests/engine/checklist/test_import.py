"""Importing Markdown: what is a box and what is not, what a draft says, and which text is put right."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.checklist.lists import Checklist, Kind, Level
from engine.checklist.markdown import Draft, draft_from_markdown, read_document
from engine.checklist.markdown.drafting import TODO_FIX, TODO_WANT, toml_string
from engine.checklist.markdown.wanting import draw_want
from engine.checklist.reading import MAX_BYTES, load_checklist
from engine.errors import UsageError

DOCUMENT = """\
# Before the flight

A paragraph with [ ] a box that is none, and `- [ ] code`.

## Day 0: machines
- [ ] **GPU** verified ([Tesla T4](https://example.org), 16GB)
* [x] Billing alarm configured: $600 threshold
1. [ ] Nested parent
   - [ ] child with `code` and *stress*,
     on two lines

```text
- [ ] in a fence
# no heading
```
~~~
- [ ] in another fence
~~~

    - [ ] indented code

### Signed by
**Risk acceptance**:
- [X] Disk space is known
- [ ]
- [link](https://example.org) is no box
- [ ]glued is no box

# Second part
> - [ ] in a quotation

Operator: ________
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path


def loaded(draft: Draft, home: Path) -> Checklist:
    path = home / "flight.toml"
    path.write_text(draft.toml, encoding="utf-8")
    return load_checklist(path)


def drafted(text: str, home: Path) -> Checklist:
    return loaded(draft_from_markdown(text, "FLIGHT.md", "flight"), home)


def test_every_box_becomes_an_item_and_nothing_else_does(home: Path) -> None:
    draft = draft_from_markdown(DOCUMENT, "FLIGHT.md", "flight")
    checklist = loaded(draft, home)
    assert checklist.title == "Before the flight"
    assert [(item.ask, item.group, item.source) for item in checklist.items] == [
        ("GPU verified (Tesla T4, 16GB)", "Day 0: machines", "FLIGHT.md:6"),
        ("Billing alarm configured: $600 threshold", "Day 0: machines", "FLIGHT.md:7"),
        ("Nested parent", "Day 0: machines", "FLIGHT.md:8"),
        ("child with code and stress, on two lines", "Day 0: machines", "FLIGHT.md:9"),
        ("Disk space is known", "Day 0: machines / Signed by / Risk acceptance", "FLIGHT.md:24"),
        ("in a quotation", "Second part", "FLIGHT.md:30"),
    ]
    assert draft.items == len(checklist.items)


def test_a_draft_asks_a_person_and_loads_though_it_is_not_finished(home: Path) -> None:
    items = drafted(DOCUMENT, home).items
    assert {(item.kind, item.level, item.fix) for item in items} == {(Kind.PERSON, Level.NORMAL, TODO_FIX)}
    assert [item.want for item in items] == ["Tesla T4, 16GB", "$600", *[TODO_WANT] * 4]


def test_the_notes_tell_what_was_left_out_and_what_is_still_to_be_written() -> None:
    notes = draft_from_markdown(DOCUMENT, "FLIGHT.md", "flight").notes
    told = "\n".join(notes)
    assert "Ticked in the document, and asked again: lines 7, 24." in told
    assert "Boxes without words were left out: line 25." in told
    assert "code was left out: lines 13, 17, 20." in told
    assert "no items: line 32;" in told
    assert "2 wanted values came from" in told
    assert "4 items without a wanted value" in told
    assert "6 items without a way out" in told
    assert all(note.endswith(".") for note in notes)


def test_boxes_that_say_the_same_get_different_ids(home: Path) -> None:
    items = drafted(
        "- [ ] Backup made\n- [ ] **Backup** made!\n- [ ] ✅\n- [ ] 備份\n- [ ] " + "long " * 40, home
    ).items
    ids = [item.id for item in items]
    assert ids[:4] == ["backup-made", "backup-made-2", "line-3", "line-4"]
    assert ids[4] == "-".join(["long"] * 9)


def test_a_document_without_a_title_is_called_by_its_name(home: Path) -> None:
    assert drafted("## Only a second level\n- [ ] a", home).title == "FLIGHT.md"


@pytest.mark.parametrize("ends", ["\r\n", "\r"])
def test_lines_are_counted_whatever_they_end_with(home: Path, ends: str) -> None:
    assert [item.source for item in drafted(ends.join(["# T", "", "- [ ] a"]), home).items] == ["FLIGHT.md:3"]


@pytest.mark.parametrize("text", ["", "# Title\n\n- plain\n", "```\n- [ ] only in a fence\n```\n", "- [ ]\n"])
def test_a_document_without_boxes_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"FLIGHT\.md: there is no box in it; wanted lines such as"):
        draft_from_markdown(text, "FLIGHT.md", "flight")


@pytest.mark.parametrize("list_id", ["", "Flight", "a b", "-a", "x" * 65])
def test_an_id_that_no_list_may_have_is_refused(list_id: str) -> None:
    with pytest.raises(UsageError, match="the id of a checklist"):
        draft_from_markdown("- [ ] a", "FLIGHT.md", list_id)


@given(st.text(), st.text(min_size=1))
def test_whatever_a_box_and_a_title_say_the_draft_loads(
    tmp_path_factory: pytest.TempPathFactory, title: str, said: str
) -> None:
    text = f"# {title}\n\n- [ ] {said}\n"
    try:
        draft = draft_from_markdown(text, said, "flight")
    except UsageError as error:
        assume("there is no box" not in str(error))
        raise
    assert len(loaded(draft, tmp_path_factory.mktemp("draft")).items) == draft.items


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_text_is_read_back_from_toml_as_it_was(text: str) -> None:
    assert tomllib.loads(f"a = {toml_string(text)}")["a"] == text


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("Billing alarms set ($600 threshold)", "$600 threshold"),
        ("Log drum detector validated (5/5 tests passed)", "5/5 tests passed"),
        ("5/5 tests passed", "5/5 tests passed"),
        ("Price set to $0.50/hour (vs $1.30 on-demand)", "$0.50/hour"),
        ("GPU: should show: Tesla T4, 16GB VRAM", "Tesla T4, 16GB VRAM"),
        ("Expected output: `active`.", "`active`"),
        ("Region is “us-east-1”", "us-east-1"),
        ("SSH (22), TensorBoard (6006)", "22, 6006"),
        ("Authenticity ≥ 35% at week 5", "≥ 35%"),
        ("Keeps 500 GB free", "500 GB"),
        ("All safety systems tested", None),
        ("I understand that it may fail (NO-GO decision)", None),
        ("Read chapter 2", None),
    ],
)
def test_a_wanted_value_is_drawn_from_the_words_or_left_open(text: str, want: str | None) -> None:
    assert draw_want(text) == want


def test_bytes_that_are_no_utf_8_are_refused_with_their_place(home: Path) -> None:
    path = home / "old.md"
    path.write_bytes("- [ ] caf\xe9".encode("latin-1"))
    with pytest.raises(UsageError, match=r"old\.md: not UTF-8: read the byte 0xE9 at byte 9; save it as UTF-8"):
        read_document(path)


def test_a_document_that_is_not_there_or_too_large_is_refused(home: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        read_document(home / "none.md")
    (home / "large.md").write_bytes(b"x" * (MAX_BYTES + 1))
    with pytest.raises(UsageError, match="more than 1,048,576 bytes"):
        read_document(home / "large.md")
