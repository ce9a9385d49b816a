"""Faults in checklist files: each with its line and column, several in one complaint."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.checklist.lists import Checklist, Level, Mode
from engine.checklist.reading import MAX_BYTES, load_checklist
from engine.checklist.shipped import lists_in, shipped_folder
from engine.errors import ConfigError

HEAD = '[checklist]\nid = "flight"\ntitle = "Flight"\n'
ITEM = '[[item]]\nid = "fuel"\nask = "?"\nwant = "600"\nkind = "person"\nfix = "fill"\nsource = "test"\n'
"""Line 4 is the first item's; its id stands in line 5, its kind in line 8; line 11 is free."""
OTHER = ITEM.replace("fuel", "doors")
"""Lines 11 to 17, where it comes second; line 18 is free."""


def read(folder: Path, text: str | bytes, name: str = "flight") -> Checklist:
    path = folder / f"{name}.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_checklist(path)


def complaints(folder: Path, text: str | bytes, name: str = "flight") -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, name)
    rows = str(caught.value).split("\n")
    path = f"{folder / name}.toml:"
    assert all(row.startswith(path) for row in rows)
    return [row.removeprefix(path) for row in rows]


def test_a_list_is_read_with_its_defaults(tmp_path: Path) -> None:
    found = read(tmp_path, HEAD + ITEM)
    assert (found.id, found.mode, found.gates, found.ids) == ("flight", Mode.DO_CONFIRM, "", ("fuel",))
    assert found.item("fuel").level is Level.KILLER


def test_any_byte_makes_it_another_list(tmp_path: Path) -> None:
    one = read(tmp_path, HEAD + ITEM + "# a comment\n").sha256
    assert read(tmp_path, HEAD + ITEM + "# A comment\n").sha256 != one
    assert read(tmp_path, HEAD + ITEM + "# a comment\n").sha256 == one


@pytest.mark.parametrize("path", lists_in(shipped_folder()), ids=lambda path: path.stem)
def test_the_shipped_lists_can_be_read(path: Path) -> None:
    assert load_checklist(path).items


CIRCLE = (
    HEAD
    + ITEM
    + 'needs = ["doors"]\n'
    + OTHER
    + 'needs = ["wings"]\n'
    + ITEM.replace("fuel", "wings")
    + 'needs = ["doors"]\n'
)

