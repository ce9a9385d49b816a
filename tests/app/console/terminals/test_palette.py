"""The themes' inks against what they are written on, and the signs against terminals that have fewer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text
from textual.color import Color
from textual.content import Content
from textual.filter import dim_color
from textual.theme import Theme

import app
import engine
from app.console.look import inks
from app.console.look.glyphs import UNKNOWN, to_ascii
from app.console.look.themes import DARK_TERMINAL, LIGHT_TERMINAL, THEMES

LEGIBLE = 4.5
"""To 1: WCAG 2.2, success criterion 1.4.3, level AA."""
INKS = {name: ink for name, ink in vars(inks).items() if name.isupper() and isinstance(ink, str)}
THEMED = list(zip(THEMES, (DARK_TERMINAL, LIGHT_TERMINAL), strict=True))


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, as WCAG 2.2 defines it."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: Color) -> float:
    parts = [part / 255 for part in colour.rgb]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def drawn(ink: str, on: Color, theme: Theme, terminal: TerminalTheme) -> Color:
    """Return the colour that a word in an ink comes out as, on a background."""
    style = Style.parse(ink)
    colour = Color.parse(str(theme.foreground))
    if style.color is not None:
        colour = Color(*style.color.get_truecolor(terminal))
    if style.dim:
        colour = Color(*dim_color(on.rich_color, colour.rich_color).get_truecolor(terminal))
    return colour


@pytest.mark.parametrize(("theme", "terminal"), THEMED, ids=[theme.name for theme in THEMES])
@pytest.mark.parametrize("ground", ["background", "surface", "panel"])
def test_every_ink_is_legible_on_all_that_a_theme_writes_on(theme: Theme, terminal: TerminalTheme, ground: str) -> None:
    on = Color.parse(str(getattr(theme, ground)))
    found = {name: contrast(drawn(ink, on, theme, terminal), on) for name, ink in INKS.items()}
    assert len(found) >= 8
    assert {name: round(ratio, 2) for name, ratio in found.items() if ratio < LEGIBLE} == {}


@pytest.mark.parametrize(("theme", "terminal"), THEMED, ids=[theme.name for theme in THEMES])
def test_the_colours_of_frames_and_keys_are_legible_too(theme: Theme, terminal: TerminalTheme) -> None:
    grounds = [Color.parse(str(ground)) for ground in (theme.background, theme.surface, theme.panel)]
    words = (theme.primary, theme.secondary, theme.accent, theme.success, theme.warning, theme.error)
    keys = theme.variables["footer-key-foreground"]
    assert min(contrast(Color.parse(str(word)), on) for word in (*words, keys) for on in grounds) >= LEGIBLE
    assert terminal.background_color == tuple(grounds[0].rgb), "what the terminal is taken for is what is drawn"


@pytest.mark.parametrize("ink", [inks.GOOD, inks.WARN, inks.BAD, inks.UNKNOWN, inks.ACTIVE])
def test_an_ink_is_the_themes_colour_also_where_a_whole_text_has_it(ink: str) -> None:
    """Textual takes a text's own style for CSS, where red is #ff0000 and yellow #ffff00, legible on nothing light."""
    told = Content.from_rich_text(inks.spanned(Text("■ RED ", style=ink).append("why", style="default")))
    one = Content.from_rich_text(Text.assemble(("■ RED ", ink)))
    inked = {span.style for span in told.spans if span.start == 0}
    assert inked == {span.style for span in one.spans}
    assert not [style for style in inked if isinstance(style, str)], "no style is left for Textual to read"


def test_red_and_yellow_are_never_the_same_colour() -> None:
    for theme, terminal in THEMED:
        on = Color.parse(str(theme.background))
        states = {drawn(ink, on, theme, terminal).rgb for ink in (inks.GOOD, inks.WARN, inks.BAD, inks.UNKNOWN)}
        assert len(states) == 4, theme.name


def signs() -> Iterator[tuple[str, str]]:
    """Find every sign outside ASCII in what the product says of itself, and where."""
    for package, named in ((app, "*.py"), (engine, "*word*.py")):
        root = Path(package.__path__[0])
        for path in root.rglob(named):
            if path.name == "glyphs.py":
                continue
            tree = ast.parse(path.read_text())
            prose = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}  # docstrings
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
                    for char in node.value:
                        if not char.isascii():
                            yield char, f"{path.relative_to(root.parent)}:{node.lineno}"


def test_every_sign_takes_one_column_and_has_a_twin_of_one_column_in_ascii() -> None:
    found = list(signs())
    assert len({sign for sign, _ in found}) > 10
    wrong = {(sign, where) for sign, where in found if cell_len(sign) != 1 or to_ascii(sign) == UNKNOWN}
    assert sorted(wrong, key=str) == []
    assert {len(to_ascii(sign)) for sign, _ in found} == {1}
