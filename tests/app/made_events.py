"""Events of any type whose fields hold whatever their types allow, sensible or not: what a log may tell."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from msgspec import inspect as shapes

from engine.run.events import Event

_TEXTS = st.sampled_from(["", "x", "a/b: c", "a\nb", "\x1b[2J", "{}", "%s", "[red]", "2026-13-01"]) | st.text(
    max_size=8
)
_WHOLE = st.sampled_from([0, 1, -1, 10**18, -(10**15), 10**400]) | st.integers(-9, 9)
_FLOATS = st.sampled_from([0.0, -1.0, 5.5, 1e308, -1e308, 1e-300]) | st.floats(allow_nan=False, allow_infinity=False)
_FULL_DEPTH = 3
"""Further in, what may be left out or empty is, so that the values end."""


def made(kind: type[Event]) -> SearchStrategy[Event]:
    """Generate events of a type."""
    return _values(shapes.type_info(kind), 0).map(lambda fields: msgspec.convert(fields, kind))


def _values(shape: shapes.Type, depth: int) -> SearchStrategy[object]:
    most = 2 if depth < _FULL_DEPTH else 0
    match shape:
        case shapes.StrType():
            return _TEXTS
        case shapes.IntType():
            return _WHOLE
        case shapes.FloatType():
            return _FLOATS
        case shapes.BoolType():
            return st.booleans()
        case shapes.NoneType():
            return st.none()
        case shapes.LiteralType(values=values):
            return st.sampled_from(values)
        case shapes.EnumType(cls=enum):
            return st.sampled_from([each.value for each in enum])
        case shapes.UnionType(types=types):
            return st.one_of([_values(each, depth) for each in types])
        case shapes.VarTupleType(item_type=item) | shapes.ListType(item_type=item):
            return st.lists(_values(item, depth + 1), max_size=most)
        case shapes.DictType(key_type=key, value_type=value):
            return st.dictionaries(_values(key, depth + 1), _values(value, depth + 1), max_size=most)
        case shapes.StructType(fields=fields, array_like=True):
            return st.tuples(*(_values(field.type, depth + 1) for field in fields))
        case shapes.StructType(fields=fields):
            return _fields(shape, fields, depth + 1)
    raise AssertionError(f"no event has held {shape} so far: say here what it may be")


def _fields(shape: shapes.StructType, fields: tuple[shapes.Field, ...], depth: int) -> SearchStrategy[object]:
    needed = {field.encode_name: _values(field.type, depth) for field in fields if field.required}
    further = {field.encode_name: _values(field.type, depth) for field in fields if not field.required}
    tag = {} if shape.tag_field is None else {shape.tag_field: shape.tag}
    return st.fixed_dictionaries(needed, optional=further if depth <= _FULL_DEPTH else {}).map(
        lambda values: {**tag, **values}
    )
