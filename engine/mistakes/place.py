"""A part of a line that may be wrong, and small tools for trees of Python's."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.mistakes.script import Script
from engine.mistakes.statement import NOT_RUN

# The kind of a mistake, perhaps with a word more about it ("mean/twice"), and what
# stands there instead.
Change = tuple[str, ast.expr]


class Place(NamedTuple):
    """A part of a line, and what is known about it."""

    script: Script
    line: int
    node: Any
    term: ast.expr  # the addend that it is in

    def carries(self, tree: ast.AST) -> bool:
        """Whether a gradient from above is in it."""
        return not self.script.carrying.isdisjoint(loaded(tree))

    def shape(self, tree: ast.expr) -> tuple[int, ...] | None:
        """The shape of a part of the line."""
        value = self.value(tree)
        return None if value is None else np.shape(value)

    def value(self, tree: ast.expr) -> Any:
        code = compile(_expression(tree), "<part>", "eval")
        try:
            with np.errstate(all="ignore"):
                return eval(code, self.script.scope, dict(self.script.values))
        except NOT_RUN:
            return None


def op_through(script: Script, line: int, term: ast.AST) -> str:
    """The variable of the op that a term goes back through."""
    return script.through(line, frozenset(loaded(term)))


def goes_through_power(place: Place) -> bool:
    through = op_through(place.script, place.line, place.term)
    lines = place.script.setting.get(through, ())
    if not lines:
        return False
    value = getattr(place.script.statements[lines[0]].tree, "value", None)
    return is_op(value, ast.Pow) or "square" in ast.unparse(value or ast.Constant(0))


def replaced(tree: Any, path: tuple[Any, ...], new: ast.expr) -> Any:
    """A copy of a tree with another part at the end of the path; the rest is shared."""
    if not path:
        return new
    if isinstance(tree, list):
        inner = list(tree)
        inner[path[0]] = replaced(tree[path[0]], path[1:], new)
        return inner
    changed = copy.copy(tree)
    setattr(changed, path[0], replaced(getattr(tree, path[0]), path[1:], new))
    return changed


def loaded(tree: ast.AST) -> set[str]:
    """The variables that a part of a line reads."""
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}


def with_names(tree: Any, new: Mapping[str, ast.expr]) -> Any:
    """A copy of a tree in which some variables are something else."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return new.get(node.id, node)

    return Put().visit(copy.deepcopy(tree))


def binary(x: ast.expr, op: ast.operator, y: ast.expr) -> ast.expr:
    return ast.BinOp(x, op, y)


def ones(shape: tuple[int, ...] | None = ()) -> ast.expr:
    """An array of ones."""
    return ast.parse(f"np.ones({shape})", mode="eval").body


def method(
    of: ast.expr, name: str, args: list[ast.expr], keywords: list[ast.keyword]
) -> ast.expr:
    return ast.Call(ast.Attribute(of, name, ast.Load()), args, keywords)


def is_op(node: Any, *ops: type) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ops)


def is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def is_named(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def has(node: ast.AST, kind: type) -> bool:
    return any(isinstance(part, kind) for part in ast.walk(node))


def _expression(tree: ast.expr) -> ast.Expression:
    return ast.fix_missing_locations(ast.Expression(copy.deepcopy(tree)))
