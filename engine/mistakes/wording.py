"""What a variable is called in a sentence: as its user may have written it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine._node import data_of
from engine.mistakes.script import Script
from engine.tensor import Tensor

_LONGEST = 44  # characters of an operand without a name
_DEPTH = 8  # of what is written in place of a name
_ARRAY = "[…]"  # a constant without a name


def as_written(script: Script, variable: str) -> str:
    """The line that computes a variable."""
    if variable not in script.said:
        tree = _made(script, variable, _DEPTH)
        text = variable if tree is None else _text(tree)
        if tree is not None and variable in script.own:
            text = f"{variable} = {text}"
        script.said[variable] = text
    return script.said[variable]


def mention(script: Script, variable: str) -> str:
    """A variable by its name; or what it is, if the user has not named it."""
    if variable in script.own:
        return variable
    if variable in script.inputs:
        return _text(_constant(script.inputs[variable]))
    return as_written(script, variable)


def _text(tree: ast.expr) -> str:
    text = ast.unparse(_Shortened().visit(tree))
    if len(text) <= 2 * _LONGEST:
        return text
    return f"{text[:_LONGEST]}…{text[-_LONGEST:]}"


def _made(script: Script, variable: str, depth: int) -> ast.expr | None:
    """What a variable is made by: its line, or the call of a rule of several lines."""
    lines = script.setting.get(variable, ())
    node = script.nodes.get(variable)
    if node is not None and not _is_one_line(script, variable):
        inner = [_Inlined(script, depth).visit(x) for x in _operands(script, node)]
        return ast.Call(ast.Name(node.op), inner, [])
    if not lines or not isinstance(script.statements[lines[0]].tree, ast.Assign):
        return None
    tree: ast.expr = copy.deepcopy(script.statements[lines[0]].tree.value)  # type: ignore[attr-defined]
    return _Inlined(script, depth).visit(tree)


def _is_one_line(script: Script, variable: str) -> bool:
    """Whether a variable is computed from values of the graph alone."""
    lines = script.setting.get(variable, ())
    plain = [n for n, i in script.first.items() if not script.statements[i].reads]
    known = {*script.variables.values(), *script.inputs, *plain}
    return len(lines) == 1 and script.statements[lines[0]].reads <= known


def _operands(script: Script, node: Tensor) -> Iterator[ast.expr]:
    by_id = {id(x): name for name, x in script.inputs.items()}
    for x in node.parents:
        name = script.variables.get(x) if isinstance(x, Tensor) else None
        name = name or by_id.get(id(data_of(x)))
        yield ast.Name(name) if name else _constant(data_of(x))


def _constant(x: Any) -> ast.expr:
    """A number by its digits; an array by a sign that one is there."""
    if np.ndim(x) or not isinstance(x, int | float | np.number):
        return ast.Name(_ARRAY)
    return ast.Name(f"{float(x):.6g}")


class _Shortened(ast.NodeTransformer):
    """Leaves out the numbers of arrays that are written out, and most digits."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        long = type(node.value) is float and len(repr(node.value)) > 8
        return _constant(node.value) if long else node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        text = ast.unparse(node)
        long = text.startswith("np.array(") and len(text) > _LONGEST // 2
        return ast.Name(_ARRAY) if long else node


class _Inlined(ast.NodeTransformer):
    """Puts what a variable is in its place, if the user has not named it."""

    def __init__(self, script: Script, depth: int) -> None:
        self._script, self._depth = script, depth

    def visit_Name(self, node: ast.Name) -> ast.expr:
        script, name = self._script, node.id
        if name in script.inputs and name not in script.own:
            return _constant(script.inputs[name])
        if name in script.own or not self._depth:
            return node
        key = f"{name} {self._depth}"
        if key not in script.inlined:
            inner = _made(script, name, self._depth - 1)
            short = inner is not None and len(ast.unparse(inner)) <= _LONGEST
            script.inlined[key] = inner if short else None
        inner = script.inlined[key]
        return node if inner is None else copy.deepcopy(inner)
