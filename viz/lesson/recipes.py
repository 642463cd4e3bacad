"""Recipes: the lines of an edge as trees, by which the page computes it again.

Of each op the page has the lines of its value and of what goes back to an operand, with
the same names everywhere: `x0`, `x1`, ... are the operands, `y` is the value, `g` its
gradient, `s` what the operand got before, and `r` what it has then.
"""

from __future__ import annotations

import ast
import copy
import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import Tensor, data_of, mistakes
from viz.lesson.trees import tree, unknown
from viz.words.local_derivative import closure
from viz.words.recorded import letters_of

_MOST_ENTRIES = 4096  # of a constant


class Recipe:
    """The lines of an edge, for the page.

    Args:
        edge: the edge.
        node: its op.

    Attributes:
        edge: the edge.
        unknown: what the page does not know of them, in words; "" if it knows all.
    """

    def __init__(self, edge: mistakes.Edge, node: Tensor) -> None:
        self.edge = edge
        self._constants: dict[str, Any] = {}
        self._names = self._named(node)
        self.unknown = self._unknown()

    def _named(self, node: Tensor) -> dict[str, str]:
        script, names = self.edge.script, dict[str, str]()
        for i, x in enumerate(node.parents):
            inputs = script.inputs.items()
            own = next((v for v, y in inputs if y is data_of(x)), "")
            own = script.variables.get(x, own) if isinstance(x, Tensor) else own
            names.setdefault(own, f"x{i}")
        names.setdefault(script.seed, "g")
        names.setdefault(script.loss, "y")
        names.setdefault(self.edge.before, "s")
        names.setdefault(self.edge.wanted, "r")
        for name, x in script.inputs.items():
            if name not in names:
                names[name] = f"c{len(self._constants)}"
                self._constants[names[name]] = x
        for i, name in enumerate(script.values):
            names.setdefault(name, f"t{i}")
        names.pop("", None)
        return names

    def _unknown(self) -> str:
        for statement in self.edge.script.statements:
            if isinstance(statement.tree, ast.Assert):
                return "a choice that depends on the numbers"
            name, value = _as_value(statement.tree)
            if not name:
                return "a line that sets several variables"
            if found := unknown(value):
                return found
        sizes = [np.size(x) for x in self._constants.values()]
        large = max(sizes, default=0) > _MOST_ENTRIES
        return "a constant of many entries" if large else ""

    def lines(self) -> dict[str, Any]:
        """The lines: `[name, tree]` each; which name the value has; the constants."""
        script = self.edge.script
        return {
            "lines": [self._line(statement.tree) for statement in script.statements],
            "value": self._names[script.loss],
            "result": self._names[self.edge.wanted],
            "constants": {c: as_array(x) for c, x in self._constants.items()},
        }

    def mistake(self, mistake: mistakes.Mistake) -> list[Any] | None:
        """The lines that are others with a mistake: `[number of the line, tree]`; None
        if the page can't compute them."""
        found = []
        for i, line in mistake.made.lines.items():
            name, value = _as_value(line)
            value = renamed(value, self._names)
            names = {x.id for x in ast.walk(value) if isinstance(x, ast.Name)}
            strange = not names <= {*self._names.values(), "np"}
            if not name or unknown(value) or strange:
                return None
            found.append([i, tree(value)])
        return found

    def _line(self, line: ast.stmt) -> list[Any]:
        name, value = _as_value(line)
        return [self._names[name], tree(renamed(value, self._names))]


def _as_value(line: ast.stmt) -> tuple[str, ast.expr]:
    """The variable that a line sets, and what it is then; "" if there is no such one.

    A write, x[i] = v, gives a new x: that of a call which stands for it.
    """
    nothing: ast.expr = ast.Constant(None)
    match line:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return name, value
        case ast.Assign(
            targets=[ast.Subscript(value=ast.Name(id=name) as x, slice=index)],
            value=value,
        ):
            return name, _call("[]=", x, index, value)
        case ast.AugAssign(
            target=ast.Subscript(value=ast.Name(id=name) as x, slice=index),
            op=ast.Add(),
            value=value,
        ):
            return name, _call("[]+=", x, index, value)
        case ast.Expr(value=ast.Call(args=[ast.Name(id=name), _, _]) as call):
            return name, call
    return "", nothing


def _call(word: str, x: ast.Name, index: ast.expr, value: ast.expr) -> ast.expr:
    read = ast.Name(x.id, ast.Load())
    return ast.Call(ast.Name(word, ast.Load()), [read, index, value], [])


def as_array(x: Any) -> Any:
    """Numbers for the page: one, or their shape and all of them."""
    array = np.asarray(data_of(x))
    flat = [_number(entry) for entry in array.ravel().tolist()]
    return {"shape": list(array.shape), "data": flat} if array.ndim else flat[0]


def _number(x: Any) -> Any:
    """A number as JSON can say it: NaN and ∞ as words that JavaScript reads."""
    if isinstance(x, bool | int) or np.isfinite(x):
        return x
    return "NaN" if np.isnan(x) else "Infinity" if x > 0 else "-Infinity"


def formula_tree(node: Tensor, slot: int) -> Any:
    """The formula that a closure says it follows, as a tree; None if it says none that
    the page can compute."""
    doc = (inspect.getdoc(closure(node, slot)) or "").partition("\n")[0]
    try:
        formula = ast.parse(doc, mode="eval").body
    except (SyntaxError, ValueError, RecursionError):
        return None
    letters = {x: f"x{i}" for i, x in enumerate(letters_of(node))}
    known = {"y": "y", "z": "y", "g": "g"} | letters
    formula = _OfNumpy().visit(_Renamed(known).visit(formula))
    names = {x.id for x in ast.walk(formula) if isinstance(x, ast.Name)}
    if not names <= {*known.values(), "np"} or unknown(formula):
        return None
    return tree(formula)


def renamed(node: ast.expr, names: Mapping[str, str]) -> ast.expr:
    """An expression with other names for its variables."""
    return _Renamed(names).visit(copy.deepcopy(node))


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)


class _OfNumpy(ast.NodeTransformer):
    """The functions of a formula are NumPy's: `exp(x)`."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name):
            node.func = ast.Attribute(ast.Name("np"), node.func.id)
        return node
