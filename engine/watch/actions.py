"""What is done on red: tell, stop a process, or run a command; after a grace period, with the last checkpoint kept."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from engine.errors import UsageError
from engine.run.read_only import is_read_only, refuse_changes
from engine.watch.alerts import Alert, Level

_COMMAND_TIMEOUT_S: Final = 300.0
"""A command that stops a machine or pages somebody is done by then."""


@dataclass(frozen=True, slots=True)
class OnRed:
    """What to do on red."""

    act: Literal["notify", "stop", "command"]
    pid: int = 0
    argv: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> OnRed:
        """Read ``notify``, ``stop:PID`` or ``command:PROGRAM ARGUMENTS``.

        Raises:
            UsageError: when it is none of these, or the process is not there.
            ReadOnlyError: when it is to act, and this program changes nothing.
        """
        act, _, rest = text.partition(":")
        if text == "notify":
            return cls("notify")
        refuse_changes(f"--on-red {text} would act when red stands")
        if act == "stop" and rest.isdecimal() and int(rest) > 1:
            if not _is_there(int(rest)):
                raise UsageError(f"--on-red {text}: there is no process {rest} of yours; name the trainer's")
            return cls("stop", pid=int(rest))
        if act == "command" and (argv := _split(rest)):
            return cls("command", argv=argv)
        raise UsageError(f"--on-red {text!r}: wanted notify, stop:PID, or command:PROGRAM ARGUMENTS")


def _split(text: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(f"--on-red command:{text}: {error}") from error


class Reactor:
    """Acts once, when red has stood for the grace period; whoever makes it green or acknowledges it prevents that.

    Args:
        on_red: what to do.
        grace_s: how long red must stand.
        newest: finds the newest checkpoint, which is copied before anything is done; None where there is none.
        kept: the folder to copy it into.
    """

    def __init__(
        self, on_red: OnRed, grace_s: float, newest: Callable[[], Path | None] = lambda: None, kept: Path | None = None
    ) -> None:
        self._on_red = on_red
        self._grace_s = grace_s
        self._newest = newest
        self._kept = kept
        self._since_s: float | None = None
        self.done = False
        self.stopped = False
        """Whether what was watched has been told to stop."""

    def look(self, alerts: list[Alert], now_s: float) -> list[str]:
        """Act where it is time to; return what was done, in sentences."""
        red = [alert for alert in alerts if alert.level is Level.RED and not alert.acknowledged_by]
        if not red or self.done:
            self._since_s = self._since_s if red else None
            return []
        if self._since_s is None:
            self._since_s = now_s
            wait = f" in {self._grace_s:.0f} s" if self._grace_s else ""
            announced = [f"red: {self._told()}{wait}, unless it is acknowledged or clears"]
            return announced if self._grace_s and self._on_red.act != "notify" else self._act(red[0])
        return self._act(red[0]) if now_s - self._since_s >= self._grace_s else []

    def _told(self) -> str:
        match self._on_red.act:
            case "stop":
                return f"process {self._on_red.pid} will be stopped"
            case "command":
                return f"{shlex.join(self._on_red.argv)} will be run"
            case _:
                return "somebody should look"

    def _act(self, alert: Alert) -> list[str]:
        self.done = True
        if self._on_red.act != "notify" and is_read_only():
            return [f"read-only: nothing is done, though {self._told()}"]
        told = self._copy() if self._on_red.act != "notify" else []
        match self._on_red.act:
            case "stop":
                told.append(_stop(self._on_red.pid))
                self.stopped = True
            case "command":
                told.append(_run(self._on_red.argv, alert))
            case _:
                pass
        return told

    def _copy(self) -> list[str]:
        """Keep the newest checkpoint: what is stopped may be overwritten when it is started again."""
        newest, folder = self._newest(), self._kept
        if newest is None or folder is None:
            return []
        target = folder / newest.name
        making = folder / f".{newest.name}.{os.getpid()}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if newest.is_dir():
                shutil.copytree(newest, making, dirs_exist_ok=True)
                shutil.rmtree(target, ignore_errors=True)
            else:
                shutil.copyfile(newest, making)
            for path in making.rglob("*") if making.is_dir() else (making,):
                _sync(path)
            making.replace(target)
        except OSError as error:
            return [f"{newest}: the checkpoint could not be kept: {error.strerror}"]
        return [f"{newest}: kept as {target}"]


def _sync(path: Path) -> None:
    """Bring a copy to the disk: what it is a copy of may be overwritten a moment later."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _is_there(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def _stop(pid: int) -> str:
    try:
        os.kill(pid, signal.SIGTERM)
    except OSError as error:
        return f"process {pid} could not be stopped: {error.strerror}"
    return f"process {pid} was told to stop (SIGTERM)"


def _run(argv: tuple[str, ...], alert: Alert) -> str:
    env: Mapping[str, str] = os.environ | {
        "GONOGO_ALERT_RULE": alert.rule,
        "GONOGO_ALERT_TOLD": alert.told,
        "GONOGO_ALERT_SOURCE": alert.source,
    }
    try:
        done = subprocess.run(
            argv, env=env, stdin=subprocess.DEVNULL, capture_output=True, timeout=_COMMAND_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{argv[0]}: could not be run: {error}"
    return f"{shlex.join(argv)}: exit code {done.returncode}"
