"""Where the keys of a TOML file stand, held against texts whose layout was made together with them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.positions import KeyPath, Position, positions_of


@dataclass
class Layout:
    """A text that grows, and where its keys were put."""

    rows: list[str] = field(default_factory=list)
    places: dict[KeyPath, Position] = field(default_factory=dict)

    def key(self, path: KeyPath, indent: str, written: str, value: str) -> None:
        self.places[path] = Position(len(self.rows) + 1, len(indent) + 1)
        self.rows += f"{indent}{written}{value}".split("\n")


INDENTS = st.sampled_from(["", " ", "    ", "\t"])
NOISE = st.lists(st.sampled_from(["", "# a = 1", "   # [item]", "  ", "#"]), max_size=2)
KEYS = ["id", "ask", "a-b", "x_1", "7"]
EQUALS = st.sampled_from([" = ", "=", "   =  "])
VALUES = st.sampled_from(
    [
        "1",
        "'x'",
        '"id = 7"',
        "true",
        "2026-01-31T00:00:00Z",
        "[1, 2]",
        "[\n  'a',  # ask = 1\n  'b',\n]",
        "[\n]",
        "'''\nid = 7\n[item]\n[[item]]\n'''",
        '"""\nask = \\\n  1\n\n"""',
        '"[not a table]"  # id = 1',
        "'it\"s = \"'",
    ]
)


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    made = Layout()

    def fill(above: KeyPath) -> None:
        for key in draw(st.lists(st.sampled_from(KEYS), unique=True, max_size=4)):
            made.rows += draw(NOISE)
            written = draw(st.sampled_from([key, f'"{key}"', f"'{key}'"]))
            made.key((*above, key), draw(INDENTS), written + draw(EQUALS), draw(VALUES))

    fill(())
    for name in draw(st.lists(st.sampled_from(["head", "one.two", "three"]), unique=True, max_size=3)):
        made.rows += draw(NOISE)
        indent = draw(INDENTS)
        path = tuple(name.split("."))
        made.places[path] = Position(len(made.rows) + 1, len(indent) + 1)
        made.rows.append(f"{indent}[{name}]" + draw(st.sampled_from(["", "  # [[item]]"])))
        fill(path)
    for number in range(draw(st.integers(0, 4))):
        made.rows += draw(NOISE)
        indent = draw(INDENTS)
        made.places["item", number] = Position(len(made.rows) + 1, len(indent) + 1)
        made.rows.append(f"{indent}[[item]]")
        fill(("item", number))
        if draw(st.booleans()):
            made.places["item", number, "check"] = Position(len(made.rows) + 1, 1)
            made.rows.append("[item.check]")
            fill(("item", number, "check"))
    return made


@given(layout=layouts())
def test_every_key_is_found_where_it_was_put(layout: Layout) -> None:
    text = "\n".join(layout.rows)
    tomllib.loads(text)
    found = positions_of(text)
    assert {path: found.get(path) for path in layout.places} == layout.places


@pytest.mark.parametrize(
    ("text", "path", "place"),
    [
        ('check = { type = "file", path = "x" }', ("check", "path"), (1, 26)),
        ('check = { type = "path = 1", path = "x" }', ("check", "path"), (1, 30)),
        ('sign.role = "operator"', ("sign", "role"), (1, 6)),
        ('sign . role = "operator"', ("sign", "role"), (1, 8)),
        ("a.b.c = 1", ("a", "b", "c"), (1, 5)),
        ("x = [\n  { a = 1 },\n  { b = 2 },\n]", ("x", 1, "b"), (3, 5)),
        ("x = [\n  { a = 1 },\n  { a = 2 },\n]", ("x", 1, "a"), (3, 5)),
        ("[a]\n[a.b]\nc = 1", ("a", "b", "c"), (3, 1)),
        ("[[a]]\n[[a.b]]\nc = 1\n[[a.b]]\nc = 2", ("a", 0, "b", 1, "c"), (5, 1)),
        ("[[a]]\n[[a.b]]\nc = 1\n[[a]]\n[[a.b]]\nc = 2", ("a", 1, "b", 0, "c"), (6, 1)),
        ("# c\r\nid = 1\r\nask = 2\r\n", ("ask",), (3, 1)),
    ],
)
def test_keys_inside_values_are_found(text: str, path: KeyPath, place: tuple[int, int]) -> None:
    tomllib.loads(text)
    assert positions_of(text)[path] == place