FAULTS: dict[str, tuple[str, list[str]]] = {
    "an unknown table": (
        HEAD + ITEM + '[[itme]]\nid = "x"\n',
        ["11:1: 'itme' is not known here; did you mean 'item'?"],
    ),
    "an unknown key at the top": ("x = 1\n" + HEAD + ITEM, ["1:1: 'x' is not known here"]),
    "an unknown key in the head": (
        HEAD + "  titel = 'x'\n" + ITEM,
        ["4:3: 'titel' is not known here; did you mean 'title'?"],
    ),
    "an unknown key in an item": (
        HEAD + ITEM + "    wnat = 'x'\n",
        ["11:5: 'wnat' is not known here; did you mean 'want'?"],
    ),
    "an unknown key in a table of an item": (
        HEAD + ITEM + 'sign = { rolle = "operator" }\n',
        ["11:10: 'rolle' is not known here"],
    ),
    "an unknown key in a section of an item": (
        HEAD + ITEM + '[item.sign]\n rolle = "operator"\n',
        ["12:2: 'rolle' is not known here"],
    ),
    "an unknown key in a check": (
        HEAD + ITEM.replace('"person"', '"machine"') + 'check = { type = "command", argv = ["a"], shell = true }\n',
        ["11:43: 'shell' is not known here"],
    ),
    "an unknown kind of check": (
        HEAD + ITEM.replace('"person"', '"machine"') + 'check = { type = "comand" }\n',
        ["11:11: check.type: read 'comand': wanted one of "],
    ),
    "an id that comes twice": (
        HEAD + ITEM + ITEM,
        ["12:1: id: 'fuel' is the id of the item in line 5 already; wanted each id once"],
    ),
    "a need of what is not there": (
        HEAD + ITEM + 'needs = ["dors"]\n' + OTHER,
        ["11:1: needs: 'dors' is not known here; did you mean 'doors'?"],
    ),
    "a need of itself": (
        HEAD + ITEM + 'needs = ["fuel"]\n',
        ["11:1: needs: the items need each other in a circle: fuel needs fuel"],
    ),
    "needs in a circle": (CIRCLE, ["needs: the items need each other in a circle: "]),
    "a missing key": (HEAD + ITEM.replace('ask = "?"\n', ""), ["4:1: ask is missing; wanted a value"]),
    "an empty question": (HEAD + ITEM.replace('"?"', '" "'), ["6:1: ask: read ' ': "]),
    "a wrong type": (HEAD + ITEM.replace('"600"', "600"), ["7:1: want: read 600: expected `str`, got `int`"]),
    "an id with a blank": (
        HEAD + ITEM.replace('"fuel"', '"Fuel On"'),
        ["5:1: id: read 'Fuel On': wanted lower case letters, digits, - and _"],
    ),
    "an impossible duration": (HEAD + ITEM + 'valid_for = "5 weeks"\n', ["valid_for: '5 weeks' is not a duration"]),
    "an answer that is over at once": (
        HEAD + ITEM + 'valid_for = "0.5s"\n',
        ["valid_for = '0.5s' is over before anybody can sign"],
    ),
    "no time to answer": (HEAD + ITEM + 'timeout = "0s"\n', ["timeout = '0s': wanted more than nothing"]),
    "an impossible level": (
        HEAD + ITEM + 'level = "fatal"\n',
        ["11:1: level: read 'fatal': wanted one of killer, normal, advice"],
    ),
    "an impossible kind": (
        HEAD + ITEM.replace('"person"', '"human"'),
        ["8:1: kind: read 'human': wanted one of machine, person, both"],
    ),
    "an impossible mode": (
        HEAD + 'mode = "slow"\n' + ITEM,
        ["4:1: mode: read 'slow': wanted one of challenge-response, do-confirm"],
    ),
    "an impossible waiver": (
        HEAD + ITEM + 'waive = "always"\n',
        ["11:1: waive: read 'always': wanted \"never\" or { by = "],
    ),
    "a waiver for ever": (
        HEAD + ITEM + 'waive = { by = "operator", max_days = 999 }\n',
        ["11:28: waive.max_days: read 999: expected `int` <= 365"],
    ),
    "a signature of nobody": (
        HEAD + ITEM + "sign = { count = 0 }\n",
        ["11:10: sign.count: read 0: expected `int` >= 1"],
    ),
    "an impossible role": (HEAD + ITEM + 'sign = { role = "A B" }\n', ["11:10: sign.role: read 'A B': wanted lower"]),
    "an impossible pattern": (HEAD + ITEM + "accept = { match = '(' }\n", ["11:1: accept: "]),
    "an impossible range": (HEAD + ITEM + "accept = { min = 5, max = 3 }\n", ["11:1: accept: "]),
    "two ways to be right": (HEAD + ITEM + 'accept = { equals = "a", match = "b" }\n', ["11:1: accept: "]),
    "nothing to rerun on": (HEAD + ITEM + 'rerun_on = ["moon"]\n', ["4:1: rerun_on has 'moon': wanted file:GLOB"]),
    "a person with a check": (
        HEAD + ITEM + 'check = { type = "command", argv = ["a"] }\n',
        ["4:1: an item that only a person answers has no check"],
    ),
    "a machine without a check": (
        HEAD + ITEM.replace('"person"', '"machine"'),
        ["4:1: an item of kind 'machine' wants a check"],
    ),
    "another name than its file's": (
        HEAD.replace('"flight"', '"night"') + ITEM,
        ["2:1: id: read 'night', wanted 'flight': a list is found by the name of its file"],
    ),
    "no head": (ITEM, ["1:1: there is no [checklist] table; wanted one with id and title"]),
    "no items": (HEAD, ["1:1: there are no items; wanted a [[item]] for each question"]),
    "items that are none": (HEAD.replace("[checklist]", "item = 3\n[checklist]"), ["1:1: there are no items"]),
    "an item that is no table": ("item = [3]\n" + HEAD, ["1:1: expected `object`, got `int`"]),
    "a head that is a list": (HEAD.replace("[checklist]", "[[checklist]]") + ITEM, ["1:1: expected `object`, got"]),
    "no TOML": (HEAD + "x = \n", ["4:5: not TOML: Invalid value; mend the line and run `gonogo checklist validate`"]),
    "a key that comes twice": (HEAD + 'id = "a"\n', ["4:9: not TOML: Cannot overwrite a value"]),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_told_with_its_place(tmp_path: Path, what: str) -> None:
    text, wanted = FAULTS[what]
    found = complaints(tmp_path, text)
    assert len(found) == len(wanted)
    for row, begin in zip(found, wanted, strict=True):
        assert begin in row if not begin[0].isdigit() else row.startswith(begin), row


def test_several_faults_are_told_at_once_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = (
        HEAD
        + 'mode = "slow"\n'
        + ITEM.replace('"person"', '"human"')
        + "\n"
        + OTHER.replace("fix", "fixx")
        + "[[item]]\n"
    )
    found = complaints(tmp_path, text)
    assert [row.split(" ")[0] for row in found] == ["4:1:", "9:1:", "18:1:", "20:1:"], found


def test_windows_line_ends_change_no_place(tmp_path: Path) -> None:
    text = "# a list\n" + HEAD + ITEM + 'level = "fatal"\n'
    assert complaints(tmp_path, text.replace("\n", "\r\n")) == complaints(tmp_path, text)


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    assert complaints(tmp_path, HEAD.encode() + b"\xff") == [" not UTF-8 at byte 43: wanted TOML, which is UTF-8"]


def test_what_is_nested_too_deep_is_told(tmp_path: Path) -> None:
    assert "nested too deep" in complaints(tmp_path, "x = " + "[" * 20_000)[0]


def test_a_file_that_is_no_checklist_any_more_is_not_read(tmp_path: Path) -> None:
    (found,) = complaints(tmp_path, HEAD + "#" * 2_000_000)
    assert found == f" read 2,000,043 bytes, wanted a checklist of at most {MAX_BYTES:,}"


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml: the checklist cannot be read: No such file"):
        load_checklist(tmp_path / "none.toml")


def test_a_long_list_is_read_in_no_time(tmp_path: Path) -> None:
    """A thousand items, each below the next: places are found in one pass."""
    items = "".join(ITEM.replace("fuel", f"i{n}") for n in range(1000))
    assert len(read(tmp_path, HEAD + items).items) == 1000
