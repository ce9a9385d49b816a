from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import config
from engine.checklist.finding import open_list
from engine.config import CorpusFacts, OriginKind, Resolved, Settings, load_settings
from engine.config.keys import GATES
from engine.errors import ConfigError
from engine.shards.sidecar import FIELDS

KINDS: Final = (OriginKind.FLAG, OriginKind.ENV, OriginKind.CORPUS_FILE, OriginKind.USER_FILE)


def write(corpus: Path, text: str) -> Path:
    corpus.mkdir(exist_ok=True)
    path = corpus / "gonogo.toml"
    path.write_text(text, encoding="utf-8")
    return path


def complaint(corpus: Path | None, **more: dict[str, str]) -> str:
    with pytest.raises(ConfigError) as caught:
        load_settings(corpus, env=more.get("env"), flags=more.get("flags"))
    return str(caught.value)


def test_without_any_source_every_key_has_its_default() -> None:
    found = load_settings(None)
    assert found.settings == Settings()
    assert {origin.kind for origin in found.origins.values()} == {OriginKind.DEFAULT}
    assert set(found.origins) == {entry.key for entry in config.describe()}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("config")


@given(given_by=st.fixed_dictionaries({kind: st.none() | st.integers(1, 999) for kind in KINDS}))
def test_the_strongest_source_wins_and_is_named(folder: Path, given_by: dict[OriginKind, int | None]) -> None:
    flag, variable, own, user = (given_by[kind] for kind in KINDS)
    (folder / "gonogo.toml").write_text(f"[convert]\nworkers = {own}\n" if own else "", encoding="utf-8")
    (folder / "config.toml").write_text(f"[convert]\nworkers = {user}\n" if user else "", encoding="utf-8")
    env = {"GONOGO_CONVERT_WORKERS": str(variable)} if variable else {}
    found = load_settings(folder, env=env, flags={"convert.workers": flag}, user_folder=folder)
    winner = next((kind for kind in KINDS if given_by[kind]), OriginKind.DEFAULT)
    assert found.origins["convert.workers"].kind is winner
    assert found.settings.convert.workers == given_by.get(winner, "auto")


def test_an_origin_names_file_and_line_or_the_variable(tmp_path: Path) -> None:
    path = write(tmp_path, '# a comment\n\n[convert]\nfloor = "50GB"\n\n# more\nworkers = 3\n')
    found = load_settings(tmp_path, env={"GONOGO_CONVERT_RETRIES": "5"})
    assert found.origins["convert.floor"].where == f"{path}:4"
    assert found.origins["convert.workers"].where == f"{path}:7"
    assert found.origins["convert.retries"].where == "GONOGO_CONVERT_RETRIES"


def test_what_stands_in_a_multi_line_value_is_not_taken_for_a_key(tmp_path: Path) -> None:
    listed = '[metadata.fields]\ntext = [\n  "a",\n  # x\n  "workers",\n]\n'
    quoted = '[layout]\nignore = ["""\n[convert]\nworkers = 1"""]\n'
    path = write(tmp_path, listed + quoted + "lone = 3\n[convert]\nworkers = 0\n")
    lone, workers = complaint(tmp_path).splitlines()
    assert lone.startswith(f"{path}:11: layout.lone: ")
    assert workers.startswith(f"{path}:13: convert.workers: ")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "[convert]\nworkerz = 3\n",
            "gonogo.toml:2: convert.workerz: unknown key: read 3, .*did you mean convert.workers",
        ),
        ("[convrt]\nworkers = 3\n", "gonogo.toml:1: convrt: unknown section: .*did you mean convert"),
        ("workers = 3\n", "gonogo.toml:1: workers: unknown key: .*did you mean convert.workers"),
        ("convert = 3\n", "gonogo.toml:1: convert: unknown key"),
        ("[layout.audio]\nname = 1\n", "gonogo.toml:1: layout.audio: not a possible value"),
        (
            "\n[convert]\nworkers = 0\n",
            'gonogo.toml:3: convert.workers: .*read 0, wanted "auto" or a whole number of at',
        ),
        ("[convert]\nkeep_backups = true\n", "read true, wanted a whole number of at least 0"),
        ('[convert]\nworkers = "8"\n', 'read "8", wanted "auto"'),
        ('[convert]\nsilence = "0s"\n', 'read "0s", wanted a time above 0'),
        ('[convert]\nworker_memory = "lots"\n', 'read "lots", wanted a size above 0'),
        ('[layout]\naudio = "../audio.tar"\n', "wanted a file name that ends in .tar"),
        ('[layout]\naudio = "audio_48k.bak"\n', "wanted a file name that ends in .tar"),
        ('[layout]\nsidecars = ["shard_conversion_status.json"]\n', "wanted a list of file names"),
        ('[layout]\nsources = "final"\n', 'read "final", wanted a list of patterns'),
        ('[gates]\n"convert.strat" = "x"\n', "gates.convert.strat: unknown key: .*did you mean gates.convert.start"),
        ('[gates]\n"convert.start" = 3\n', "wanted the id of a checklist"),
    ],
)
def test_a_wrong_entry_is_named_with_line_value_and_way_out(tmp_path: Path, text: str, wanted: str) -> None:
    write(tmp_path, text)
    assert re.search(wanted, complaint(tmp_path))


