"""The gate before a training that is paid by the hour: every table that an earlier step left half done closes it.

The tables have the shape, the counts and the faults of a real project: a manifest of 1,327 tracks in 8 colours, 11,605
segments of them, and two embeddings of each segment.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from engine.checklist.answers import Answer, State
from tests.engine.checklist.asking import around, look

COLORS: Final = ("Black", "Red", "Orange", "Yellow", "Green", "Blue", "Indigo", "Violet")
TRACKS: Final = dict(zip(COLORS, (187, 155, 197, 130, 44, 179, 217, 218), strict=True))
SEGMENTS: Final = dict(zip(COLORS, (1748, 1474, 1731, 656, 393, 2097, 1406, 2100), strict=True))
WITHOUT_LYRICS: Final = 841
LENGTH: Final = 16
MANIFEST, METADATA, EMBEDDED = (
    "base_manifest_db.parquet",
    "training_segments_metadata.parquet",
    "training_data_with_embeddings.parquet",
)

GATE: Final = {
    "manifest": """
        type = "parquet"
        path = "base_manifest_db.parquet"
        rows = 1327
        columns = { id = "string", rainbow_color = "string", track_id = "integer", training_data = "" }
        not_null = [{ column = "rainbow_color" }]
        distinct = { rainbow_color = 8 }
        unique = ["id,track_id"]
        [present]
        rainbow_color = ["Black", "Red", "Orange", "Yellow", "Green", "Blue", "Indigo", "Violet"]
    """,
    "segments": """
        type = "parquet"
        path = "training_segments_metadata.parquet"
        min_rows = 10_001
        distinct = { rainbow_color = 8 }
        present = { rainbow_color = ["Green"] }
        not_null = [{ column = "rainbow_color" }]
        unique = ["segment_id"]
        no_orphans = [{ column = "song_id", in = "base_manifest_db.parquet", key = "id" }]
    """,
    "embeddings": """
        type = "parquet"
        path = "training_data_with_embeddings.parquet"
        unique = ["segment_id"]
        no_orphans = [{ column = "segment_id", in = "training_segments_metadata.parquet", key = "segment_id" }]
        not_null = [{ column = "has_lyric_embedding" }]
        columns = { concept_embedding = "list", lyric_embedding = "list", has_lyric_embedding = "boolean" }
        populated = [
            { column = "concept_embedding", min_distinct = 8, length = 16 },
            { column = "lyric_embedding", where = "trim(lyric_text) <> ''", min_distinct = 1000, length = 16 },
            { column = "lyric_embedding", where = "has_lyric_embedding", min_distinct = 1000 },
        ]
    """,
    "every-segment-is-embedded": """
        type = "parquet"
        path = "training_segments_metadata.parquet"
        no_orphans = [{ column = "segment_id", in = "training_data_with_embeddings.parquet", key = "segment_id" }]
    """,
}


@dataclass
class Cycle:
    """The three tables; a test breaks one of them."""

    folder: Path
    manifest: pa.Table
    metadata: pa.Table
    embedded: pa.Table

    def write(self) -> None:
        for name, table in ((MANIFEST, self.manifest), (METADATA, self.metadata), (EMBEDDED, self.embedded)):
            pq.write_table(table, self.folder / name)


async def gate(cycle: Cycle) -> dict[str, Answer]:
    """Ask all checks of the gate, each as it stands in a checklist."""
    asked = [look(around(cycle.folder), table) for table in GATE.values()]
    return dict(zip(GATE, await asyncio.gather(*asked), strict=True))


@pytest.fixture(scope="module")
def good() -> tuple[pa.Table, pa.Table, pa.Table]:
    """All three tables as they should be."""
    manifest = make_manifest()
    metadata = make_metadata()
    return manifest, metadata, make_embedded(metadata)


@pytest.fixture
def cycle(tmp_path: Path, good: tuple[pa.Table, pa.Table, pa.Table]) -> Cycle:
    """Good tables in a folder of the test's own."""
    return Cycle(tmp_path, *good)


def make_manifest() -> pa.Table:
    colors = [color for color, count in TRACKS.items() for _ in range(count)]
    songs = [f"{COLORS.index(color) + 1:02d}_{row % 9 + 1:02d}" for row, color in enumerate(colors)]
    return pa.table(
        {
            "id": songs,
            "rainbow_color": colors,
            "track_id": pa.array(range(len(colors)), pa.int64()),
            "vocals": [row % 7 != 0 for row in range(len(colors))],
            "training_data": [{"word_count": row, "track_duration": 31.5} for row in range(len(colors))],
        }
    )


