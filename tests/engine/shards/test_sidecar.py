from __future__ import annotations

import csv
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import DamagedError, InputError, UnsupportedError
from engine.shards import sidecar
from engine.shards.sidecar import (
    FIELDS,
    Match,
    Row,
    Sidecar,
    SidecarFormat,
    map_columns,
    match_rows,
    read_member_metadata,
    read_sidecar,
    sidecar_of_members,
)

Record = Mapping[str, object]
ROWS: list[Record] = [
    {"utt_id": "v1_0", "audio_filepath": "v1_0.wav", "text": "good morning", "lang": "en", "dur": 1.5, "snr": 20},
    {"utt_id": "v1_1", "audio_filepath": "v1_1.wav", "text": "", "lang": "en", "dur": 0.25, "snr": 7},
]
WANTED = (
    Row("v1_0", "v1_0.wav", None, "good morning", "en", None, 1.5),
    Row("v1_1", "v1_1.wav", None, "", "en", None, 0.25),
)


def write(path: Path, rows: Sequence[Record]) -> Path:
    match path.suffix:
        case ".parquet":
            pq.write_table(pa.Table.from_pylist([dict(row) for row in rows]), path, write_page_checksum=True)
        case ".jsonl":
            path.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
        case ".json":
            path.write_text(json.dumps(rows), encoding="utf-8")
        case _:
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.DictWriter(file, list(rows[0]))
                writer.writeheader()
                writer.writerows([dict(row) for row in rows])
    return path


def text_file(path: Path, text: str | bytes) -> Path:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sidecars")


FILES = [kind for kind in SidecarFormat if kind is not SidecarFormat.MEMBERS]


@pytest.mark.parametrize("kind", FILES)
def test_every_format_tells_the_same(tmp_path: Path, kind: SidecarFormat) -> None:
    found = read_sidecar(write(tmp_path / f"metadata.{kind}", ROWS))
    assert found.rows == WANTED
    assert found.format is kind
    assert found.mapping["member"] == "audio_filepath"
    assert [str(cell) for cell in found.others["snr"]] == ["20", "7"]
    assert found.problems == ()


def test_an_object_of_objects_gives_each_row_its_member(tmp_path: Path) -> None:
    path = text_file(tmp_path / "metadata.json", '{"a.wav": {"text": "one"}, "b.wav": {"text": "two"}}')
    assert read_sidecar(path).rows == (Row(member="a.wav", text="one"), Row(member="b.wav", text="two"))


@pytest.mark.parametrize("body", ["[]", "{}", " [ ] \n", '[{"text": "x"}]', '\ufeff[{"text": "x"}\n,\r\n{}]'])
def test_json_with_any_space_around_it_is_read(tmp_path: Path, body: str) -> None:
    assert len(read_sidecar(text_file(tmp_path / "m.json", body)).rows) == body.count("}") - (body == "{}")


def test_blank_lines_and_missing_keys_are_no_faults(tmp_path: Path) -> None:
    found = read_sidecar(text_file(tmp_path / "m.jsonl", '\n{"text": "a"}\n\n{"id": 7, "more": [1]}\n'))
    assert found.rows == (Row(text="a"), Row(utt_id="7"))
    assert found.others == {"more": [None, "[1]"]}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv_is_read_with_the_delimiter_of_its_header(tmp_path: Path, delimiter: str) -> None:
    body = f'member{delimiter}text{delimiter}dur\r\na.wav{delimiter}"x{delimiter} ""y""\r\nz"{delimiter}2\r\n'
    (row,) = read_sidecar(text_file(tmp_path / "m.csv", body)).rows
    assert row == Row(member="a.wav", text=f'x{delimiter} "y"\r\nz', duration_s=2.0)


STRICT = [
    ('{"a": 1, "a": 2}', "the key 'a' twice"),
    ('{"a": {"b": 1, "b": 1}}', "the key 'b' twice"),
    ('{"a": NaN}', "NaN, which JSON does not have"),
    ('{"a": -Infinity}', "-Infinity"),
    ('{"a": 1e999}', "1e999, which is too large"),
    (r'{"a": "\ud800"}', "half of a surrogate pair"),
    ('{"a": ' + "[" * 100_000, "nested too deep"),
    ("3", "a int in place of an object"),
    ('{"a": 1', "Expecting"),
    ('{"a": ' + "9" * 5000 + "}", "a number of 5,000 digits"),
]


