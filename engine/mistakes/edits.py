"""What people get wrong in one line of the backward pass, as changes of the line.

Each function looks at one part of a line, and yields what might stand in its place:
`(kind, tree)`. Whether a change matters is seen by running it.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from engine.mistakes.arithmetic import (
    addends,
    of_a_minus,
    of_a_number,
    of_a_power,
    of_a_product,
    of_a_quotient,
    of_a_sum,
)
from engine.mistakes.place import (
    Change,
    Place,
    binary,
    loaded,
    method,
    ones,
    op_through,
    replaced,
    with_names,
)
from engine.mistakes.script import BEFORE, Script
from engine.mistakes.shapes import (
    of_a_call,
    of_a_matrix_product,
    of_a_transposition,
    of_an_index,
)
from engine.mistakes.values import neighbours, of_a_comparison, of_a_name, upstream


class Edit(NamedTuple):
    """A line with a mistake in it.

    Attributes:
        kind: a word of KINDS, perhaps with one more after a slash.
        line: which.
        way: to the part of it that is another one.
        new: what stands there.
        through: the variable of the op that it goes back through.
        alike: what it has in common with the same mistake elsewhere.
        used: the variable that stands in the place of another; or "".
        partial: whether it is in one addend of several.
    """

    kind: str
    line: int
    way: tuple[Any, ...]
    new: Any
    through: str
    alike: tuple[str, ...]
    used: str = ""
    partial: bool = False

    def of(self, tree: ast.stmt) -> ast.stmt:
        """The line with the mistake."""
        return replaced(tree, self.way, self.new)


def edits_of(script: Script, line: int) -> Iterator[Edit]:
    """All that may be wrong in one line."""
    statement = script.statements[line]
    tree = statement.tree
    carrying = not script.carrying.isdisjoint(statement.sets)
    if carrying:
        yield from _of_a_write(script, line)
    path, root = _expression_of(tree)
    if root is None:
        return
    for way, node, term, place_of_term in _parts(path, root, root, path):
        place = Place(script, line, node, term)
        through = op_through(script, line, term)
        looks = (*_LOOKS, *_BACK_LOOKS * carrying, *_TERM_LOOKS * (node is term))
        for look in looks:
            for i, (kind, new) in enumerate(look(place)):
                # Which of several it is: by its place, or a name by its word.
                which = _word(new) if isinstance(new, ast.Name) else i
                within = way[len(place_of_term) :]
                common = f"{kind} {within} {which} {_skeleton(term)} {_skeleton(new)}"
                alike = (common, kind) if kind.startswith("axis/") else (common,)
                used = new.id if isinstance(new, ast.Name) else ""
                partial = kind in _PARTIAL and term is not root
                lost = frozenset(loaded(node) - loaded(new)) & script.carrying
                at = script.through(line, lost) if lost else ""
                if kind != "use":
                    at = _elsewhere(script, line, kind, node, new) or through
                yield Edit(kind, line, way, new, at, alike, used, partial)


def _elsewhere(script: Script, line: int, kind: str, old: Any, new: Any) -> str:
    """The variable of the op that a mistake is at, if the line goes through another."""
    if kind == "split":
        return _sum_that_hands_on(script, loaded(new) | script.statements[line].sets)
    both = isinstance(old, ast.Name) and isinstance(new, ast.Name)
    return script.between(old.id, new.id) if both and kind == "gate" else ""


def _sum_that_hands_on(script: Script, names: frozenset[str] | set[str]) -> str:
    """The variable of the sum whose gradient, one of these, is that of an operand."""
    for name in sorted(names & script.tensors.keys()):
        same = script.tensors[name]
        for node in same:
            if any(x is y for x in node.parents for y in same):
                return script.variables[node]
    return ""


def _expression_of(tree: ast.stmt) -> tuple[tuple[Any, ...], ast.expr | None]:
    """What a line computes, and the way to it."""
    if isinstance(tree, ast.Assign | ast.AugAssign):
        return ("value",), tree.value
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
        last = len(tree.value.args) - 1
        return ("value", "args", last), tree.value.args[last]
    return (), None


def _parts(
    path: tuple[Any, ...], node: ast.expr, term: ast.expr, of_term: tuple[Any, ...]
) -> Iterator[tuple[tuple[Any, ...], ast.expr, ast.expr, tuple[Any, ...]]]:
    """All parts of an expression: the way to each, its addend, and the way to that."""
    yield path, node, term, of_term
    summed = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub)
    for field, value in ast.iter_fields(node):
        for i, part in enumerate(value if isinstance(value, list) else [value]):
            if isinstance(part, ast.expr):
                way = (*path, field, i) if isinstance(value, list) else (*path, field)
                if summed and node is term:
                    yield from _parts(way, part, part, way)
                else:
                    yield from _parts(way, part, term, of_term)


def _of_a_write(script: Script, line: int) -> Iterator[Edit]:
    """g[index] = v for np.add.at(g, index, v), and for g[index] += v."""
    tree = script.statements[line].tree
    through = op_through(script, line, tree)
    if isinstance(tree, ast.AugAssign):
        new: ast.stmt = ast.Assign([tree.target], tree.value)
        yield Edit("use/overwritten", line, (), new, through, ("overwritten",))
        (name,) = script.statements[line].sets
        before = [script.statements[i].tree for i in script.setting[name][1:]]
        puts = [put for put in before if isinstance(put, ast.Assign)]
        new = ast.If(ast.Constant(True), [new, *puts], [])
        yield Edit("use/overwritten", line, (), new, through, ("first",))
    elif isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Call):
        x, index, value = tree.value.args
        new = ast.Assign([ast.Subscript(x, index, ast.Store())], value)
        yield Edit("repeated index", line, (), new, through, ("repeated",))


def _of_a_term(place: Place) -> Iterator[Change]:
    """Changes of all that one addend of a line computes."""
    node, script = place.node, place.script
    yield "factor/twice", binary(ast.Constant(2), ast.Mult(), node)
    for target in script.statements[place.line].sets:
        if len(script.tensors.get(target, ())) > 1 or _hands_on(place):
            yield "split", binary(node, ast.Div(), ast.Constant(2))
    if not place.carries(node):
        return
    yield "sign", ast.UnaryOp(ast.USub(), node)
    shape = place.shape(node)
    carried = loaded(node) & script.carrying & script.arrays.keys() - {BEFORE}
    names = {n: np.shape(script.values[n]) for n in sorted(carried)}
    if not all(np.all(script.values[n] == 1) for n in names):
        kind = max((upstream(script, script.values[n]) for n in names), key=len)
        yield kind, with_names(node, {n: ones(names[n]) for n in names})
    through = op_through(script, place.line, node)
    for name in sorted(names):
        if names[name] == shape and ast.unparse(node) != name:
            g = ast.Name(name, ast.Load())
            yield "factor/all", g
            if through in script.values:
                value = ast.Name(through, ast.Load())
                yield "factor/value", binary(g, ast.Mult(), value)
    for axis in range(len(shape or ())):
        along = ast.keyword("axis", ast.Constant(axis))
        keep = [along, ast.keyword("keepdims", ast.Constant(True))]
        yield "sum/extra", method(node, "sum", [], keep)
    for name in sorted(loaded(node) & script.arrays.keys() - script.carrying):
        if ast.unparse(node).count(name) > 1:
            found = neighbours(script, place.line, name, through)
            for other, kind in found.items():
                new = {name: ast.Name(other, ast.Load())}
                yield kind, with_names(node, new)
    parts = [part for part in addends(node) if place.carries(part)]
    if len(parts) > 2:
        product = parts[0]
        for part in parts[1:]:
            product = binary(product, ast.Mult(), part)
        yield "added/multiplied", product


def _hands_on(place: Place) -> bool:
    """Whether a line goes back through a sum or a difference: the gradient as it is."""
    node = place.node
    node = node.operand if isinstance(node, ast.UnaryOp) else node
    alone = isinstance(node, ast.Name) and node.id != BEFORE
    return alone and place.carries(node)


_LOOKS: tuple[Callable[[Place], Iterator[Change]], ...] = (
    of_a_product,
    of_a_quotient,
    of_a_number,
    of_a_power,
    of_a_sum,
    of_a_minus,
    of_a_call,
    of_a_comparison,
    of_a_name,
)
_BACK_LOOKS = (of_a_matrix_product, of_a_transposition, of_an_index)
_TERM_LOOKS = (_of_a_term,)
_PARTIAL = ("upstream", "upstream/uniform", "sign")  # far-fetched in one of several


def _skeleton(tree: ast.AST) -> str:
    """What two lines have in common that differ only in their names and numbers."""

    class Blank(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return node if node.id == "np" else ast.Name("_", ast.Load())

    return ast.unparse(Blank().visit(copy.deepcopy(tree)))


def _word(name: ast.Name) -> str:
    """A variable without its number: h for h3."""
    return name.id.rstrip("0123456789")
