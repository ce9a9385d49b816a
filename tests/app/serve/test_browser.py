"""The console in a real browser: what its page asks for, what it shows, and how it ends."""

from __future__ import annotations

import asyncio
import base64
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.app.program import Gonogo, until
from tests.app.serve.chromium import PROGRAM, Tab, chromium, opened
from tests.app.serve.served import Served, is_gone

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not PROGRAM.is_file(), reason="the page is looked at in Chromium, which is not installed"),
]
_PICTURES = "GONOGO_TEST_PICTURES"
"""A folder for what the browser showed, for a person to look at."""
_INK = """
(async () => {
    const bytes = Uint8Array.from(atob("PNG"), (char) => char.charCodeAt(0));
    const picture = await createImageBitmap(new Blob([bytes], {type: "image/png"}));
    const canvas = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
    canvas.drawImage(picture, 0, 0);
    const pixels = new Uint32Array(canvas.getImageData(0, 0, picture.width, picture.height).data.buffer);
    const counts = new Map();
    for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) || 0) + 1);
    return [counts.size, 1 - Math.max(...counts.values()) / pixels.length];
})()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[int]:
    with chromium() as port:
        yield port


def _keep(name: str, picture: bytes) -> None:
    if folder := os.environ.get(_PICTURES):
        Path(folder, f"{name}.png").write_bytes(picture)


async def _ink(tab: Tab, name: str) -> tuple[int, float]:
    """Return how many colours the tab shows, and the share of it that is not background."""
    picture = await tab.picture()
    _keep(name, picture)
    colours, share = await tab.value(_INK.replace("PNG", base64.b64encode(picture).decode()))
    return colours, share


async def test_the_console_in_a_browser(user: Gonogo, run: str, browser: int) -> None:
    served = Served(user, run)
    async with opened(browser, served.url) as tab:
        await tab.until(lambda: "3 done" in tab.text, "the run")
        await tab.until_true("getComputedStyle(document.querySelector('#notice')).display === 'none'")
        (console,) = served.consoles()

        assert tab.requests, "the browser was listened to"
        assert [url for url in tab.requests if not url.startswith(served.url)] == []
        assert [url.partition("?")[0] for url in tab.sockets] == [f"ws://{served.host}/ws"]
        assert await tab.value("document.fonts.check('15px \"Roboto Mono\"')")
        colours, share = await _ink(tab, "console")
        assert colours > 20, "text in ink of several colours"
        assert share > 0.02

        before = len(tab.drawn)
        await tab.press("?")
        await tab.until(lambda: "on this screen" in tab.text_since(before), "the keys")
        before = len(tab.drawn)
        await tab.press("Escape")
        await tab.until(lambda: "3 done" in tab.text_since(before), "the run again")

        before = len(tab.drawn)
        await tab.tell("Emulation.setDeviceMetricsOverride", width=700, height=600, deviceScaleFactor=1, mobile=False)
        await tab.until(lambda: any(said[0] == "resize" and said[1]["width"] < 90 for said in tab.said), "its size")
        await tab.until(lambda: "3 done" in tab.text_since(before), "the console drawn anew, smaller")

        console.kill()
        await tab.until_true("document.body.classList.contains('-over')")
        said = await tab.value("document.querySelector('#notice').innerText")
        assert "The console came to an unexpected end." in said
        assert "signal 9" in said
        await _ink(tab, "ended")
        before = len(tab.drawn)
        await tab.value("document.querySelector('#again').click()")
        await tab.until(lambda: "3 done" in tab.text_since(before), "another console")
        (console,) = served.consoles()
        assert tab.complaints == []
        await tab.close()
        await asyncio.to_thread(until, lambda: is_gone(console.pid), "the console to end with its tab")
    assert served.end().code == 143


async def test_a_token_leaves_the_address_bar(user: Gonogo, run: str, browser: int) -> None:
    served = Served(user, run, "--control")
    token = served.printed_token()
    async with opened(browser, served.url) as stranger:
        await stranger.until_true("document.body?.innerText.includes('asks for a token')")
        assert served.consoles() == []
        await _ink(stranger, "refused")
    async with opened(browser, f"{served.url}?token={token}") as tab:
        await tab.until(lambda: "3 done" in tab.text, "the run")
        assert await tab.value("location.href") == served.url
        assert await tab.value("history.length") == 2, "the address with the token is not a step back"
        assert await tab.value("document.cookie") == "", "no script can read it"
        assert tab.complaints == []
    assert token not in served.end().stderr
