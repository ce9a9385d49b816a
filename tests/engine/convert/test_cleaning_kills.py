"""A clean is killed (SIGKILL, for real), or refused by the system, before every single call to the file system."""

from __future__ import annotations

import errno
import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import pytest

from engine.crew.answers import State
from tests.engine.convert.clean_one import Ended, Try
from tests.engine.convert.cleanable import Cleanable, make_cleanable
from tests.faults.fault_files import EFFECTS, Harm, Strike
from tests.faults.program import Program


class Cleaner:
    def __init__(self) -> None:
        self._program = Program("tests.engine.convert.clean_one", Path("no clip"))
        self.close = self._program.close

    def __call__(self, shard: Cleanable, strike: Strike | None = None) -> Ended:
        return msgspec.json.decode(self._program.ask(Try(shard.order(), strike)), type=Ended)


@pytest.fixture(scope="module")
def cleaner() -> Iterator[Cleaner]:
    program = Cleaner()
    yield program
    program.close()


def prepared(folder: Path) -> Cleanable:
    """A shard with all that a clean deletes."""
    shard = make_cleanable(folder)
    for path in (shard.folder / "shard_conversion_status.json.tmp", shard.table.with_name(f"{shard.table.name}.tmp")):
        path.write_bytes(b"torn")
    return shard


def test_the_original_goes_by_one_call_behind_the_hash_of_its_result(cleaner: Cleaner, tmp_path: Path) -> None:
    ended = cleaner(prepared(tmp_path / "s"))
    changes = [call for call in ended.calls if call.split()[0] in EFFECTS]
    assert changes == [
        *("sync_file audio.tar", "sync_folder s", "unlink audio_48k.bak", "sync_folder s"),
        *("unlink shard_conversion_status.json.tmp", "sync_folder s"),
        *("unlink s.jsonl.gz.tmp", f"sync_folder {tmp_path.name}"),
    ]
    before = ended.calls[: ended.calls.index("unlink audio_48k.bak")]
    assert "read_at audio.tar" in before


@pytest.mark.parametrize("harm", [Harm.KILL, Harm.ERROR_BEFORE, Harm.ERROR_AFTER])
def test_a_clean_that_is_struck_at_any_call_leaves_a_known_state(cleaner: Cleaner, tmp_path: Path, harm: Harm) -> None:
    ends = []
    for at in count(1):
        shard = prepared(tmp_path / f"{at}")
        ended = cleaner(shard, Strike(at, harm, errno.EIO))
        if ended.signal == 0 and ended.result is not None and ended.result.state is State.DONE:
            break
        assert ended.signal == (signal.SIGKILL if harm is Harm.KILL else 0)
        when = f"{harm} at call {at}"
        is_gone = shard.is_known(when)
        recovered = shard.recovered()
        assert (recovered.state, recovered.recovery and recovered.recovery.row) == (State.DONE, 8 if is_gone else 7), (
            when
        )
        assert shard.is_known(when) is is_gone, f"recovery takes no original that is kept, after {when}"
        ends.append(is_gone)
        again = cleaner(shard)
        assert again.result is not None
        assert again.result.state is State.DONE, when
        assert shard.there() == {"audio.tar", "shard_conversion_status.json"}, when
    assert at > 25
    assert ends == sorted(ends), "kept until one call, gone from then on"
    assert set(ends) == {True, False}
