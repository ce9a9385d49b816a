"""The picture in the README: the console on a real conversion, taken by Textual itself.

``python -m benchmarks.picture FILE.svg``
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from pathlib import Path

from app.console.app import Console
from app.console.conversion.screen import RunScreen
from app.console.launch import start_engine
from app.console.watch import Watch
from engine.run.client import ask
from engine.run.control import Request
from engine.run.folder import RunFolder
from tests.recordings import make_corpus

SIZE = (100, 28)
DONE_BEFORE = 12


async def take() -> str:
    """Convert a corpus and take a picture in the middle; return it as SVG."""
    with tempfile.TemporaryDirectory(prefix="speech-corpus-") as folder:
        corpus = make_corpus(Path(folder) / "corpus", shards=40, clips=120, clip_s=2.0, sidecar=True)
        cut = corpus / "final-export" / "shard_00002" / "audio.tar"
        cut.write_bytes(cut.read_bytes()[:100_000])
        state = corpus / ".gonogo"
        run = start_engine(["convert", str(corpus), "--workers", "2", "--budget", "10m"], state)
        watch = Watch(run)
        console = Console(RunScreen(watch, 600.0))
        async with console.run_test(size=SIZE) as pilot:
            while watch.view.counts.get("done", 0) < DONE_BEFORE and watch.alive:
                await pilot.pause(0.1)
            await pilot.pause(0.5)
            picture = console.export_screenshot(title="gonogo convert")
        ask(run.run_id, Request("stop", now=True))
        await asyncio.to_thread(_wait_for_end, run)
    return picture


def _wait_for_end(run: RunFolder) -> None:
    while run.is_alive():
        time.sleep(0.05)


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(asyncio.run(take()), encoding="utf-8")
