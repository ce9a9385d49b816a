"""``metrics``: a run's figures for Prometheus: printed once, as a text file, or on an address of this machine."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from pathlib import Path

import click

from app.cli.common import Globals, with_globals
from app.cli.named import named_run
from app.cli.runs import corpus_option, run_argument
from app.exit_codes import ExitCode
from app.metrics_families import FAMILIES, RUN_LABELS
from app.metrics_figures import RunFigures
from app.metrics_look import Looking
from app.report import Report, Row
from app.stopping import stopping
from engine.crew.artifacts import write_whole
from engine.errors import GonogoError, UsageError
from engine.run.read_only import refuse_changes
from engine.units import parse_seconds

_EVERY = "15s"
"""Prometheus' own usual interval: more often is not read, less often is read twice."""
_LEAST_S = 1.0
_ENDING = ".prom"
"""node_exporter passes over files that end otherwise."""


class MetricRow(Row, frozen=True, kw_only=True, tag="metric"):
    """One figure, for programs that read JSON."""

    name: str
    labels: dict[str, str]
    value: float


@click.command()
@run_argument
@corpus_option
@click.option(
    "--textfile",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write FILE (.prom) for node_exporter, again and again until the run has ended.",
)
@click.option("--every", metavar="TIME", help=f"How often FILE is written (default {_EVERY}).")
@click.option("--listen", metavar="ADDRESS:PORT", help="Serve /metrics there, on this machine only, until interrupted.")
@with_globals
def metrics(
    options: Globals,
    run: str | None,
    corpus: Path | None,
    *,
    textfile: Path | None,
    every: str | None,
    listen: str | None,
) -> int:
    """Tell a run's figures in Prometheus' format (default: the newest run).

    Without an option they are printed once. A run that has ended still tells how it ended. With --listen and no RUN it
    is always the newest run that is told of, so that one server serves all that come.
    """
    if textfile is not None and listen is not None:
        raise UsageError("--textfile and --listen: wanted one of them; start two for both")
    if every is not None and textfile is None:
        raise UsageError("--every: wanted --textfile beside it; with --listen, whoever asks says how often")
    looking = Looking(lambda: named_run(options, run, corpus, living=True))
    with Report("metrics", as_json=options.as_json) as report:
        if listen is not None:
            return _serve(looking, *_address(listen), report)
        if textfile is not None:
            refuse_changes(f"{textfile} would be written")
            first = named_run(options, run, corpus, living=True)
            return _write(Looking(lambda: first), _place(textfile), _interval_s(every or _EVERY), report)
        _print(looking(), report, as_json=options.as_json)
    return ExitCode.OK


def _print(runs: Sequence[RunFigures], report: Report, *, as_json: bool) -> None:
    from app.metrics_exposition import exposition  # noqa: PLC0415  # takes 50 ms

    if not as_json:
        click.echo(exposition(runs), nl=False)
        return
    labels = {family.name: (*RUN_LABELS, *family.labels) for family in FAMILIES}
    for told in runs:
        for one in told.figures:
            named = dict(zip(labels[one.name], (*told.labels, *one.labels), strict=True))
            report.add(MetricRow(name=one.name, labels=named, value=float(one.value)))


def _write(looking: Looking, path: Path, every_s: float, report: Report) -> int:
    """Write the file until the run has ended; a turn that fails is told once, and the next one tries again."""
    problem = ""
    with stopping() as stop:
        while True:
            before, (runs, problem) = problem, _turn(looking, path)
            if problem and problem != before:
                report.say(problem)
            if runs and not runs[0].alive:
                break
            if stop.within(every_s):
                return stop.code
    if problem:
        raise GonogoError(f"{problem}; it does not tell how the run ended")
    report.say(f"{runs[0].labels[0]} has ended; {path} tells how")
    return ExitCode.OK


def _turn(looking: Looking, path: Path) -> tuple[Sequence[RunFigures], str]:
    """Look and write; return what was seen, and what went wrong. Where nothing could be seen the file stays."""
    from app.metrics_exposition import exposition  # noqa: PLC0415

    try:
        runs = looking()
    except OSError as fault:
        told = f"{fault.filename}: {fault.strerror}" if fault.filename else str(fault)
        return (), f"the run could not be looked at: {told}; {path} stays as it is until it can be"
    return runs, _written(path, exposition(runs))


def _written(path: Path, content: bytes) -> str:
    try:
        write_whole(path, content)
    except OSError as fault:
        return f"{path}: the figures could not be written: {fault.strerror}"
    return ""


def _serve(looking: Looking, address: str, port: int, report: Report) -> int:
    from app.metrics_server import served  # noqa: PLC0415

    looking()  # a run that is not there is told before anything listens
    with stopping() as stop, served(looking, address, port) as at:
        host = f"[{address}]" if ":" in address else address
        report.say(f"serving http://{host}:{at}/metrics until interrupted")
        stop.within(None)
    return stop.code


def _address(text: str) -> tuple[str, int]:
    """Read where to listen.

    Raises:
        UsageError: when it is no address of this machine alone.
    """
    match = re.fullmatch(r"(?:\[([^\]]*)\]|([^:]*)):([0-9]{1,5})", text)
    if match is None or int(match[3]) > 65_535:
        raise UsageError(f"--listen: read {text!r}, wanted ADDRESS:PORT, such as 127.0.0.1:9464 or [::1]:9464")
    host = match[1] or match[2] or ""
    host = "127.0.0.1" if host == "localhost" else host
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = False
    if not is_here:
        raise UsageError(
            f"--listen: read {text!r}, wanted an address of this machine alone, such as 127.0.0.1:{match[3]}: nobody "
            "is asked for a token there; let Prometheus reach it through ssh -L, or through node_exporter (--textfile)"
        )
    return host, int(match[3])


def _place(path: Path) -> Path:
    """Return the file to write.

    Raises:
        UsageError: when node_exporter would not read it, or its folder is not there.
    """
    if path.suffix != _ENDING:
        raise UsageError(f"--textfile {path}: wanted a name that ends in {_ENDING}: node_exporter reads no other")
    if not path.absolute().parent.is_dir():
        raise UsageError(f"--textfile {path}: there is no folder {path.parent}; make it, or name another")
    return path.absolute()


def _interval_s(text: str) -> float:
    seconds = parse_seconds(text)
    if seconds < _LEAST_S:
        raise UsageError(f"--every: read {text!r}, wanted {_LEAST_S:g}s or more")
    return seconds


COMMANDS: tuple[click.Command, ...] = (metrics,)
