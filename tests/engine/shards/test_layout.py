from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Layout
from engine.errors import UsageError
from engine.shards import names
from engine.shards.layout import Discovery, ShardKind, find_shards, natural
from engine.shards.names import ShardFiles


def plant(corpus: Path, *paths: str) -> Path:
    for path in paths:
        (corpus / path).parent.mkdir(parents=True, exist_ok=True)
        (corpus / path).touch()
    return corpus


def ids(found: Discovery) -> list[str]:
    return [place.id for place in found.shards]


def test_shards_come_in_natural_order_with_source_and_path(tmp_path: Path) -> None:
    plant(tmp_path, "b/shard_10/audio.tar", "b/shard_2/audio.tar", "a/deep/down/audio.tar", "top/audio.tar")
    found = find_shards(tmp_path, Layout())
    assert ids(found) == ["./top", "a/deep/down", "b/shard_2", "b/shard_10"]
    assert found.warnings == ()
    assert {place.kind for place in found.shards} == {ShardKind.FOLDER}
    assert found.shards[1].files.audio == tmp_path / "a/deep/down/audio.tar"


def test_lone_tars_are_shards_where_no_folder_shard_is(tmp_path: Path) -> None:
    plant(tmp_path, "wds/part-0.tar", "wds/part-10.tar", "wds/part-9.tar", "x.tar", "f/s/audio.tar", "f/s/extra.tar")
    found = find_shards(tmp_path, Layout())
    assert ids(found) == ["./x.tar", "f/s", "wds/part-0.tar", "wds/part-9.tar", "wds/part-10.tar"]
    assert [place.kind for place in found.shards] == [ShardKind.LONE, ShardKind.FOLDER, *[ShardKind.LONE] * 3]


@pytest.mark.parametrize("trace", ["audio_48k.bak", "audio_16k.tar.tmp", "shard_conversion_status.json"])
def test_a_folder_shard_without_its_audio_is_found_by_any_trace(tmp_path: Path, trace: str) -> None:
    plant(tmp_path, f"a/s/{trace}")
    assert ids(find_shards(tmp_path, Layout())) == ["a/s"]


@pytest.mark.parametrize("trace", ["x.tar.48k.bak", "x.tar.16k.tmp", "x.status.json"])
def test_a_lone_shard_without_its_tar_is_found_by_any_trace(tmp_path: Path, trace: str) -> None:
    plant(tmp_path, f"a/{trace}")
    (found,) = find_shards(tmp_path, Layout()).shards
    assert (found.id, found.kind, found.files.audio) == ("a/x.tar", ShardKind.LONE, tmp_path / "a/x.tar")


def test_companions_of_a_lone_tar_are_no_shards_of_their_own(tmp_path: Path) -> None:
    plant(tmp_path, "a/x.tar", "a/x.tar.48k.bak", "a/x.tar.16k.tmp", "a/x.status.json")
    for pattern in ("*.tar", "*"):
        assert ids(find_shards(tmp_path, Layout(lone=pattern))) == ["a/x.tar"]


def test_the_first_configured_sidecar_wins_and_the_other_is_warned_of(tmp_path: Path) -> None:
    plant(tmp_path, "a/s/audio.tar", "a/s/metadata.csv", "a/s/metadata.jsonl", "a/p.tar", "a/p.json")
    found = find_shards(tmp_path, Layout())
    assert [place.sidecar and place.sidecar.name for place in found.shards] == ["p.json", "metadata.jsonl"]
    (warning,) = found.warnings
    assert warning.file == "a/s"
    assert warning.read == "metadata.jsonl, metadata.csv"


def test_another_audio_name_leaves_the_companions_names(tmp_path: Path) -> None:
    plant(tmp_path, "a/s/clips.tar", "a/t/audio_48k.bak")
    found = find_shards(tmp_path, Layout(audio="clips.tar", lone=""))
    assert ids(found) == ["a/s", "a/t"]
    assert found.shards[0].files.audio.name == "clips.tar"
    assert found.shards[0].files.backup.name == "audio_48k.bak"


def test_hidden_and_ignored_folders_and_files_are_left_alone(tmp_path: Path) -> None:
    plant(tmp_path, ".gonogo/s/audio.tar", "a/.x/audio.tar", "a/old/audio.tar", "a/s/audio.tar", "b/y.tar", "b/z.tar")
    assert ids(find_shards(tmp_path, Layout(ignore=("old", "b/y*")))) == ["a/s", "b/z.tar"]