def test_all_complaints_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, "[convert]\nworkers = 0\nretires = 1\n")
    lines = complaint(tmp_path, env={"GONOGO_CONVERT_FLOR": "1GB"}, flags={"convert.silence": "soon"}).splitlines()
    assert len(lines) == 4
    assert any("did you mean GONOGO_CONVERT_FLOOR?" in line for line in lines)


def test_a_bad_value_is_an_error_even_where_a_flag_hides_it(tmp_path: Path) -> None:
    write(tmp_path, "[convert]\nworkers = -1\n")
    assert "convert.workers" in complaint(tmp_path, flags={"convert.workers": "4"})


@pytest.mark.parametrize("size", ["9" * 400 + "GB", "1e9", "-1GB"])
def test_a_monstrous_size_is_a_complaint(size: str) -> None:
    assert "convert.floor" in complaint(None, flags={"convert.floor": size})


def test_broken_toml_is_named_with_line_and_column(tmp_path: Path) -> None:
    path = write(tmp_path, "[convert]\nworkers = = 3\n")
    assert complaint(tmp_path).startswith(f"{path}:2:11: not TOML")


@pytest.mark.parametrize("body", [b"\xff[convert]", b"a = " + b"[" * 5000 + b"]" * 5000, b"a = 1\na = 2\n", b"a = '''"])
def test_a_file_that_is_no_configuration_is_a_config_error(tmp_path: Path, body: bytes) -> None:
    write(tmp_path, "").write_bytes(body)
    assert str(tmp_path / "gonogo.toml") in complaint(tmp_path)


@given(body=st.binary(max_size=60) | st.text("[]=.\"'\n#a3", max_size=60).map(str.encode))
def test_any_bytes_give_settings_or_a_config_error(folder: Path, body: bytes) -> None:
    path = folder / "any.toml"
    path.write_bytes(body)
    found: Settings | str
    try:
        found = load_settings(None, path).settings
    except ConfigError as error:
        found = str(error)
    assert found == Settings() or str(path) in str(found)


def test_a_named_file_takes_the_place_of_the_corpus_own_and_must_be_there(tmp_path: Path) -> None:
    write(tmp_path, "[convert]\nworkers = 3\nretries = 9\n")
    other = tmp_path / "other.toml"
    other.write_text("[convert]\nworkers = 4\n", encoding="utf-8")
    for found in (load_settings(tmp_path, other), load_settings(tmp_path, env={"GONOGO_CONFIG": str(other)})):
        assert (found.settings.convert.workers, found.settings.convert.retries) == (4, 2)
    with pytest.raises(ConfigError, match=r"gone\.toml: the configuration cannot be read"):
        load_settings(tmp_path, tmp_path / "gone.toml")


def bound(corpus: Path, config_file: Path | None = None) -> Resolved:
    return load_settings(corpus, config_file)


