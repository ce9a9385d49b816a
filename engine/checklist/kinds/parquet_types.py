"""Arrow's types as checklists name them: by Arrow's own name, or by a family."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

FAMILIES: Final = ("string", "integer", "floating", "boolean", "list", "binary")
_NAMES: Final = frozenset(
    {
        *("null", "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
        *("halffloat", "float", "double", "large_string", "string_view", "large_binary", "binary_view"),
        *("date32[day]", "date64[ms]", "month_day_nano_interval"),
    }
)
_BUILT: Final = re.compile(
    r"(timestamp|duration|time32|time64|fixed_size_binary)\[.+\]|decimal\d+\(.+\)"
    r"|(list|large_list|list_view|fixed_size_list|struct|map|dictionary|extension)<.+>(\[\d+\])?"
)
"""Names with something in brackets; whether that is right only Arrow knows."""


def check_type(column: str, name: str) -> None:
    """Refuse a type that Arrow does not know; ``""`` stands for any.

    Raises:
        ValueError: when there is none of this name.
    """
    known = {"", *FAMILIES, *_NAMES}
    if name in known or _BUILT.fullmatch(name):
        return
    near = difflib.get_close_matches(name, sorted(known - {""}), 1)
    meant = f"; did you mean {near[0]!r}?" if near else "."
    raise ValueError(f"columns.{column} = {name!r} is no type{meant} Wanted {', '.join(FAMILIES)} or a name of Arrow's")


def plain(type_: pa.DataType) -> pa.DataType:
    """Return the type of the values themselves, without a dictionary or an extension around it."""
    import pyarrow as pa  # noqa: PLC0415  # 0.25 s that most commands do not need

    while True:
        if isinstance(type_, pa.BaseExtensionType):
            type_ = type_.storage_type
        elif pa.types.is_dictionary(type_):
            type_ = type_.value_type
        else:
            return type_


def family(type_: pa.DataType) -> str:
    """Return the family of a type, or Arrow's name where it is of none."""
    from pyarrow import types  # noqa: PLC0415  # 0.25 s that most commands do not need

    type_ = plain(type_)
    lists = (types.is_list, types.is_large_list, types.is_fixed_size_list, types.is_list_view, types.is_large_list_view)
    binaries = (types.is_binary, types.is_large_binary, types.is_fixed_size_binary, types.is_binary_view)
    if types.is_string(type_) or types.is_large_string(type_) or types.is_string_view(type_):
        return "string"
    if types.is_integer(type_):
        return "integer"
    if types.is_floating(type_):
        return "floating"
    if types.is_boolean(type_):
        return "boolean"
    if any(is_one(type_) for is_one in lists):
        return "list"
    return "binary" if any(is_one(type_) for is_one in binaries) else str(type_)


def is_of_type(type_: pa.DataType, name: str) -> bool:
    """Tell whether a column's type is the one that a checklist names."""
    return name in ("", str(type_), str(plain(type_)), family(type_))


def element(type_: pa.DataType) -> tuple[str, int]:
    """Return the family of what lies at the bottom of a list, and how many lists are around it."""
    depth = 0
    type_ = plain(type_)
    while family(type_) == "list":
        type_, depth = plain(type_.value_type), depth + 1
    return family(type_), depth
