"""The rule for embeddings: every row has a vector that a model can have answered."""

# ruff: noqa: S608
# Queries are put together from quoted names and from conditions that were parsed; the session is shut in besides.

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.checklist.kinds.parquet_rules import Populated
from engine.checklist.kinds.parquet_session import quote
from engine.checklist.kinds.parquet_table import TABLE, Table, count_of
from engine.checklist.kinds.parquet_types import element, family
from engine.checklist.kinds.parquet_values import no_row
from engine.checklist.kinds.parquet_where import in_parentheses
from engine.checklist.kinds.table_findings import Finding, cut
from engine.units import counted


@dataclass(frozen=True, slots=True)
class _Tests:
    """What is asked of a vector, in SQL; each is true of one that is wrong, and may be null for what is none."""

    length: str
    faults: dict[str, str]
    """By what is said of it: ``null``, ``all zero``."""


def populated(table: Table, rule: Populated) -> Finding:
    """Look at the vectors of the rows that the rule is about: one scan, and another where some are wrong."""
    unknown = table.unknown([rule.column], rule.where)
    if unknown is not None:
        return unknown
    name, tests = cut(rule.column, 80), _tests(table, rule)
    if tests is None:
        type_ = cut(str(table.footer.columns[rule.column]), 80)
        return Finding(False, f"{name}: is {type_}, wanted a list of numbers, or binary")
    counts = ", ".join(f"count(*) FILTER (WHERE {fault})" for fault in tests.faults.values())
    rows, shortest, longest, different, *wrong = table.session.one(
        f"SELECT count(*), min(n) FILTER (WHERE n > 0), max(n), count(DISTINCT h), {counts} FROM ("
        f"SELECT v, {tests.length} AS n, hash(v) AS h FROM ("
        f"SELECT {quote(rule.column)} AS v FROM {TABLE} WHERE {in_parentheses(rule.where)}))"
    )
    if count_of(rows) == 0:
        return no_row(name, rule.where, well=rule.may_be_empty)
    lengths = (count_of(shortest), count_of(longest))
    told = [
        f"{count_of(count):,} {what}{table.rows_like(_is(rule, tests, fault))}"
        for (what, fault), count in zip(tests.faults.items(), wrong, strict=True)
        if count
    ]
    told += _lengths(rule, *lengths)
    if count_of(different) < rule.min_distinct:
        told.append(f"{counted(count_of(different), 'different vector')}, wanted at least {rule.min_distinct:,}")
    where = f" that are {cut(rule.where, 120)}" if rule.where else ""
    if told:
        return Finding(False, f"{name}: of {counted(count_of(rows), 'row')}{where} {'; '.join(told)}")
    vectors = counted(count_of(different), "different vector")
    return Finding(True, f"{name}: {vectors} of length {lengths[0]:,} in {counted(count_of(rows), 'row')}{where}")


def _lengths(rule: Populated, shortest: int, longest: int) -> Iterator[str]:
    if shortest and shortest != longest:
        yield f"lengths from {shortest:,} to {longest:,}, wanted one length"
    elif shortest and rule.length is not None and longest != rule.length:
        yield f"vectors of length {longest:,}, wanted {rule.length:,}"


def _is(rule: Populated, tests: _Tests, fault: str) -> str:
    """Say in SQL that a row of the table has a fault: its column takes the place of ``v`` and ``n``."""
    vector = f"SELECT v, {tests.length} AS n FROM (SELECT {TABLE}.{quote(rule.column)} AS v)"
    return f"{in_parentheses(rule.where)} AND (SELECT {fault} FROM ({vector}))"


def _tests(table: Table, rule: Populated) -> _Tests | None:
    type_ = table.footer.columns[rule.column]
    if family(type_) == "binary":
        zero = "n > 0 AND bit_count(CAST(CASE WHEN n > 0 THEN v END AS BIT)) = 0"
        return _Tests("octet_length(v)", {"null": "v IS NULL", "empty": "n = 0", "all zero": zero})
    numbers, depth = element(type_)
    if depth == 0 or not (numbers in ("integer", "floating") or numbers.startswith("decimal")):
        return None
    flat = "v"
    for _ in range(depth - 1):
        flat = f"flatten({flat})"
    faults = {
        "null": "v IS NULL",
        "empty": "n = 0",
        "with a null inside": f"list_count({flat}) < n",
        "all zero": f"list_min({flat}) = 0 AND list_max({flat}) = 0",
    }
    if numbers == "floating":  # NaN is the greatest of all numbers to DuckDB
        faults["with NaN or infinity"] = f"NOT (isfinite(list_max({flat})) AND isfinite(list_min({flat})))"
    return _Tests(f"len({flat})", faults)