def test_only_the_wanted_sources_are_searched_and_an_idle_pattern_is_told(tmp_path: Path) -> None:
    plant(tmp_path, "final-a/s/audio.tar", "other/s/audio.tar", "x.tar")
    found = find_shards(tmp_path, Layout(sources=("final-*", "finale")))
    assert ids(found) == ["final-a/s"]
    assert [warning.read for warning in found.warnings] == ["finale"]
    assert ids(find_shards(tmp_path, Layout(sources=(".",)))) == ["./x.tar"]


def test_a_linked_folder_is_followed_once_under_its_real_name(tmp_path: Path) -> None:
    elsewhere = plant(tmp_path / "elsewhere", "s/audio.tar")
    corpus = plant(tmp_path / "corpus", "real/s/audio.tar")
    (corpus / "a-twin").symlink_to(corpus / "real")
    (corpus / "linked").symlink_to(elsewhere)
    (corpus / "real" / "loop").symlink_to(corpus)
    (corpus / "broken").symlink_to("nowhere")
    found = find_shards(corpus, Layout())
    assert ids(found) == ["linked/s", "real/s"]
    assert sorted(warning.file for warning in found.warnings) == ["a-twin", "real/loop"]


def test_an_audio_tar_that_is_a_link_or_a_folder_is_still_listed(tmp_path: Path) -> None:
    plant(tmp_path, "a/x/audio.tar/inside", "a/y/metadata.csv")
    (tmp_path / "a/y/audio.tar").symlink_to("nowhere")
    assert ids(find_shards(tmp_path, Layout())) == ["a/x", "a/y"]


def test_a_name_that_is_not_utf_8_is_shown_escaped_and_its_path_is_kept(tmp_path: Path) -> None:
    folder = os.fsencode(tmp_path) + b"/a/shard_\xff"
    os.makedirs(folder)  # noqa: PTH103 - a path of bytes
    Path(os.fsdecode(folder), "audio.tar").touch()
    (found,) = find_shards(tmp_path, Layout()).shards
    assert found.shard == "shard_\\udcff"
    assert found.files.audio.exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every folder")
def test_an_unreadable_folder_is_a_warning(tmp_path: Path) -> None:
    plant(tmp_path, "a/s/audio.tar", "a/t/audio.tar")
    (tmp_path / "a/t").chmod(0)
    found = find_shards(tmp_path, Layout())
    (tmp_path / "a/t").chmod(0o700)
    assert ids(found) == ["a/s"]
    assert [warning.file for warning in found.warnings] == ["a/t"]


def test_a_folder_that_fails_to_list_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, "a/s/audio.tar", "a/t/audio.tar")
    scandir = os.scandir

    def failing(path: Path) -> object:
        if path.name == "t":
            raise OSError(5, "Input/output error")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", failing)
    found = find_shards(tmp_path, Layout())
    assert ids(found) == ["a/s"]
    assert [(warning.file, warning.read) for warning in found.warnings] == [("a/t", "Input/output error")]
    assert found.unseen == 1


def test_no_file_is_opened(tmp_path: Path) -> None:
    plant(tmp_path, "a/s/audio.tar", "a/s/metadata.jsonl", "b/x.tar")
    for path in tmp_path.rglob("*.*"):
        path.unlink()
        os.mkfifo(path)  # opening one would wait for ever
    assert ids(find_shards(tmp_path, Layout())) == ["a/s", "b/x.tar"]


def test_a_corpus_that_is_not_there_is_a_usage_error_and_an_empty_one_is_empty(tmp_path: Path) -> None:
    assert find_shards(tmp_path, Layout()) == Discovery((), ())
    (tmp_path / "file").touch()
    for wrong in (tmp_path / "gone", tmp_path / "file"):
        with pytest.raises(UsageError, match="cannot be listed"):
            find_shards(wrong, Layout())


@given(st.lists(st.text("ab_0123456789", max_size=12), unique=True), st.randoms())
def test_natural_order_does_not_depend_on_the_order_before(texts: list[str], chance: Random) -> None:
    shuffled = chance.sample(texts, len(texts))
    assert sorted(texts, key=natural) == sorted(shuffled, key=natural)


@given(st.integers(0, 10**9), st.integers(0, 10**9))
def test_shard_numbers_sort_as_numbers(one: int, two: int) -> None:
    assert (natural(f"s_{one}") < natural(f"s_{two}")) == (one < two)


@given(st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=20))
def test_every_companion_of_a_lone_tar_leads_back_to_it(stem: str) -> None:
    files = ShardFiles.of_lone(Path("folder") / f"{stem}.tar")
    for companion in (files.backup_name, files.temporary_name, files.status_name):
        assert names.is_companion(companion)
        assert names.lone_owner(companion) == f"{stem}.tar"
    assert files.folder == Path("folder")