@pytest.mark.parametrize(("body", "told"), STRICT)
def test_json_that_is_not_strict_is_refused_with_its_line(tmp_path: Path, body: str, told: str) -> None:
    for path in (
        text_file(tmp_path / "m.jsonl", f'{{"a": 1}}\n\n{body}\n'),
        text_file(tmp_path / "m.json", f'[{{"a": 1}},\n\n{body}\n]'),
    ):
        with pytest.raises(DamagedError) as caught:
            read_sidecar(path)
        fault = caught.value.fault
        assert fault.file in (f"{path}:3", f"{path}:4")  # what is cut off is missed where the next line begins
        assert told in fault.read


@pytest.mark.parametrize(
    ("name", "body", "told"),
    [
        ("m.jsonl", '{"a": 1} {"b": 2}', "more behind"),
        ("m.jsonl", b'{"a": "\xff"}', "ff 22 7d"),
        ("m.json", '{"a.wav": {}, "a.wav": {}}', "the key 'a.wav' twice"),
        ("m.json", '[{"a": 1},]', "Expecting value"),
        ("m.json", "[{}] x", "more behind the end"),
        ("m.json", b'[{"a": "\xff"}]', "byte 8"),
        ("m.json", "", "at the start"),
        ("m.csv", "a,b\n1,2\n3\n", "1 cells"),
        ("m.csv", "a,a\n1,2\n", "a"),
        ("m.csv", 'a,b\n"1,2\n', "unexpected end"),
        ("m.csv", b"a,b\n\xff,2\n", "ff 2c"),
        ("m.csv", "a,b\n" + "x" * 200_000 + ",1\n", "field larger"),
        ("m.parquet", "PAR1 is all it has", "Parquet magic bytes"),
    ],
)
def test_damage_is_refused_with_what_was_read(tmp_path: Path, name: str, body: str | bytes, told: str) -> None:
    with pytest.raises(DamagedError) as caught:
        read_sidecar(text_file(tmp_path / name, body))
    assert caught.value.fault.file.startswith(str(tmp_path / name))
    assert told in caught.value.fault.read
    assert caught.value.fault.wanted


@pytest.mark.parametrize("name", ["m.jsonl", "m.csv"])
def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path: Path, name: str) -> None:
    path = text_file(tmp_path / name, b"a,b\n" * (name == "m.csv") + b" " * (sidecar.LINE_CAP_BYTES + 1))
    with pytest.raises(DamagedError, match="a line is too long"):
        read_sidecar(path)


def test_too_many_columns_are_refused(tmp_path: Path) -> None:
    body = "\n".join(json.dumps({f"k{number}": 1}) for number in range(sidecar.COLUMNS_CAP + 1))
    with pytest.raises(DamagedError, match="more than 1,000 columns"):
        read_sidecar(text_file(tmp_path / "m.jsonl", body))


def test_a_missing_file_a_folder_and_an_unknown_ending_are_input_errors(tmp_path: Path) -> None:
    (tmp_path / "m.json").mkdir()
    for name in ("gone.csv", "m.json"):
        with pytest.raises(DamagedError):
            read_sidecar(tmp_path / name)
    with pytest.raises(UnsupportedError, match=r"read \.yaml, wanted \.parquet"):
        read_sidecar(tmp_path / "m.yaml")


def test_a_sparse_giant_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    with path.open("wb") as file:
        file.truncate(sidecar.FILE_CAP_BYTES + 1)
    with pytest.raises(UnsupportedError, match="too large"):
        read_sidecar(path)


def test_flipped_bits_in_parquet_never_change_a_row_of_a_checksummed_page(tmp_path: Path) -> None:
    path = write(tmp_path / "m.parquet", [{"utt_id": f"u{i}", "text": f"word {i * i}"} for i in range(200)])
    whole, rows = path.read_bytes(), read_sidecar(path).rows
    chance = random.Random(7)
    refused = 0
    for _ in range(300):
        damaged = bytearray(whole)
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
        path.write_bytes(damaged)
        try:
            found = read_sidecar(path)
        except InputError:
            refused += 1
        else:
            assert found.rows == rows or set(found.mapping) != {"utt_id", "text"}
    assert refused > 200


