"""The metadata beside a shard: rows about clips, whatever the file's format and however its columns are called.

Damage of the file raises :class:`~engine.errors.InputError`; a value that cannot be what its column says becomes
None and is told among the problems, since no clip is left out for its metadata's sake.
"""

from engine.shards.sidecar.fields import FIELDS, Cell, Row, Sidecar, map_columns
from engine.shards.sidecar.formats import SidecarFormat
from engine.shards.sidecar.matching import Match, match_rows, webdataset_key
from engine.shards.sidecar.members import read_member_metadata, sidecar_of_members
from engine.shards.sidecar.reading import read_sidecar
from engine.shards.sidecar.table import COLUMNS_CAP, FILE_CAP_BYTES, LINE_CAP_BYTES, ROWS_CAP

__all__ = [
    "COLUMNS_CAP",
    "FIELDS",
    "FILE_CAP_BYTES",
    "LINE_CAP_BYTES",
    "ROWS_CAP",
    "Cell",
    "Match",
    "Row",
    "Sidecar",
    "SidecarFormat",
    "map_columns",
    "match_rows",
    "read_member_metadata",
    "read_sidecar",
    "sidecar_of_members",
    "webdataset_key",
]
