"""Keeping what an answer rests on: in the ledger what proves it, beside it the beginning of what was said."""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from engine.checklist.around import Around
from engine.checklist.asking import Asked
from engine.checklist.ledger.entries import Evidence
from engine.checklist.ledger.verify import EVIDENCE
from engine.checklist.rests_on import commit_of
from engine.run.locks import boot_id
from engine.run.log import rfc3339
from engine.run.read_only import refuse_changes


def keep_evidence(asked: Asked, around: Around) -> Evidence:
    """Write the kept output to ``STATE/evidence``, durable, and return what the ledger says of it.

    Raises:
        OSError: when it cannot be written.
    """
    answer = asked.answer
    output = answer.output
    return Evidence(
        started=rfc3339(asked.started),
        seconds=asked.seconds,
        argv=answer.argv,
        exit_code=answer.exit_code,
        output_sha256="" if output is None else output.sha256,
        output_bytes=0 if output is None else output.size_bytes,
        kept_sha256="" if output is None or not output.head else _keep(output.head, around.state / EVIDENCE),
        files=dict(answer.files),
        boot_id=boot_id(),
        commit=commit_of(around.corpus),
    )


def _keep(content: bytes, folder: Path) -> str:
    """Write it once under its own hash; whole or not at all."""
    name = hashlib.sha256(content).hexdigest()
    target = folder / name
    if target.exists():
        return name
    refuse_changes(f"{target} (evidence) would be written")
    folder.mkdir(parents=True, exist_ok=True)
    making = folder / f".{name}.{secrets.token_hex(4)}"  # two checks that say the same are kept side by side
    with making.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    making.replace(target)
    return name