def test_a_gate_that_the_corpus_binds_stays_bound_under_another_file(tmp_path: Path) -> None:
    write(tmp_path, '[gates]\n"convert.start" = "phase2"\n')
    other = tmp_path / "other.toml"
    other.write_text('[gates]\nclean.start = "cleaning"\n', encoding="utf-8")
    assert bound(tmp_path).settings.gates == {"convert.start": "phase2"}
    assert bound(tmp_path, other).settings.gates == {"convert.start": "phase2", "clean.start": "cleaning"}
    other.write_text('[gates]\nconvert.start = "nothing"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match="bound to another checklist"):
        bound(tmp_path, other)


def test_no_variable_no_flag_and_no_user_file_binds_a_gate(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[gates]\n"convert.start" = "x"\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"config\.toml:2: gates\.convert\.start: .*gonogo\.toml alone"):
        load_settings(None, user_folder=tmp_path)
    for found in (complaint(None, env={"GONOGO_GATES_CONVERT_START": "x"}), complaint(None, flags={"gates.a": "x"})):
        assert "alone" in found


def test_keys_are_a_text_with_commas_or_a_list_and_each_knows_its_line(tmp_path: Path) -> None:
    path = write(tmp_path, '[keys]\n"run.pause" = "f9, p,f9"\nrun.stop = ["f8"]\nlog.find = ""\nlog.all = []\n')
    found = load_settings(tmp_path).settings.keys
    assert {name: bound.names for name, bound in found.items()} == {
        "run.pause": ("f9", "p"),
        "run.stop": ("f8",),
        "log.find": (),
        "log.all": (),
    }
    assert [bound.where for bound in found.values()] == [f"{path}:{line}" for line in (2, 3, 4, 5)]
    assert str(found["run.pause"]) == "f9,p", "it is written into the record of a run as one text"


def test_a_users_own_keys_stand_below_those_of_the_corpus(tmp_path: Path) -> None:
    write(tmp_path, '[keys]\n"run.pause" = "f9"\n')
    (tmp_path / "config.toml").write_text('[keys]\n"run.pause" = "f8"\n"run.stop" = "f7"\n', encoding="utf-8")
    found = load_settings(tmp_path, user_folder=tmp_path).settings.keys
    assert {name: bound.names for name, bound in found.items()} == {"run.pause": ("f9",), "run.stop": ("f7",)}


@pytest.mark.parametrize("raw", ["3", "true", '"f9,,f8"', '["f9", 3]', '["f9", ""]', "2026-01-02", "{ a = 1 }"])
def test_keys_that_are_no_text_are_refused_with_their_line(tmp_path: Path, raw: str) -> None:
    path = write(tmp_path, f'[keys]\n"run.pause" = {raw}\n')
    told = complaint(tmp_path)
    assert told.startswith(f"{path}:2: keys.run.pause")
    assert 'wanted keys with commas between them, such as "f9" or "slash,f", or "" for none' in told


def test_variables_read_numbers_lists_and_the_empty_text() -> None:
    env = {"GONOGO_CONVERT_WORKERS": "8", "GONOGO_LAYOUT_SOURCES": "a, b-*", "GONOGO_CONVERT_FLOOR": "", "HOME": "/"}
    env |= {"GONOGO_METADATA_FIELDS_TEXT": "words", "GONOGO_STATE": "/s"}
    found = load_settings(None, env=env).settings
    assert (found.convert.workers, found.layout.sources, found.convert.floor_bytes) == (8, ("a", "b-*"), None)
    assert found.metadata.aliases() == {"text": ("words",)}


def test_sizes_and_times_are_there_in_bytes_and_seconds() -> None:
    convert = load_settings(None, flags={"convert.floor": "50GB", "convert.floor_wait": "0s"}).settings.convert
    assert (convert.floor_bytes, convert.worker_memory_bytes) == (50 * 10**9, 4 * 10**9)
    assert (convert.silence_s, convert.floor_wait_s) == (300.0, 0.0)


def test_every_key_has_a_docstring_a_type_and_a_variable_of_its_own() -> None:
    entries = list(config.describe())
    assert all(entry.doc and entry.type for entry in entries)
    assert len({entry.variable for entry in entries}) == len(entries)


def test_the_commented_file_binds_two_gates_and_holds_every_default(tmp_path: Path) -> None:
    text = config.commented_toml(CorpusFacts("voices", {"final-export": 3551}))
    path = write(tmp_path, text)
    wanted = Settings(gates={"convert.start": "phase2-conversion", "clean.start": "clean"})
    assert load_settings(tmp_path).settings == wanted
    path.write_text(re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE), encoding="utf-8")
    found = load_settings(tmp_path)
    assert found.settings == wanted
    assert {origin.kind for origin in found.origins.values()} == {OriginKind.CORPUS_FILE}


def test_the_gates_of_the_commented_file_can_be_taken_as_they_are() -> None:
    text = config.commented_toml(CorpusFacts("voices"))
    gates = "\n".join(line.removeprefix("# ") for line in text.partition("[gates]")[2].splitlines())
    assert set(tomllib.loads(gates)) == set(GATES)
    assert all(open_list(checklist, None).gates == gate for gate, checklist in tomllib.loads(gates).items())


def test_a_hostile_name_cannot_write_settings() -> None:
    text = config.commented_toml(CorpusFacts("x\n[convert]\nworkers = 0", {"a\nfloor = 3": 1}))
    assert all(not table for table in tomllib.loads(text)["metadata"].values())
    assert tomllib.loads(text)["convert"] == {}


def test_the_metadata_fields_are_those_of_the_sidecars() -> None:
    keys = [entry.key for entry in config.describe()]
    assert [key.rpartition(".")[2] for key in keys if key.startswith("metadata.fields.")] == list(FIELDS)