def make_metadata() -> pa.Table:
    colors = [color for color, count in SEGMENTS.items() for _ in range(count)]
    songs = [f"{COLORS.index(color) + 1:02d}_{row % 9 + 1:02d}" for row, color in enumerate(colors)]
    spoken = [
        (row + 1) * WITHOUT_LYRICS // len(songs) == row * WITHOUT_LYRICS // len(songs) for row in range(len(songs))
    ]
    lyrics = [f"line {row} of {song}" if spoken[row] else "" for row, song in enumerate(songs)]
    return pa.table(
        {
            "segment_id": [f"{song}_seg_{row:05d}_track_{row % 30:02d}" for row, song in enumerate(songs)],
            "song_id": songs,
            "rainbow_color": colors,
            "lyric_text": lyrics,
            "start_seconds": [float(row % 300) for row in range(len(songs))],
        }
    )


def make_embedded(metadata: pa.Table) -> pa.Table:
    rows = metadata.num_rows
    random = np.random.default_rng(7)
    songs = {song: random.normal(size=LENGTH) for song in sorted(set(metadata["song_id"].to_pylist()))}
    sung = np.array([text != "" for text in metadata["lyric_text"].to_pylist()])
    lyric = random.normal(size=(rows, LENGTH))
    lyric[~sung] = 0.0
    concept = np.stack([songs[song] for song in metadata["song_id"].to_pylist()])
    return pa.table(
        {
            "segment_id": metadata["segment_id"],
            "lyric_text": metadata["lyric_text"],
            "concept_embedding": vectors(concept),
            "lyric_embedding": vectors(lyric),
            "has_lyric_embedding": sung,
        }
    )


def vectors(values: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> pa.Array:
    return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), pa.float32()), values.shape[1])


def as_matrix(table: pa.Table, name: str) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    flat = table[name].combine_chunks().flatten().to_numpy()
    return np.asarray(flat, np.float64).reshape(table.num_rows, -1)


def replaced(table: pa.Table, name: str, column: object) -> pa.Table:
    return table.set_column(table.schema.get_field_index(name), name, column)


async def test_the_gate_opens_on_whole_tables(cycle: Cycle) -> None:
    cycle.write()

    answers = await gate(cycle)

    assert {name: answer.state for name, answer in answers.items()} == dict.fromkeys(GATE, State.PASS), answers
    assert answers["manifest"].read.startswith("1,327 rows; ")
    assert answers["segments"].read.startswith("11,605 rows; ")
    assert f"different vectors of length {LENGTH}" in answers["embeddings"].read


def only_1326_tracks(cycle: Cycle) -> None:
    cycle.manifest = cycle.manifest.slice(1)


def a_track_more(cycle: Cycle) -> None:
    one = replaced(cycle.manifest.slice(0, 1), "track_id", pa.array([99_999], pa.int64()))
    cycle.manifest = pa.concat_tables([cycle.manifest, one])


def no_green_track(cycle: Cycle) -> None:
    """The count is right, for another colour has more."""
    colors = ["Blue" if color == "Green" else color for color in cycle.manifest["rainbow_color"].to_pylist()]
    cycle.manifest = replaced(cycle.manifest, "rainbow_color", pa.array(colors))


def no_green_segment(cycle: Cycle) -> None:
    """10,544 rows of the first extraction, which is more than the 10,000 that were asked for."""
    colors = cycle.metadata["rainbow_color"].to_pylist()
    cycle.metadata = cycle.metadata.take([row for row, color in enumerate(colors) if color != "Green"]).slice(0, 10_544)
    assert cycle.metadata.num_rows == 10_544


def unlabelled_segments(cycle: Cycle) -> None:
    """Indigo and Violet never were joined: 3,506 rows, a third of all."""
    colors = [None if color in ("Indigo", "Violet") else color for color in cycle.metadata["rainbow_color"].to_pylist()]
    assert colors.count(None) == 3_506
    cycle.metadata = replaced(cycle.metadata, "rainbow_color", pa.array(colors))


def doubled_segments(cycle: Cycle) -> None:
    """Four track ids that come twice in the manifest made 87 rows more in the join."""
    cycle.metadata = pa.concat_tables([cycle.metadata, cycle.metadata.slice(4_000, 87)])
    assert cycle.metadata.num_rows == 11_692


def metadata_was_not_written(cycle: Cycle) -> None:
    """The command writes this file only with an option that the instructions leave out."""


