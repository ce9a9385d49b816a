"""``page``: a run as one HTML file, for whoever was not there."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.common import Globals, with_globals
from app.cli.named import named_run
from app.cli.runs import corpus_option, run_argument
from app.exit_codes import ExitCode
from app.report import Report, Row
from app.run_page_reading import html_of
from engine.crew.artifacts import write_whole
from engine.errors import GonogoError, UsageError
from engine.run.read_only import refuse_changes

_NAME = "page.html"
_ENDINGS = (".html", ".htm")


class PageWritten(Row, frozen=True, kw_only=True, tag="page"):
    """Where a page was written, and how the run on it does."""

    of: str
    """The run's id."""
    path: str
    size_bytes: int
    level: str


@click.command()
@run_argument
@corpus_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.html",
    help="Write it there (default: page.html in the run's own folder).",
)
@with_globals
def page(options: Globals, run: str | None, corpus: Path | None, *, out: Path | None) -> ExitCode:
    """Write a run as one HTML page with pictures, for whoever was not there (default: the newest run).

    The page needs no other file and asks nothing from anywhere. A run that is under way is told as of now. The path is
    printed on standard output.
    """
    path = _place(out)
    folder = named_run(options, run, corpus)
    path = path or folder.path / _NAME
    refuse_changes(f"{path} would be written")
    html, level = html_of(folder)
    content = html.encode()
    try:
        write_whole(path, content)
    except OSError as fault:
        told = f"{path}: the page could not be written: {fault.strerror}; name another place with --out"
        raise GonogoError(told) from fault
    with Report("page", as_json=options.as_json) as report:
        report.add(PageWritten(of=folder.run_id, path=str(path), size_bytes=len(content), level=level.name.lower()))
        if not options.as_json:
            click.echo(str(path))
    return ExitCode.OK


def _place(out: Path | None) -> Path | None:
    """Return the file to write; None for the run's own folder.

    Raises:
        UsageError: when it is no name of a page, or its folder is not there.
    """
    if out is None:
        return None
    if out.suffix.lower() not in _ENDINGS:
        raise UsageError(f"--out {out}: wanted a name that ends in .html: browsers go by it")
    if not out.absolute().parent.is_dir():
        raise UsageError(f"--out {out}: there is no folder {out.parent}; make it, or name another")
    return out.absolute()


COMMANDS: tuple[click.Command, ...] = (page,)
