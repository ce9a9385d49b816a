"""Rules over the values of columns: none missing, each once, so many, these among them, all known elsewhere."""

# ruff: noqa: S608
# Queries are put together from quoted names and from conditions that were parsed; the session is shut in besides.

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from engine.checklist.kinds.parquet_file import Footer
from engine.checklist.kinds.parquet_rules import NoOrphans, NotNull, key_columns
from engine.checklist.kinds.parquet_session import quote
from engine.checklist.kinds.parquet_table import TABLE, Table, count_of, items_of, text
from engine.checklist.kinds.parquet_types import family
from engine.checklist.kinds.parquet_where import in_parentheses
from engine.checklist.kinds.table_findings import EXAMPLES, Finding, cut, no_column, quoted
from engine.units import counted

Wanted = str | int | bool

_ROWS: Final = quote("rows of one key")
"""A name that no column has."""
_LISTED: Final = 9
"""So many values are named where there are not as many as wanted."""


def not_null(table: Table, rules: Sequence[NotNull]) -> Iterator[Finding]:
    """Count what is missing: one scan for all rules."""
    asked: list[NotNull] = []
    for rule in rules:
        unknown = table.unknown([rule.column], rule.where)
        if unknown is not None:
            yield unknown
        else:
            asked.append(rule)
    if not asked:
        return
    counts = table.session.one(
        "SELECT "
        + ", ".join(
            f"count(*) FILTER (WHERE {in_parentheses(rule.where)}), "
            f"count(*) FILTER (WHERE {in_parentheses(rule.where)} AND {quote(rule.column)} IS NULL)"
            for rule in asked
        )
        + f" FROM {TABLE}"
    )
    for index, rule in enumerate(asked):
        yield _judge_nulls(table, rule, count_of(counts[2 * index]), count_of(counts[2 * index + 1]))


def _judge_nulls(table: Table, rule: NotNull, rows: int, nulls: int) -> Finding:
    name = cut(rule.column, 80)
    if rows == 0:
        return no_row(name, rule.where, well=rule.may_be_empty)
    if nulls == 0:
        return Finding(True, f"{name}: no null in {counted(rows, 'row')}")
    examples = table.rows_like(f"{in_parentheses(rule.where)} AND {quote(rule.column)} IS NULL")
    return Finding(False, f"{name}: null in {nulls:,} of {counted(rows, 'row')}{examples}, wanted none")


def no_row(name: str, where: str, *, well: bool) -> Finding:
    """Say that a rule had nothing to look at: then it proves nothing."""
    return Finding(well, f"{name}: no row is {cut(where, 120)}" if where else f"{name}: there is no row at all")


def unique(table: Table, key: str) -> Finding:
    """Tell whether no two rows have the same key, and none has a null in it."""
    columns = key_columns(key)
    unknown = table.unknown(columns)
    if unknown is not None:
        return unknown
    if table.footer.rows == 0:
        return no_row(key, "", well=False)
    names = ", ".join(quote(column) for column in columns)
    whole = " AND ".join(f"{quote(column)} IS NOT NULL" for column in columns)
    shown = f"concat_ws(', ', {', '.join(text(quote(column)) for column in columns)})"
    extra, examples = table.session.one(
        f"SELECT sum({_ROWS} - 1), min({shown}, {EXAMPLES}) FROM (SELECT {names}, count(*) AS {_ROWS} FROM {TABLE} "
        f"WHERE {whole} GROUP BY {names} HAVING count(*) > 1)"
    )
    nulls = count_of(table.session.one(f"SELECT count(*) FROM {TABLE} WHERE NOT ({whole})")[0])
    told = []
    if nulls:
        told.append(f"{counted(nulls, 'row')} without one{table.rows_like(f'NOT ({whole})')}")
    if count_of(extra):
        again = counted(count_of(extra), "row")
        told.append(f"{again} with a key that another row has ({quoted(items_of(examples))})")
    if told:
        return Finding(False, f"{cut(key, 80)}: {' and '.join(told)}, wanted each row to have its own")
    return Finding(True, f"{cut(key, 80)}: its own in each of {counted(table.footer.rows, 'row')}")


def distinct(table: Table, column: str, count: int | None, wanted: Sequence[Wanted]) -> Iterator[Finding]:
    """Count the values of a column, nulls apart, and look for those that must occur: one scan for both."""
    unknown = table.unknown([column])
    if unknown is not None:
        yield unknown
        return
    texts = [_as_text(value) for value in wanted]
    read, some, met = table.session.one(
        f"SELECT count(*), min({text('v')}, {_LISTED}), list(t) FILTER (WHERE list_contains(?::VARCHAR[], t)) "
        f"FROM (SELECT v, CAST(v AS VARCHAR) AS t FROM ("
        f"SELECT DISTINCT {quote(column)} AS v FROM {TABLE} WHERE {quote(column)} IS NOT NULL))",
        [texts],
    )
    name, found = cut(column, 80), {str(one) for one in items_of(met)}
    if count is not None:
        values = counted(count_of(read), "different value")
        wrong = f", wanted {count:,}: {_listed(items_of(some), count_of(read))}"
        yield Finding(count_of(read) == count, f"{name}: {values}" + ("" if count_of(read) == count else wrong))
    missing = [value for value in texts if value not in found]
    if missing:
        told = ", ".join(repr(cut(value, 60)) for value in missing[:_LISTED])
        yield Finding(False, f"{name}: no row has {told}; there are {_listed(items_of(some), count_of(read))}")
    elif texts:
        yield Finding(True, f"{name}: {', '.join(map(repr, texts))} present")


def _listed(some: Sequence[object], count: int) -> str:
    told = ", ".join(repr(cut(str(value), 60)) for value in some) or "none"
    return told + (" …" if count > len(some) else "")


def _as_text(value: Wanted) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def no_orphans(table: Table, rule: NoOrphans, view: str, other: Footer) -> Finding:
    """Look for values that are no key of the other file."""
    unknown = table.unknown([rule.column])
    if unknown is not None:
        return unknown
    there = cut(rule.other, 80)
    if rule.key not in other.columns:
        return Finding(False, f"{there}: {no_column(rule.key, list(other.columns))}")
    name = cut(rule.column, 80)
    if family(table.footer.columns[rule.column]) != family(other.columns[rule.key]):
        read = f"{table.footer.columns[rule.column]}, {rule.key!r} of {there} is {other.columns[rule.key]}"
        return Finding(False, f"{name} is {cut(read, 200)}: they cannot be joined")
    column, key = quote(rule.column), quote(rule.key)
    rows, orphans, values, some = table.session.one(
        f"SELECT (SELECT count({column}) FROM {TABLE}), sum({_ROWS}), count(*), min({text('v')}, {EXAMPLES}) "
        f"FROM (SELECT d.{column} AS v, count(*) AS {_ROWS} FROM {TABLE} AS d ANTI JOIN {view} AS o "
        f"ON d.{column} = o.{key} WHERE d.{column} IS NOT NULL GROUP BY d.{column})"
    )
    if count_of(rows) == 0:
        return no_row(name, f"{rule.column} is not null", well=False)
    if count_of(orphans) == 0:
        return Finding(True, f"{name}: all of {counted(count_of(rows), 'row')} known in {there}")
    told = f"{count_of(orphans):,} of {counted(count_of(rows), 'row')} with {counted(count_of(values), 'value')}"
    return Finding(False, f"{name}: {told} that {there} has not as {rule.key} ({quoted(items_of(some))}), wanted none")
