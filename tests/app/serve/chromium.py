"""A headless Chromium, driven by the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from tests.app.program import until

PROGRAM = Path("/usr/bin/chromium")
DEADLINE_S = 40.0
_CODES = {"Escape": 27}
"""Keys that write nothing."""
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)


class Tab:
    """One tab: what it asked the network for, what its sockets brought, what its console said."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, closing: Callable[[], Awaitable[None]]) -> None:
        self._socket, self.close = socket, closing
        self._asked = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._changed = asyncio.Event()
        self.requests: list[str] = []
        self.sockets: list[str] = []
        self.said: list[list[Any]] = []
        self.drawn = b""
        self.complaints: list[str] = []

    @property
    def text(self) -> str:
        """All that was drawn, without the sequences that say where and how."""
        return self.text_since(0)

    def text_since(self, byte: int) -> str:
        """Return what was drawn after so many bytes of it."""
        return re.sub(r"\x1b\[[0-9;?$<>=]*[A-Za-z~]", " ", self.drawn[byte:].decode("utf-8", "replace"))

    async def listen(self) -> None:
        async for message in self._socket:
            told = json.loads(message.data)
            if "id" in told:
                self._answers.pop(told["id"]).set_result(told)
            else:
                self._hear(told["method"], told["params"])
            self._changed.set()

    def _hear(self, method: str, told: dict[str, Any]) -> None:
        if method == "Network.requestWillBeSent":
            self.requests.append(told["request"]["url"])
        elif method == "Network.webSocketCreated":
            self.sockets.append(told["url"])
        elif method == "Network.webSocketFrameReceived" and told["response"]["opcode"] == 2:
            self.drawn += base64.b64decode(told["response"]["payloadData"])
        elif method == "Network.webSocketFrameSent" and told["response"]["opcode"] == 1:
            self.said.append(json.loads(told["response"]["payloadData"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] == "error":
            self.complaints.append(f"{told['entry']['text']} {told['entry'].get('url', '')}")
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(told["exceptionDetails"]))

    async def tell(self, method: str, **given: Any) -> dict[str, Any]:
        self._asked += 1
        answer = self._answers[self._asked] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._asked, "method": method, "params": given})
        async with asyncio.timeout(DEADLINE_S):
            told = await answer
        assert "error" not in told, (method, told)
        result: dict[str, Any] = told["result"]
        return result

    async def until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until what was heard is so."""
        try:
            async with asyncio.timeout(DEADLINE_S):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise AssertionError(
                f"waited {DEADLINE_S:.0f} s for {what}: {self.complaints} {self.text[-2000:]}"
            ) from None

    async def until_true(self, expression: str) -> None:
        """Wait until an expression of the page is true."""
        held = f"""new Promise((done) => {{
            const look = () => ({expression}) ? done(true) : setTimeout(look, 20); look(); }})"""
        assert await self.value(held) is True

    async def value(self, expression: str) -> Any:
        told = await self.tell("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in told, told
        return told["result"].get("value")

    async def press(self, key: str) -> None:
        code = {"windowsVirtualKeyCode": _CODES[key]} if key in _CODES else {"text": key}
        await self.tell("Input.dispatchKeyEvent", type="keyDown", key=key, **code)
        await self.tell("Input.dispatchKeyEvent", type="keyUp", key=key)

    async def picture(self) -> bytes:
        """Return the tab as a PNG."""
        return base64.b64decode((await self.tell("Page.captureScreenshot", format="png"))["data"])


@contextmanager
def chromium() -> Iterator[int]:
    """Start a browser of the tests' own; give the port that it is driven by."""
    folder = Path(tempfile.mkdtemp(prefix="gonogo-chromium-"))
    argv = [str(PROGRAM), *_FLAGS, f"--user-data-dir={folder}", "--window-size=1200,760", "about:blank"]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(argv, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True)
    try:
        port = folder / "DevToolsActivePort"
        until(lambda: _is_written(port), "Chromium's port")
        yield int(port.read_text().split()[0])
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def opened(port: int, url: str) -> AsyncIterator[Tab]:
    """Open a tab of a browser on a page; it is closed in the end, if not before."""
    at = f"http://127.0.0.1:{port}/json"
    async with aiohttp.ClientSession() as session:
        async with session.put(f"{at}/new?about:blank") as told:
            target = await told.json()

        async def close() -> None:
            await (await session.get(f"{at}/close/{target['id']}")).read()

        async with session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            tab = Tab(socket, close)
            listening = asyncio.create_task(tab.listen())
            try:
                for domain in ("Network", "Log", "Runtime", "Page"):
                    await tab.tell(f"{domain}.enable")
                await tab.tell("Page.navigate", url=url)
                yield tab
            finally:
                await close()
                await listening


def _is_written(port: Path) -> bool:
    """The browser writes the port, then a path; both are there once the path is."""
    return port.is_file() and "/devtools/" in port.read_text()
