"""Hints: where to look, what is needed, what form the line has; never the number."""

from __future__ import annotations

import ast
import copy

import numpy as np

from engine import Tensor, mistakes

_BLANK = "□"


def hint(script: mistakes.Script, x: Tensor, step: int) -> str:
    """A hint for the gradient of a tensor.

    Args:
        script: the program.
        x: the tensor.
        step: 1: where it is used; 2: what its line needs; 3: what form the line has.
    """
    variable, gradient = script.variables[x], script.gradients[x]
    if step == 1:
        return _uses(script, variable)
    return _needs(script, variable, gradient) if step == 2 else _form(script, gradient)


def _uses(script: mistakes.Script, variable: str) -> str:
    """`a is used twice: in e = a * b and in d = a + c.`"""
    lines = [i for i in script.reading.get(variable, ()) if i < script.backward]
    if not lines:
        return (
            f"{variable} is the result itself: how far does it move if it moves by 1?"
        )
    places = [
        script.step(name) for i in lines for name in sorted(script.statements[i].sets)
    ]
    steps = " and in ".join(f"`{place}`" for place in dict.fromkeys(places))
    if len(places) == 1:
        return (
            f"{variable} is used in {steps}. Begin with the gradient of what comes out "
            "there."
        )
    return (
        f"{variable} is used in {steps}. Each use sends a contribution back, and the "
        "gradient is their sum."
    )


def _needs(script: mistakes.Script, variable: str, gradient: str) -> str:
    """What its line is computed from, and the shape that must come out."""
    shape = np.shape(script.values[gradient])
    reads = {
        name: i
        for i in script.setting[gradient]
        for name in sorted(script.statements[i].reads - {gradient})
    }
    first = sorted(reads, key=lambda name: name not in script.carrying)
    words = [_called(script, name, reads[name]) for name in first]
    what = f"an array of shape {shape}, as {variable} is" if shape else "a number"
    if not words:
        return (
            f"You need nothing but the rule that a gradient begins with; it is {what}."
        )
    return f"You need {_listed(words)}; what comes out is {what}."


def _called(script: mistakes.Script, name: str, line: int) -> str:
    """`the gradient of h, (5, 3)`; a value by its name, or by what it is."""
    shape = np.shape(script.values.get(name, ()))
    size = f" of shape {shape}" if shape else ""
    if name in script.tensors:
        value = script.through(line, frozenset({name})) or script.own_value(name)
        return f"the gradient of `{script.spell(value)}`{size}"
    return f"`{script.spell(name)}`{size}"


def _listed(words: list[str]) -> str:
    *some, last = words
    return f"{', '.join(some)} and {last}" if some else last


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
    return "The line has this form; which names belong in it? " + "; ".join(
        f"`{line}`" for line in lines
    )
