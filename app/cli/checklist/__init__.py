"""``checklist``: lists, answers, signatures, the ledger."""

from __future__ import annotations

import click

from app.cli.checklist import ledger, lists, papers, people, walking


@click.group()
def checklist() -> None:
    """Walk, sign and check checklists: what must be true before a gate opens."""


for command in (*lists.COMMANDS, *walking.COMMANDS, *people.COMMANDS, *ledger.COMMANDS, *papers.COMMANDS):
    checklist.add_command(command)

COMMANDS: tuple[click.Command, ...] = (checklist,)