def test_bytes_and_nested_columns_of_parquet_are_named_and_not_read(tmp_path: Path) -> None:
    rows = [{"text": "a", "audio": {"bytes": b"x" * 100, "path": "a.wav"}, "raw": b"y"}]
    found = read_sidecar(write(tmp_path / "m.parquet", rows))
    assert found.unread == ("audio", "raw")
    assert found.rows == (Row(text="a"),)


def test_a_value_that_cannot_be_is_none_and_told_once_a_column(tmp_path: Path) -> None:
    body: list[Record] = [
        {"text": ["a"], "duration": "long"},
        {"text": "b", "duration": -1},
        {"text": None, "duration": "2.5"},
    ]
    found = read_sidecar(write(tmp_path / "m.jsonl", body))
    assert found.rows == (Row(), Row(text="b"), Row(duration_s=2.5))
    assert sorted(fault.problem for fault in found.problems) == [
        "1 value of the column text is unusable, the first in row 1",
        "2 values of the column duration are unusable, the first in row 1",
    ]


def test_milliseconds_become_seconds(tmp_path: Path) -> None:
    assert read_sidecar(write(tmp_path / "m.jsonl", [{"duration_ms": 1500}])).rows == (Row(duration_s=1.5),)
    extra = {"duration_s": ("len_ms",)}
    assert read_sidecar(write(tmp_path / "m.jsonl", [{"len_ms": "250"}]), extra).rows == (Row(duration_s=0.25),)


@given(st.sampled_from([(field, alias) for field, aliases in FIELDS.items() for alias in aliases]), st.booleans())
def test_every_alias_leads_to_its_field_in_any_case(pair: tuple[str, str], is_upper: bool) -> None:
    field, alias = pair
    column = alias.upper() if is_upper else alias
    assert map_columns(["other", column], {}) == {field: column}


@given(st.lists(st.sampled_from([alias for aliases in FIELDS.values() for alias in aliases]), unique=True))
def test_the_first_alias_wins_whatever_the_order_of_columns(columns: list[str]) -> None:
    mapping = map_columns(columns, {})
    for field, aliases in FIELDS.items():
        assert mapping.get(field) == next((alias for alias in aliases if alias in columns), None)


def test_an_extra_alias_is_asked_first_and_takes_the_column_for_itself() -> None:
    assert map_columns(["text", "norm"], {"text": ("norm",)}) == {"text": "norm"}
    assert map_columns(["audio", "text"], {"text": ("audio",)}) == {"text": "audio"}


def test_no_alias_belongs_to_two_fields() -> None:
    aliases = [alias for names in FIELDS.values() for alias in names]
    assert len(set(aliases)) == len(aliases)


JSON_LIKE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["text", "dur", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    kind=st.sampled_from(FILES),
    body=st.binary(max_size=80)
    | st.text('{}[]":,;\\ud8 \n\r\t1eE-NaInfity\0', max_size=60).map(str.encode)
    | st.lists(JSON_LIKE, max_size=4).map(lambda rows: "\n".join(map(json.dumps, rows)).encode())
    | JSON_LIKE.map(lambda value: json.dumps(value).encode()),
)
def test_any_bytes_are_a_sidecar_or_an_input_error(folder: Path, kind: SidecarFormat, body: bytes) -> None:
    path = text_file(folder / f"any.{kind}", body)
    try:
        found = read_sidecar(path)
    except InputError as error:
        assert error.fault.problem  # noqa: PT017 - either outcome is right
    else:
        for row in found.rows:
            assert row.duration_s is None or 0 <= row.duration_s < float("inf")
            assert row.text is None or row.text.encode() is not None


@given(
    body=st.binary(max_size=60) | JSON_LIKE.map(lambda value: json.dumps(value).encode()),
    ending=st.sampled_from(["json", "txt"]),
)
def test_any_member_is_metadata_or_an_input_error(body: bytes, ending: str) -> None:
    try:
        assert isinstance(read_member_metadata(body, f"a.{ending}"), Row)
    except InputError as error:
        assert error.fault.member == f"a.{ending}"  # noqa: PT017 - either outcome is right


def test_a_webdataset_member_tells_its_fields_or_its_transcript() -> None:
    assert read_member_metadata(b'{"lang": "pl", "duration_ms": 5}', "a.json") == Row(language="pl", duration_s=0.005)
    assert read_member_metadata("dzień dobry\n".encode(), "a.txt") == Row(text="dzień dobry")
    assert read_member_metadata(b"", "a.txt") == Row(text="")
    assert read_member_metadata(b'{"norm": "x"}', "a.json", {"text": ["norm"]}) == Row(text="x")


