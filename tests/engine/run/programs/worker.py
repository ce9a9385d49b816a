"""A worker that does what its task says, for good and for ill."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from engine.run.child import Heartbeat, Messages, become_worker, stop_requested


class Task(msgspec.Struct):
    task: str
    do: str = "echo"
    path: str = ""


class Progress(msgspec.Struct, tag_field="type", tag="progress"):
    task: str
    done: int


class Result(msgspec.Struct, tag_field="type", tag="result"):
    task: str
    pid: int
    said: str = ""


def count(path: Path) -> int:
    """Count this call in a file and return how many there were."""
    with path.open("ab") as file:
        file.write(b"x")
    return path.stat().st_size


def wait_for(path: Path, heartbeat: Heartbeat) -> str:
    while not path.exists():
        heartbeat()
        if stop_requested():
            return "stopped"
        time.sleep(0.005)
    return "found"


def work(task: Task, messages: Messages) -> str:  # noqa: PLR0912
    path = Path(task.path)
    match task.do:
        case "count":
            count(path)
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "die-once":
            if count(path) == 1:
                os.kill(os.getpid(), signal.SIGKILL)
        case "complain-and-exit":
            sys.stderr.write("the disk is on fire\n")
            sys.stderr.flush()
            os._exit(3)
        case "be-silent":
            time.sleep(60)
        case "write-one-endless-line":
            for _ in range(100):
                os.write(messages._write_fd, b"x" * 4096)
            time.sleep(60)
        case "write-nonsense":
            os.write(messages._write_fd, b"Loading model...\n")
            time.sleep(60)
        case "answer-another":
            messages.send(Result("another", os.getpid()))
            time.sleep(60)
        case "print":
            sys.stdout.write("a library's banner\n")
            sys.stdout.flush()
            subprocess.run(["echo", "a child's banner"], check=True)
        case "progress":
            for done in range(3):
                messages.send(Progress(task.task, done))
        case "wait":
            return wait_for(path, Heartbeat(messages, every_s=0.05))
        case "read-stdin":
            return sys.stdin.read()
        case "report":
            status = Path("/proc/self/status").read_text()
            return "\n".join(
                [
                    f"nice={os.nice(0)}",
                    f"oom={Path('/proc/self/oom_score_adj').read_text().strip()}",
                    f"session={os.getsid(0) == os.getpid()}",
                    f"limits={Path('/proc/self/limits').read_text()}",
                    f"fds={len(list(Path('/proc/self/fd').iterdir()))}",
                    status,
                ]
            )
        case "too-long":
            messages.send(Result(task.task, os.getpid(), "x" * 70_000))
        case "allocate":
            return str(len(bytearray(4 << 30)))
    return task.do


messages = become_worker()
for task in messages.tasks(Task):
    messages.send(Result(task.task, os.getpid(), work(task, messages)))