def one_concept_for_all(cycle: Cycle) -> None:
    same = np.tile(as_matrix(cycle.embedded, "concept_embedding")[:1], (cycle.embedded.num_rows, 1))
    cycle.embedded = replaced(cycle.embedded, "concept_embedding", vectors(same))


def lyrics_were_never_embedded(cycle: Cycle) -> None:
    cycle.embedded = replaced(cycle.embedded, "lyric_embedding", vectors(np.zeros((cycle.embedded.num_rows, LENGTH))))


def lyrics_are_the_concept(cycle: Cycle) -> None:
    """One vector a song, the same in all its segments: populated, and of no use."""
    cycle.embedded = replaced(cycle.embedded, "lyric_embedding", cycle.embedded["concept_embedding"])


def no_lyric_vectors_at_all(cycle: Cycle) -> None:
    cycle.embedded = replaced(
        cycle.embedded, "lyric_embedding", pa.nulls(cycle.embedded.num_rows, pa.list_(pa.float32(), LENGTH))
    )


def a_vector_that_is_no_number(cycle: Cycle) -> None:
    lyric = as_matrix(cycle.embedded, "lyric_embedding").copy()
    lyric[5_001, 3] = np.nan
    cycle.embedded = replaced(cycle.embedded, "lyric_embedding", vectors(lyric))


def embeddings_of_other_segments(cycle: Cycle) -> None:
    ids = [f"other_{name}" for name in cycle.embedded["segment_id"].to_pylist()]
    cycle.embedded = replaced(cycle.embedded, "segment_id", pa.array(ids))


def embeddings_joined_by_position(cycle: Cycle) -> None:
    """They were computed over the 11,692 rows of the doubled table, and laid beside the 11,605: all shifted by 87."""
    lyric = np.roll(as_matrix(cycle.embedded, "lyric_embedding"), 87, axis=0)
    cycle.embedded = replaced(cycle.embedded, "lyric_embedding", vectors(lyric))


def embeddings_without_ids(cycle: Cycle) -> None:
    cycle.embedded = cycle.embedded.drop_columns(["segment_id"])


def one_column_of_an_older_notebook(cycle: Cycle) -> None:
    names = ["embedding" if name == "concept_embedding" else name for name in cycle.embedded.column_names]
    cycle.embedded = cycle.embedded.rename_columns(names).drop_columns(["lyric_embedding"])


def segments_that_were_not_embedded(cycle: Cycle) -> None:
    cycle.embedded = cycle.embedded.slice(0, 11_000)


@pytest.mark.parametrize(
    ("broken", "check", "told"),
    [
        (only_1326_tracks, "manifest", "1,326 rows, wanted 1,327"),
        (a_track_more, "manifest", "1,328 rows, wanted 1,327"),
        (no_green_track, "manifest", "rainbow_color: 7 different values, wanted 8"),
        (no_green_segment, "segments", "rainbow_color: no row has 'Green'"),
        (unlabelled_segments, "segments", "rainbow_color: null in 3,506 of 11,605 rows"),
        (doubled_segments, "segments", "segment_id: 87 rows with a key that another row has ("),
        (metadata_was_not_written, "segments", "training_segments_metadata.parquet is not there"),
        (one_concept_for_all, "embeddings", "1 different vector, wanted at least 8"),
        (lyrics_were_never_embedded, "embeddings", "10,764 all zero"),
        (lyrics_are_the_concept, "embeddings", "72 different vectors, wanted at least 1,000"),
        (no_lyric_vectors_at_all, "embeddings", "10,764 null"),
        (a_vector_that_is_no_number, "embeddings", "1 with NaN or infinity ('04_"),
        (embeddings_of_other_segments, "embeddings", "that training_segments_metadata.parquet has not as segment_id"),
        (embeddings_joined_by_position, "embeddings", "all zero ("),
        (embeddings_without_ids, "embeddings", "no column 'segment_id'"),
        (one_column_of_an_older_notebook, "embeddings", "no column 'lyric_embedding'"),
        (segments_that_were_not_embedded, "every-segment-is-embedded", "605 of 11,605 rows"),
    ],
)
async def test_each_way_in_which_a_table_was_left_half_done_closes_the_gate(
    cycle: Cycle, broken: Callable[[Cycle], None], check: str, told: str
) -> None:
    broken(cycle)
    cycle.write()
    if broken is metadata_was_not_written:
        (cycle.folder / METADATA).unlink()

    answer = await look(around(cycle.folder), GATE[check])

    assert answer.state is State.FAIL, answer
    assert told in answer.read
