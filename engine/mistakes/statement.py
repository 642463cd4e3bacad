"""A line of a written program, as a tree that can be changed, and run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

# What a changed line may raise: shapes that do not fit, a method that is not there.
NOT_RUN = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, MemoryError),
    *(NameError, TypeError, ValueError, np.linalg.LinAlgError),
)


class Statement(NamedTuple):
    """A line: which variables it sets, which it reads."""

    tree: ast.stmt
    sets: frozenset[str]
    reads: frozenset[str]


def parsed(text: str) -> Statement:
    """The line of a text."""
    tree = ast.parse(text).body[0]
    return Statement(tree, *_names(tree))


def _names(tree: ast.stmt) -> tuple[frozenset[str], frozenset[str]]:
    """The variables that a line sets, and those that it reads."""
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    sets = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    if not sets and not isinstance(tree, ast.Assert):  # x[i] = v, np.add.at(x, i, v)
        sets = {next(_written_to(tree))}
    reads = {node.id for node in names if isinstance(node.ctx, ast.Load)} - {"np"}
    return frozenset(sets), frozenset(reads)


def _written_to(tree: ast.stmt) -> Iterator[str]:
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
        trees: list[ast.expr] = tree.value.args[:1]
    elif isinstance(tree, ast.Assign):
        trees = tree.targets
    else:
        trees = [tree.target] if isinstance(tree, ast.AugAssign) else []
    for part in trees:
        yield from (x.id for x in ast.walk(part) if isinstance(x, ast.Name))


def compiled(tree: ast.stmt) -> Any:
    """The code of a line; a TypeError for what can't be meant."""
    for node in ast.walk(tree):  # of which Python would warn
        if isinstance(node, ast.Subscript | ast.Call | ast.Attribute):
            of = node.func if isinstance(node, ast.Call) else node.value
            if isinstance(of, ast.Constant | ast.Tuple | ast.List):
                raise TypeError("a number has no entries")
    module = ast.Module([tree], [])
    return compile(ast.fix_missing_locations(module), "<changed>", "exec")
