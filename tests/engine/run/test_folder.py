import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from engine.errors import GonogoError, InputError, NoSuchRunError
from engine.run import places
from engine.run.folder import RunFolder, all_runs, find_run, list_runs, new_run_id
from tests.engine.run.conftest import Other


class Options(msgspec.Struct):
    workers: int
    source: Path


def made(state: Path, second: int = 0, job: str = "convert") -> RunFolder:
    return RunFolder.create(
        state,
        job=job,
        corpus=state,
        args=Options(4, Path("/corpus")),
        config={"convert": {"floor": 10}},
        versions={"gonogo": "0.1.0"},
        host={"hostname": "here"},
        now=lambda: datetime(2026, 1, 31, 9, 30, second, tzinfo=UTC),
    )


def test_run_ids_sort_by_time() -> None:
    ids = [new_run_id(job, datetime(2026, 1, 31, 9, 30, second, tzinfo=UTC)) for second, job in enumerate("zba")]
    assert ids == sorted(ids)
    assert ids[0].startswith("20260131T093000Z-z-")


def test_a_run_records_what_was_asked(tmp_path: Path) -> None:
    run = made(tmp_path)
    assert run.path == tmp_path / "runs" / run.run_id
    assert sorted(path.name for path in run.path.iterdir()) == ["alive.lock", "run.json"]
    record = RunFolder.open(run.path).record
    assert record == run.record
    assert record.args == {"workers": 4, "source": "/corpus"}
    assert (record.run, record.created, record.corpus) == (run.run_id, "2026-01-31T09:30:00.000Z", str(tmp_path))
    run.close()


def test_a_run_is_alive_for_as_long_as_its_engine(tmp_path: Path, other: Callable[..., Other]) -> None:
    engine = other("run", str(tmp_path))
    (run,) = list_runs(tmp_path)
    assert run.is_alive()
    engine.kill()
    assert not run.is_alive()


def test_a_closed_run_is_no_longer_alive(tmp_path: Path) -> None:
    run = made(tmp_path)
    assert RunFolder.open(run.path).is_alive()
    run.close()
    assert not RunFolder.open(run.path).is_alive()


def test_a_run_that_could_not_be_recorded_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(TypeError):
        RunFolder.create(tmp_path, job="j", corpus=None, args=7, config={}, versions={}, host={})
    assert list((tmp_path / "runs").iterdir()) == []


def test_runs_are_seen_from_any_terminal_without_knowing_their_corpus(tmp_path: Path) -> None:
    first, second = made(tmp_path / "a", 1), made(tmp_path / "b", 2)
    assert [run.run_id for run in all_runs()] == [first.run_id, second.run_id]
    assert find_run().run_id == second.run_id
    assert find_run(state_dir=tmp_path / "a").run_id == first.run_id
    assert find_run(second.run_id[:16], state_dir=tmp_path / "a").path == second.path
    assert find_run(first.run_id[-4:]).run_id == first.run_id
    assert find_run(str(first.path)).run_id == first.run_id


def test_a_run_whose_volume_is_gone_is_passed_over(tmp_path: Path) -> None:
    run = made(tmp_path / "a", 1)
    (tmp_path / "a").rename(tmp_path / "unmounted")
    assert all_runs() == []
    with pytest.raises(NoSuchRunError, match="no run is called"):
        find_run(run.run_id)


def test_an_unclear_reference_is_refused_with_what_it_may_mean(tmp_path: Path) -> None:
    runs = [made(tmp_path, second) for second in (1, 2)]
    with pytest.raises(NoSuchRunError, match=f"{runs[0].run_id}, {runs[1].run_id}"):
        find_run("20260131", state_dir=tmp_path)


def test_no_run_yet_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NoSuchRunError, match="no run yet"):
        find_run(state_dir=tmp_path)
    with pytest.raises(NoSuchRunError, match=r"run\.json is missing"):
        RunFolder.open(tmp_path)


def test_a_damaged_record_is_named_and_hides_no_other_run(tmp_path: Path) -> None:
    damaged, whole = made(tmp_path, 1), made(tmp_path, 2)
    (damaged.path / "run.json").write_text("{")
    assert [run.run_id for run in list_runs(tmp_path)] == [whole.run_id]
    with pytest.raises(InputError, match=r"run\.json"):
        RunFolder.open(damaged.path)


def test_a_home_that_cannot_be_written_costs_the_index_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    run = made(tmp_path / "corpus")
    assert list_runs(tmp_path / "corpus")[0].run_id == run.run_id
    assert all_runs() == []


def test_state_lies_in_the_corpus_where_that_can_be_written(tmp_path: Path, user_folders: Path) -> None:
    assert places.state_dir_for(tmp_path) == tmp_path / ".gonogo"
    assert places.state_dir_for(tmp_path, Path("/elsewhere")) == Path("/elsewhere")
    assert places.state_dir_for(None) == user_folders / "state/gonogo/no-corpus"
    assert list(tmp_path.iterdir()) == []


def test_state_of_a_corpus_that_cannot_be_written_is_keyed_by_its_path(user_folders: Path) -> None:
    state = places.state_dir_for(Path("/proc/self/fdinfo/.."))
    assert state.parent == user_folders / "state/gonogo/corpora"
    assert state.name == places.key_of(Path(f"/proc/{os.getpid()}"))


def test_two_corpora_of_one_name_have_two_keys() -> None:
    keys = {places.key_of(Path(path)) for path in ("/a/final export", "/b/final export")}
    assert len(keys) == 2
    assert all(key.startswith("final-export-") for key in keys)


def test_sockets_lie_in_a_private_folder_with_a_short_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user_folders: Path
) -> None:
    run_id = new_run_id("convert", datetime.now(UTC))
    assert places.socket_path(run_id).parent == user_folders / "run/gonogo"
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("long" * 30)))
    (tmp_path / ("long" * 30)).mkdir()
    path = places.socket_path(run_id)
    assert len(os.fsencode(path)) <= 100
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_runtime_folder_that_somebody_else_made_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, user_folders: Path
) -> None:
    (tmp_path / "theirs").mkdir()
    (user_folders / "run/gonogo").symlink_to(tmp_path / "theirs")
    with pytest.raises(GonogoError, match="wanted a folder of our own"):
        places.runtime_dir()
