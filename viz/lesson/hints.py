"""Hints: where to look, what is needed, what form the line has; never the number."""

from __future__ import annotations

import ast
import copy

import numpy as np

from engine import Tensor, mistakes

_BLANK = "□"
_UNUSUAL = ("where", "isnan", "broadcast_to", "tensordot", "zeros")  # nobody writes it


def hint(script: mistakes.Script, x: Tensor, step: int) -> str:
    """A hint for the gradient of a tensor.

    Args:
        script: the program.
        x: the tensor.
        step: 1: where it is used; 2: what its line needs; 3: what form the line has.
    """
    if step == 1:
        return _uses(script, x)
    return _needs(script, x) if step == 2 else _form(script, script.gradients[x])


def _uses(script: mistakes.Script, x: Tensor) -> str:
    """`a` is used in `e = a * b`. Begin with the gradient of its result."""
    variable = script.variables[x]
    nodes = [node for node in script.gradients if any(y is x for y in node.parents)]
    if not nodes:
        return (
            f"`{variable}` is the result itself: how far does it move if it moves by 1?"
        )
    names = [script.variables[node] for node in nodes]
    steps = [f"`{mistakes.as_written(script, name)}`" for name in names]
    places = " and in ".join(dict.fromkeys(steps))
    times = sum(y is x for node in nodes for y in node.parents)
    if times == 1:
        return (
            f"`{variable}` is used in {places}. Begin with the gradient of "
            f"`{mistakes.mention(script, names[0])}`."
        )
    return (
        f"`{variable}` is used {'twice' if times == 2 else f'{times} times'}, in "
        f"{places}. Each use sends a contribution back, and the gradient is their sum."
    )


def _needs(script: mistakes.Script, x: Tensor) -> str:
    """What its line is computed from, and the shape that must come out."""
    variable, gradient = script.variables[x], script.gradients[x]
    shape = np.shape(script.values[gradient])
    reads = {
        name: i
        for i in script.setting[gradient]
        for name in sorted(script.statements[i].reads - {gradient})
    }
    first = sorted(reads, key=lambda name: name not in script.carrying)
    words = [_called(script, name, reads[name]) for name in first]
    words = [*dict.fromkeys(word for word in words if word)]
    what = f"an array of shape {shape}, as `{variable}` is" if shape else "a number"
    if not words:
        return f"You need the rule that a gradient begins with. The result is {what}."
    return f"You need {_listed(words)}. The result is {what}."


def _called(script: mistakes.Script, name: str, line: int) -> str:
    """`the gradient of h`, `the value of x`; "" for what only the program has."""
    shape = np.shape(script.arrays.get(name, ()))
    size = f", of shape {shape}," if shape else ""
    if name in script.tensors:
        value = script.through(line, frozenset({name})) or script.own_value(name)
        return f"the gradient of `{mistakes.mention(script, value)}`{size}"
    if name not in script.own and name not in script.nodes:
        return ""
    return f"the value of `{mistakes.mention(script, name)}`{size}"


def _listed(words: list[str]) -> str:
    *some, last = words
    text = f"{', '.join(some)} and {last}" if some else last
    return text.replace(",,", ",").rstrip(",")


def _form(script: mistakes.Script, gradient: str) -> str:
    """The line with blanks for its names."""

    class Blank(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            kept = node.id == "np" or isinstance(node.ctx, ast.Store)
            return node if kept or node.id == gradient else ast.Name(_BLANK, node.ctx)

    lines = [
        ast.unparse(Blank().visit(copy.deepcopy(script.statements[i].tree)))
        for i in script.setting[gradient]
    ]
    if len(lines) > 1 or any(word in lines[0] for word in _UNUSUAL):
        return (
            "Try one entry: move it by 0.000001, and see how far the result moves. The "
            "quotient is its gradient, and may show you the rule."
        )
    return f"Fill in the blanks: `{lines[0]}`"
