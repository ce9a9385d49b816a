"""The page of keys: first those of the pane that has the focus, then the screen's, then those that work everywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from app.console.actions import Action
from app.console.look import inks

Section = tuple[str, Sequence[Action]]
"""A heading, and its actions."""


def help_page(sections: Iterable[Section], notes: Sequence[str] = ()) -> Table:
    """Say what every key does.

    Args:
        sections: in the order in which keys are looked for.
        notes: what else there is to know here.
    """
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column()
    for heading, actions in sections:
        with_key = [action for action in actions if action.keys]
        if not with_key:
            continue
        table.add_row(Text(""), Text(heading, style=inks.STRONG))
        for action in with_key:
            table.add_row(Text(action.key, style=inks.ACTIVE), Text(action.tells))
        table.add_row("", "")
    for note in notes:
        table.add_row("", Text(note))
    return table
