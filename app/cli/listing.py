"""The commands by name, known without their modules: ``gonogo --help`` lists all of them and loads none."""

from __future__ import annotations

import importlib
from typing import Final

import click

LISTED: Final[dict[str, tuple[str, str]]] = {
    "init": ("corpus", "Write a commented gonogo.toml for CORPUS."),
    "inventory": ("corpus", "Find every shard of CORPUS and tell what it needs."),
    "demo": (
        "corpus",
        "Make a small corpus in FOLDER and run the whole window on it: conversion, training artifacts, clean-up.",
    ),
    "sweep": ("sweep", "Measure how many workers CORPUS is converted fastest with."),
    "convert": ("convert", "Convert every 48 kHz shard of CORPUS to 16 kHz mono, in place."),
    "recover": ("convert", "Bring every shard of CORPUS to a known state after a crash."),
    "validate": ("reports", "Open every shard of CORPUS and write the conversion validation report."),
    "clean": (
        "clean",
        "Delete the kept originals of CORPUS that its validation report covers, temporary files and scratch.",
    ),
    "manifest": (
        "artifacts",
        "List every clip of every shard of CORPUS in one table: where it lies, how long it is, what is said in it.",
    ),
    "split": ("artifacts", "Share CORPUS out over train, dev and test, so that no recording is in two of them."),
    "benchmark": (
        "artifacts",
        "Measure how fast the clips of CORPUS decode on this machine: cold, warm, and over several processes.",
    ),
    "buckets": ("artifacts", "Cut duration buckets with the least padding, and find the batch size of each."),
    "export": (
        "artifacts",
        "Write what NeMo, lhotse, Hugging Face datasets and indexed readers take, pointing into the tars of CORPUS.",
    ),
    "report": (
        "artifacts",
        "Hold all artifacts of CORPUS against each other, and write one report with plots; GO (0) or NO-GO (1).",
    ),
    "window": ("window", "Run everything on CORPUS in order, against an eight-hour timetable."),
    "checklist": ("checklist", "Walk, sign and check checklists: what must be true before a gate opens."),
    "watch": (
        "watch",
        "Watch the logs of training runs: TensorBoard, W&B, trackio, Hugging Face, Lightning, JSON, CSV or text.",
    ),
    "cost": ("cost", "Tell what was spent, at what rate, and what it comes to by the plan's end, week by week."),
    "verdict": ("verdict", "Judge a training run by criteria: GO, NO-GO, CONDITIONAL or HOLD, each with its evidence."),
    "runs": ("runs", "List your runs, newest last."),
    "attach": ("runs", "Open the console on a run, from any terminal; several may watch at a time."),
    "status": ("runs", "Say how a run is doing (default: the newest)."),
    "stop": ("runs", "End a run at its next safe point; nothing is lost."),
    "pause": ("runs", "Hand out no more shards; those in hand are finished."),
    "resume": ("runs", "Go on after a pause."),
    "workers": (
        "runs",
        "Change the number of workers of a run to COUNT; with auto, a conversion chooses it by what it measures.",
    ),
    "config": ("settings", "Show or check the settings."),
    "doctor": (
        "settings",
        "Say what this terminal and this machine can do, and whether a conversion of CORPUS may start.",
    ),
    "metrics": ("metrics", "Tell a run's figures in Prometheus' format (default: the newest run)."),
    "page": (
        "page",
        "Write a run as one HTML page with pictures, for whoever was not there (default: the newest run).",
    ),
    "notify": ("notify", "Notices by webhook, e-mail, ntfy and the like: set them under [notify] in gonogo.toml."),
    "serve": ("serve", "Show the console in a browser: of RUN, or its home."),
}
"""Each command: the module of this folder whose ``COMMANDS`` has it, and the first paragraph of its help.

A test holds it against the modules.
"""


class Listed(click.Command):
    """A command as a list shows it: its name and what it is for."""

    def __init__(self, name: str, text: str, module: str) -> None:
        super().__init__(name, help=text)
        self.module = module

    def load(self) -> click.Command:
        """Import the command itself."""
        commands: tuple[click.Command, ...] = importlib.import_module(f"app.cli.{self.module}").COMMANDS
        return next(command for command in commands if command.name == self.name)


class LateGroup(click.Group):
    """A group that imports a command when it is asked for, and for lists and suggestions none."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that a command line asks for, or whose words a shell completes."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.load() if isinstance(command, Listed) else command, rest


def listed() -> list[click.Command]:
    """Return all commands as lists show them."""
    return [Listed(name, text, module) for name, (module, text) in LISTED.items()]
