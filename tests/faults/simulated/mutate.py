"""Takes a statement out of a function of the engine, and puts it back afterwards.

The function's source is parsed, the statement deleted or its first line exchanged, and the compiled code put in the
place of the function's own: that reaches every room that has imported the function.
"""

from __future__ import annotations
import __future__

import ast
import contextlib
import importlib
import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType


@dataclass(frozen=True, slots=True)
class Cut:
    """One statement that is deleted, or whose first line becomes another."""

    module: str
    function: str
    statement: str
    becomes: str = ""
    """"" deletes the statement with all that is in it."""
    which: int = 0
    """Where the function holds several alike: which of them, from 0."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken protocol."""

    id: str
    step: str
    """Of docs/swap-protocol.md, or the row of the recovery table."""
    cuts: tuple[Cut, ...]
    needed: bool = True
    """False: defence in depth. No single fault of the explorer tells it from the whole protocol."""
    why: str = ""
    """For defence in depth: what else holds."""


@contextlib.contextmanager
def applied(broken: Mutant) -> Iterator[None]:
    """Run the engine with a broken protocol."""
    with contextlib.ExitStack() as stack:
        by_function: dict[tuple[str, str], list[Cut]] = {}
        for cut in broken.cuts:
            by_function.setdefault((cut.module, cut.function), []).append(cut)
        for (module, function), cuts in by_function.items():
            target = inspect.unwrap(getattr(importlib.import_module(module), function))
            assert isinstance(target, FunctionType)
            stack.callback(setattr, target, "__code__", target.__code__)
            target.__code__ = _code(module, function, cuts)
        yield


def _code(module: str, function: str, cuts: list[Cut]) -> CodeType:
    source = ast.parse(inspect.getsource(importlib.import_module(module)))
    tree = next(node for node in source.body if isinstance(node, ast.FunctionDef) and node.name == function)
    chosen = {id(_find(tree, cut)): cut for cut in cuts}
    broken = _Breaker(chosen).visit(tree)
    assert isinstance(broken, ast.FunctionDef)
    broken.decorator_list = []
    whole = ast.fix_missing_locations(ast.Module(body=[broken], type_ignores=[]))
    code = compile(whole, f"<{function}, broken>", "exec", flags=__future__.annotations.compiler_flag)
    found = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return next(each for each in found if each.co_name == function)  # a default may be a lambda


def _find(tree: ast.FunctionDef, cut: Cut) -> ast.stmt:
    statement = _unparsed(cut.statement)
    alike = [node for node in _in_order(tree) if ast.unparse(node).split("\n", 1)[0] == statement]
    if len(alike) <= cut.which:
        raise LookupError(f"{cut.module}.{cut.function} has no statement {cut.statement!r} number {cut.which}")
    return alike[cut.which]


def _unparsed(line: str) -> str:
    """Write a statement's first line as this Python's ``ast.unparse`` writes it."""
    whole = f"{line}\n    pass" if line.endswith(":") else line
    return ast.unparse(ast.parse(whole)).split("\n", 1)[0]


def _in_order(node: ast.AST) -> Iterator[ast.stmt]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt):
            yield child
        yield from _in_order(child)


class _Breaker(ast.NodeTransformer):
    def __init__(self, chosen: dict[int, Cut]) -> None:
        self._chosen = chosen

    def visit(self, node: ast.AST) -> ast.AST:
        cut = self._chosen.get(id(node))
        if cut is None:
            return super().generic_visit(node)
        _, *rest = ast.unparse(node).split("\n")
        return ast.parse("\n".join([cut.becomes, *rest])).body[0] if cut.becomes else ast.Pass()
