"""Hugging Face's metadata: Parquet files, named so that ``datasets.load_dataset`` finds the splits by itself.

The audio stays in our tars: a row says where. The names are those of datasets 5.2, docs/source/repository_structure:
``data/SPLIT-00000-of-00002.parquet``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.dataset.export.ask import SPLITS
from engine.dataset.export.rows import Piece
from engine.dataset.export.tally import Tally

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

ROW_GROUP: Final = 1 << 16
"""Each split holds as many rows before it writes them: some 25 MB."""
FILE_ROWS: Final = 16 * ROW_GROUP
"""Files are what readers share out among each other."""
_LOOSE: Final = 256
"""Batches of a few rows each, as dev and test have them, take more memory than what is in them."""
COLUMNS: Final = {
    "utt_id": "utt_id",
    "file_name": "member",
    "key": "key",
    "tar": "tar",
    "offset": "offset",
    "size": "size",
    "duration": "duration_s",
    "num_frames": "num_frames",
    "sampling_rate": "sample_rate_hz",
    "num_channels": "channels",
    "codec": "codec",
    "text": "text",
    "language": "language",
    "bucket": "bucket",
    "video_id": "video_id",
    "group_id": "group_id",
    "source": "source",
    "shard": "shard",
    "audio_hash": "audio_hash",
}
"""Ours, by the names that Hugging Face's own data sets have for them."""
_KEY: Final = r"^((?:.*/|)[^.]+)[.][^/]*$"
"""What webdataset and datasets call a sample: up to the first dot behind the last slash."""


class HuggingFace:
    """Writes the format."""

    def __init__(self, folder: Path) -> None:
        self.tally = Tally()
        self._files = {split: _Files(folder / "data", split) for split in SPLITS}

    def add(self, piece: Piece) -> None:
        """Write the rows of some clips."""
        import pyarrow.compute as pc  # noqa: PLC0415  # 60 MB of library

        for split, clips in piece.clips.items():
            if clips:
                self._files[split].add(_renamed(piece.rows.filter(pc.equal(piece.rows["split"], split))))
                self.tally.count(split, clips)

    def finish(self) -> None:
        """Write what is held, and name the files."""
        for files in self._files.values():
            files.finish()

    def close(self) -> None:
        """Close what is open."""
        for files in self._files.values():
            files.end()


class _Files:
    """The files of one split, of whole row groups."""

    def __init__(self, folder: Path, split: str) -> None:
        self._folder, self._split = folder, split
        self._held: list[pa.RecordBatch] = []
        self._rows = self._in_file = self._begun = 0
        self._out: pq.ParquetWriter | None = None

    def add(self, rows: pa.RecordBatch) -> None:
        self._held.append(rows)
        self._rows += rows.num_rows
        if self._rows >= ROW_GROUP:
            self._write()
        elif len(self._held) >= _LOOSE:
            self._held = self._joined().to_batches()

    def _joined(self) -> pa.Table:
        import pyarrow as pa  # noqa: PLC0415  # 60 MB of library

        return pa.Table.from_batches(self._held).combine_chunks()

    def _write(self) -> None:
        import pyarrow.parquet as pq  # noqa: PLC0415  # 60 MB of library

        table = self._joined()
        if self._out is None or self._in_file >= FILE_ROWS:
            self.end()
            self._folder.mkdir(exist_ok=True)
            name = self._folder / f"{self._split}-{self._begun:05d}"
            self._out = pq.ParquetWriter(name, table.schema, compression="zstd", write_page_checksum=True)
            self._begun, self._in_file = self._begun + 1, 0
        self._out.write_table(table, row_group_size=table.num_rows)
        self._in_file += table.num_rows
        self._held, self._rows = [], 0

    def end(self) -> None:
        if self._out is not None:
            self._out.close()

    def finish(self) -> None:
        if self._held:
            self._write()
        self.end()
        for number in range(self._begun):
            name = self._folder / f"{self._split}-{number:05d}"
            name.rename(f"{name}-of-{self._begun:05d}.parquet")


def _renamed(rows: pa.RecordBatch) -> pa.RecordBatch:
    import pyarrow as pa  # noqa: PLC0415  # 60 MB of library
    import pyarrow.compute as pc  # noqa: PLC0415

    columns = {"key": pc.replace_substring_regex(rows["member"], _KEY, r"\1")}
    return pa.RecordBatch.from_pydict({name: columns.get(ours) or rows[ours] for name, ours in COLUMNS.items()})