def matched(rows: Sequence[Row], names: Sequence[str]) -> Match:
    return match_rows(Sidecar(Path("m.jsonl"), SidecarFormat.JSONL, tuple(rows), {}, {}, (), ()), names)


@pytest.mark.parametrize(
    ("row", "clip"),
    [
        (Row(member="a/x.wav"), "a/x.wav"),
        (Row(member="x.wav"), "./a/x.wav"),
        (Row(member="/data/raw/x.wav"), "a/x.wav"),
        (Row(member="x.flac"), "x.wav"),
        (Row(utt_id="x"), "a/x.wav"),
        (Row(utt_id="vid.1_0"), "vid.1_0.wav"),
        (Row(utt_id="a/x"), "a/x.seg1.wav"),
        (Row(utt_id="x"), "a/x.seg1.wav"),
        (Row(utt_id="x", member="elsewhere.wav"), "x.wav"),
    ],
)
def test_a_row_finds_its_clip_by_name_base_name_or_key(row: Row, clip: str) -> None:
    assert matched([row], [clip]) == Match({clip: 0}, (), (), ())


def test_what_has_no_partner_is_told_on_both_sides() -> None:
    found = matched([Row(member="a.wav"), Row(member="b.wav"), Row()], ["a.wav", "c.wav"])
    assert found == Match({"a.wav": 0}, ("c.wav",), (1, 2), ())


def test_a_key_that_two_clips_share_names_neither() -> None:
    found = matched([Row(utt_id="vid"), Row(member="vid.1_0.wav")], ["vid.1_0.wav", "vid.1_1.wav"])
    assert found == Match({"vid.1_0.wav": 1}, ("vid.1_1.wav",), (0,), ())


def test_the_first_of_two_rows_for_one_clip_counts() -> None:
    assert matched([Row(member="a.wav"), Row(member="a.wav")], ["a.wav"]) == Match({"a.wav": 0}, (), (), (1,))


@given(st.lists(st.text("ab./", min_size=1, max_size=5), unique=True), st.lists(st.text("ab./", max_size=5)))
def test_every_clip_and_every_row_is_accounted_for_once(names: list[str], members: list[str]) -> None:
    found = matched([Row(member=member) for member in members], names)
    assert sorted([*found.row_of, *found.clips_without_row]) == sorted(names)
    told = [*found.row_of.values(), *found.rows_without_clip, *found.doubled]
    assert sorted(told) == list(range(len(members)))
    assert all(found.row_of.get(name) == members.index(name) for name in names if name in members)


def test_the_metadata_members_of_a_webdataset_tar_are_rows_like_any_others() -> None:
    members = {
        "a/1.json": b'{"duration": 2.5, "lang": "en", "transcript": "one"}',
        "a/2.txt": b"two\n",
        "a/3.json": b'{"duration": 1, "duration": 2}',
    }
    clips = ["a/1.wav", "a/2.wav", "a/3.wav", "a/4.wav"]
    found = sidecar_of_members(Path("x.tar"), clips, list(members), members.__getitem__)
    assert found is not None
    assert found.format is SidecarFormat.MEMBERS
    first, second, third = found.rows
    assert (first.member, first.duration_s, first.language, first.text) == ("a/1.wav", 2.5, "en", "one")
    assert (second.member, second.text) == ("a/2.wav", "two")
    assert third.duration_s is None
    assert [fault.member for fault in found.problems] == ["a/3.json"]
    assert match_rows(found, clips).clips_without_row == ("a/4.wav",)
    assert sidecar_of_members(Path("x.tar"), clips, [], members.__getitem__) is None


def test_clips_that_share_a_webdataset_key_have_each_its_own_metadata_member() -> None:
    members = {f"vid.1_{number}.json": b'{"duration": %d}' % number for number in range(1, 4)}
    clips = [f"vid.1_{number}.wav" for number in range(1, 4)]
    found = sidecar_of_members(Path("x.tar"), clips, list(members), members.__getitem__)
    assert found is not None
    assert [(row.member, row.duration_s) for row in found.rows] == list(zip(clips, (1, 2, 3), strict=True))
    shared = sidecar_of_members(Path("x.tar"), clips, ["vid.json"], lambda _: b"{}")
    assert shared is None, "whose of three clips it is, nobody can tell"
