"""One value, gradient or mask mistaken for another.

Each function looks at one part of a line, and yields what might stand in its place.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine.mistakes.place import (
    Change,
    Place,
    binary,
    goes_through_power,
    has,
    is_named,
    ones,
    op_through,
)
from engine.mistakes.script import BEFORE, Script

_MOST_OTHERS = 10  # gradients that one may be mistaken for: those in lines nearby


def of_a_name(place: Place) -> Iterator[Change]:
    """Another value in the place of one."""
    node, script = place.node, place.script
    if not isinstance(node, ast.Name) or node.id not in script.arrays:
        return
    if node.id in script.carrying:
        yield from _of_a_gradient(place, node.id)
        return
    through = op_through(script, place.line, place.term)
    for name, kind in neighbours(script, place.line, node.id, through).items():
        yield kind, ast.Name(name, ast.Load())
    if goes_through_power(place):
        yield "exponent/lower", binary(node, ast.Pow(), ast.Constant(2))


def _of_a_gradient(place: Place, name: str) -> Iterator[Change]:
    if name == BEFORE:
        return  # it is no gradient of another value
    script, shape = place.script, np.shape(place.script.values[name])
    if not np.all(script.values[name] == 1):
        yield upstream(script, script.values[name]), ones(shape)
    if len(script.tensors.get(name, ())) > 1:
        half = binary(ast.Name(name, ast.Load()), ast.Div(), ast.Constant(2))
        yield "split", half
    target = script.statements[place.line].sets
    later = {n for n, i in script.first.items() if i >= place.line} | target
    others = sorted(script.carrying & script.tensors.keys() - later - {name})
    first = script.first.get(name, -1)
    others.sort(key=lambda other: abs(script.first.get(other, -1) - first))
    for other in others[:_MOST_OTHERS]:
        if np.shape(script.values[other]) == shape:
            skips = script.is_step(name, other) and _has_a_mask(script, name)
            yield "gate" if skips else "upstream/other", ast.Name(other, ast.Load())
    # The gradient of an operand where that of the result belongs, or the value itself.
    value = script.own_value(name)
    if value:
        yield "upstream/value", ast.Name(value, ast.Load())


def counts(script: Script) -> set[int]:
    """What a mean may divide by: the lengths of axes, and numbers of entries."""
    shapes = {np.shape(x) for x in script.arrays.values()}
    return {m for shape in shapes for m in (*shape, math.prod(shape))} - {0, 1}


def is_one_over_n(script: Script, x: Any) -> bool:
    """Whether all of it is 1 / n, with an n that entries are counted by."""
    if x is None or not np.size(x) or np.asarray(x).dtype.kind != "f":
        return False
    first = np.ravel(x)[0]
    if not first or not np.all(x == first):
        return False
    n = 1 / abs(first)
    return abs(n - round(n)) < 1e-9 * n and round(n) in counts(script)


def upstream(script: Script, gradient: Any) -> str:
    """The kind of a gradient left out; one number in it is taken for a factor, unless
    that gradient is given."""
    if script.is_edge:
        return "upstream"
    values = np.ravel(np.asarray(gradient, dtype=np.float64))
    if not values.size or not (values == values[0]).all():
        return "upstream"
    if is_one_over_n(script, values):
        return "mean/above"
    return "upstream/uniform" if values.size > 1 else "upstream"


def _has_a_mask(script: Script, gradient: str) -> bool:
    """Whether the line of a gradient has a comparison in it."""
    lines = script.setting.get(gradient, ())
    return any(has(script.statements[i].tree, ast.Compare) for i in lines)


def _stretches(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a shape is another one, or broadcasts to it."""
    try:
        return shape == to or (bool(shape) and np.broadcast_shapes(shape, to) == to)
    except ValueError:
        return False


def neighbours(script: Script, line: int, name: str, through: str) -> dict[str, str]:
    """What may be mistaken for a value: variable -> the kind of the mistake."""
    shape = np.shape(script.values[name])
    target = next(iter(script.statements[line].sets), "")
    owns = {script.variables[x] for x in script.tensors.get(target, ())}
    near = {*owns, through, *script.reads_of(through)}
    found: dict[str, str] = {}
    for other, value in script.arrays.items():
        if other in script.carrying or other == name or other in script.scope:
            continue
        if script.first.get(other, -1) >= script.backward:
            continue
        operand = other in near and through not in (name, other)
        if not operand and not _stretches(np.shape(value), shape):
            continue
        after = script.before(other).get(name, 0)
        before = script.before(name).get(other, 0)
        if other in owns and through not in (name, other):
            found[other] = "own value"
        elif after or before:
            found[other] = f"input or output/{after or -before}"
        elif other in near or name in near:
            found[other] = "own value/other"
    return found


def of_a_comparison(place: Place) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Compare) or len(node.ops) != 1:
        return
    x, (op,), (y,) = node.left, node.ops, node.comparators
    for other in _OTHER_COMPARISONS.get(type(op), ()):
        yield "gate/other", ast.Compare(x, [other()], [y])
    shape = place.shape(x)
    for name in sorted(place.script.statements[place.line].reads):
        value = place.script.arrays.get(name)
        if value is None or np.shape(value) != shape:
            continue
        if not is_named(x, name):
            zero = ast.Constant(0)
            yield (
                "gate/other",
                ast.Compare(ast.Name(name, ast.Load()), [ast.Gt()], [zero]),
            )


_OTHER_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Gt: (ast.Lt, ast.GtE),
    ast.Lt: (ast.Gt, ast.LtE),
    ast.GtE: (ast.Lt,),
    ast.LtE: (ast.Gt,),
    ast.NotEq: (ast.Eq, ast.Lt),
    ast.Eq: (ast.NotEq,),
}


def hides(masked: Any, x: Any) -> bool:
    """Whether entries of x were hidden by minus infinity, or nearly so, and no more."""
    masked = np.asarray(masked)
    if masked.dtype.kind != "f":
        return False
    hidden = masked < -1e4
    return bool(hidden.any()) and bool(((masked == x) | hidden).all())


def is_mask(place: Place, tree: ast.expr) -> bool:
    value = place.value(tree)
    if not isinstance(value, np.ndarray) or value.size < 2:
        return False
    if isinstance(tree, ast.Name) and tree.id in place.script.leaves:
        return False  # numbers to be learned, a 0 among them
    # 0 and one other number, as a mask of dropout has.
    return value.dtype == bool or (not value.all() and np.unique(value).size <= 2)
