from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from engine.dataset.split.lock import Lock, escape, no_lock, read_lock, unescape, write_lock
from engine.dataset.split.quota import Split
from engine.dataset.split.settings import SplitSettings
from engine.errors import DamagedError, InputError, UnsupportedError

NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
LOCKED = st.dictionaries(NAMES, st.sampled_from([split for split in Split if split is not Split.NONE]))


def lock_of(splits: dict[str, Split]) -> Lock:
    names = sorted(splits, key=str.encode)
    return Lock(
        SplitSettings(dev_hours=3),
        pa.array(names, pa.large_string()),
        np.array([splits[name] for name in names], np.int8),
    )


CONTENT = write_lock(lock_of({"va": Split.TRAIN, "vb": Split.DEV, "vc": Split.TEST, "vd": Split.EXCLUDED}))


def with_sum(lines: bytes, count: int) -> bytes:
    """End a lock as it would be right, so that only its lines are wrong."""
    return lines + f"# end: {count} lines, xxh3-128 {xxhash.xxh3_128_hexdigest(lines)}\n".encode()


def refusal(content: bytes) -> str:
    with pytest.raises(DamagedError) as caught:
        read_lock(content, "corpus/split.lock")
    return str(caught.value)


@given(LOCKED)
def test_what_is_written_is_read(splits: dict[str, Split]) -> None:
    lock = lock_of(splits)
    read = read_lock(write_lock(lock))
    assert read.names.equals(lock.names)
    assert np.array_equal(read.splits, lock.splits)
    assert read.settings == lock.settings


@given(NAMES)
def test_an_escaped_name_is_one_line_without_a_tab(name: str) -> None:
    assert unescape(escape(name)) == name
    assert len(escape(name).splitlines()) == 1
    assert "\t" not in escape(name)


def test_a_lock_reads_like_this() -> None:
    lines = CONTENT.decode().splitlines()
    assert lines[0] == "# gonogo split.lock, format 1: commit this file; nobody in it changes split"
    assert lines[1].startswith('# asked: {"dev_hours":3.0,')
    assert lines[2:6] == ["train\tva", "dev\tvb", "test\tvc", "excluded\tvd"]
    assert lines[6].startswith("# end: 4 lines, xxh3-128 ")


def test_a_corpus_without_a_lock_has_nobody_in_it() -> None:
    assert len(read_lock(write_lock(no_lock(SplitSettings()))).names) == 0


def test_a_lock_that_was_cut_short_anywhere_is_refused() -> None:
    for size in range(len(CONTENT)):
        assert "split.lock: line " in refusal(CONTENT[:size])


def test_a_lock_with_one_changed_byte_is_refused() -> None:
    for at in range(len(CONTENT)):
        changed = bytearray(CONTENT)
        changed[at] ^= 1
        with pytest.raises(InputError, match="line "):
            read_lock(bytes(changed))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: this is no lock of a split: read nothing, wanted # gonogo split.lock"),
        (CONTENT[:-40], "line 7: the file is cut short: read '# end: 4 lines"),
        (CONTENT.replace(b"\n", b"\r\n"), "line 1: lines were changed to end in CR LF"),
        (CONTENT.replace(b"dev\tvb\n", b"<<<<<<< HEAD\ndev\tvb\n"), "line 4: a merge of this file was left half done"),
        (CONTENT.replace(b"dev\tvb\n", b""), "line 6: lines are missing or were added: read '3', wanted 4 lines"),
        (CONTENT.replace(b"dev\tvb", b"train\tvb"), "line 7: the checksum of the lines is wrong"),
        (
            CONTENT.replace(b"dev\tvb", b"dev vb"),
            "line 4: this line tells nobody's split: read 'dev vb', wanted train,",
        ),
        (CONTENT.replace(b"dev\tvb", b"eval\tvb"), "line 4: this line tells nobody's split: read 'eval"),
        (CONTENT.replace(b"dev\tvb", b"dev\tva"), "line 4: a name comes twice"),
        (CONTENT.replace(b"dev\tvb", b"dev\tv"), "line 4: the names are out of order"),
    ],
)
def test_a_damaged_lock_says_where_and_what_to_do(content: bytes, said: str) -> None:
    message = refusal(content)
    assert f"corpus/split.lock: {said}" in message
    assert "; " in message


@pytest.mark.parametrize(
    "body",
    [
        b"dev\tvb\ntrain\tva\n",
        b"dev\tva\ndev\tva\n",
        b"eval\tva\ndev\tvb\n",
        b"dev\n\n",
        b"dev\ta\tb\ndev\tc\n",
        b"\xff\t\xfe\n\n",
    ],
)
def test_a_lock_whose_sum_is_right_and_whose_lines_are_wrong_is_refused(body: bytes) -> None:
    head = b"".join(CONTENT.splitlines(keepends=True)[:2])
    assert "split.lock: line 3" in refusal(with_sum(head + body, 2)) or "line 4" in refusal(with_sum(head + body, 2))


def test_a_lock_with_settings_that_cannot_be_is_refused() -> None:
    first = CONTENT.splitlines(keepends=True)[0]
    assert "line 2: gonogo did not write this" in refusal(with_sum(first + b'# asked: {"dev_hours": -1}\n', 0))


def test_a_lock_of_a_later_format_is_told_apart_from_a_damaged_one() -> None:
    with pytest.raises(UnsupportedError, match="read format 2, wanted format 1; use the gonogo that wrote it"):
        read_lock(CONTENT.replace(b"format 1", b"format 2"))
