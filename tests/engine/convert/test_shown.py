from __future__ import annotations

import msgspec

from engine.convert.shown import shown, shown_result
from engine.convert.tasks import Result
from engine.convert.validation_facts import Validation
from engine.crew.answers import State
from engine.errors import Fault
from engine.run.wire import LINE_LIMIT_BYTES

HOSTILE = "\x1b[31m" * 2_000


def test_an_answer_fits_its_line_whatever_the_names_in_an_archive_are() -> None:
    faults = tuple(Fault("not the clip", member=HOSTILE, read=HOSTILE, wanted=HOSTILE) for _ in range(20))
    flagged = Result(
        task="t", state=State.QUARANTINED, seconds=0, fault=faults[0], flags=tuple(HOSTILE for _ in range(5_000))
    )
    validated = Result(
        task="t", state=State.DONE, seconds=0, validation=Validation(mismatches=tuple(map(shown, faults)))
    )
    lines = [msgspec.json.encode(shown_result(result)) for result in (flagged, validated)]
    assert max(map(len, lines)) < LINE_LIMIT_BYTES
    assert not any(b"\\u001b" in line for line in lines)
    assert b"and 4,970 more" in lines[0]


def test_what_is_short_and_plain_stays_as_it_is() -> None:
    fault = Fault("the tar is gone", file="audio.tar", read="nothing", wanted="a tar", way_out="look")
    result = Result(task="t", state=State.QUARANTINED, seconds=0, fault=fault, flags=("no sidecar",))
    assert shown_result(result) == result
