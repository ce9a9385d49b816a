"""``runs``."""

import click

COMMANDS: tuple[click.Command, ...] = ()
