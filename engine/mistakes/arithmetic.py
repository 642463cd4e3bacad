"""What goes wrong in products and quotients, powers, sums and signs.

Each function looks at one part of a line, and yields what might stand in its place.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

import numpy as np

from engine.mistakes.place import (
    Change,
    Place,
    binary,
    goes_through_power,
    has,
    is_number,
    is_op,
    loaded,
    ones,
    with_names,
)
from engine.mistakes.values import counts, hides, is_mask, is_one_over_n, upstream


def of_a_product(place: Place) -> Iterator[Change]:
    node = place.node
    if not is_op(node, ast.Mult):
        return
    x, y = node.left, node.right
    for kept, out in ((x, y), (y, x)):
        kind = _kind_without(place, out, kept)
        if kind:
            yield kind, kept
        if kind == "gate":
            # Without it, what it stretched is stretched all the same.
            yield kind, binary(kept, ast.Mult(), ones(place.shape(out)))
            positive = ast.Compare(kept, [ast.Gt()], [ast.Constant(0)])
            yield "gate/other", binary(kept, ast.Mult(), positive)
    if not is_number(x) and not is_number(y):
        yield "inverse", binary(x, ast.Div(), y)
        yield "inverse", binary(y, ast.Div(), x)
    elif is_number(x):
        yield "inverse", binary(y, ast.Div(), x)
    yield "added", binary(x, ast.Add(), y)
    # A factor that belongs to one part of a sum, or to all of it.
    for one, other in ((x, y), (y, x)):
        if is_op(one, ast.Add, ast.Sub):
            part = binary(one.left, ast.Mult(), other)
            yield "factor/part", binary(part, one.op, one.right)


def _kind_without(place: Place, left_out: ast.expr, kept: ast.expr) -> str:
    """What it is to leave out a factor; "" if it is no mistake that people make."""
    if place.carries(left_out):
        if place.carries(kept):
            return "factor"
        ones_for = {
            n: ones(np.shape(place.script.values[n]))
            for n in loaded(left_out)
            if n in place.script.carrying
        }
        alone = place.value(with_names(left_out, ones_for))
        given = place.value(left_out)
        if alone is None or given is None:
            return ""
        if np.all(alone == 1):  # the gradient from above, and nothing else
            return "" if np.all(given == 1) else upstream(place.script, given)
        if not np.array_equal(alone, given):
            return ""
        left_out = ast.Constant(float(np.ravel(alone)[0])) if np.size(alone) else kept
    elif has(left_out, ast.Compare) or is_mask(place, left_out):
        return "gate"
    if is_one_over_n(place.script, place.value(left_out)):
        return "mean"
    if goes_through_power(place) and is_number(left_out):
        return "exponent/down"
    same = ast.dump(left_out) == ast.dump(kept)
    return "exponent/square" if same else "factor"


def of_a_number(place: Place) -> Iterator[Change]:
    """1 / n, written as a number."""
    node = place.node
    if not isinstance(node, ast.Constant) or type(node.value) is not float:
        return
    if node.value and abs(1 / node.value - round(1 / node.value)) < 1e-9:
        n = round(1 / node.value)
        if abs(n) > 1:
            for other in _other_counts(place, n):
                yield _other_mean(n, other), ast.Constant(1 / other)


def of_a_quotient(place: Place) -> Iterator[Change]:
    node = place.node
    if not is_op(node, ast.Div):
        return
    x, y = node.left, node.right
    counted = isinstance(y, ast.Constant) and type(y.value) is int
    counted = counted and bool({y.value, y.value + 1} & counts(place.script))
    yield "mean" if counted else "factor", x
    if place.carries(x):
        kind = upstream(place.script, place.value(x))
        yield kind, binary(ones(), ast.Div(), y)
    if counted:
        for n in _other_counts(place, y.value):
            new = binary(x, ast.Div(), ast.Constant(n))
            yield _other_mean(y.value, n), new
        yield "mean/twice", binary(node, ast.Div(), y)
    else:
        yield "inverse/multiplied", binary(x, ast.Mult(), y)
        yield "swapped/quotient", binary(y, ast.Div(), x)
        yield "exponent/square", binary(node, ast.Div(), y)
        yield "sign", ast.UnaryOp(ast.USub(), node)


def _other_mean(n: int, other: int) -> str:
    return "mean/less" if abs(n - other) == 1 else "mean/other"


def _other_counts(place: Place, n: int) -> Iterable[int]:
    """What people divide by instead of n: n - 1, or the length of another axis."""
    return sorted({n - 1, n + 1, *counts(place.script)} - {n, 0, 1})


def of_a_power(place: Place) -> Iterator[Change]:
    node = place.node
    if not is_op(node, ast.Pow):
        return
    x, n = node.left, node.right
    yield "exponent/lower", x
    for step in (1, -1):
        other = binary(n, ast.Add(), ast.Constant(step))
        yield "exponent/lower", binary(x, ast.Pow(), other)


def of_a_sum(place: Place) -> Iterator[Change]:
    node = place.node
    if not is_op(node, ast.Add, ast.Sub):
        return
    x, y = node.left, node.right
    minus = isinstance(node.op, ast.Sub)
    without_y = (
        "gate" if _is_added_mask(place, y) else _kind_without_addend(place, y, x)
    )
    yield without_y, x
    yield _kind_without_addend(place, x, y), ast.UnaryOp(ast.USub(), y) if minus else y
    yield "sign", binary(x, ast.Add() if minus else ast.Sub(), y)
    if minus:
        yield "swapped/difference", binary(y, ast.Sub(), x)
    if place.carries(x) and place.carries(y):
        yield "added/multiplied", binary(x, ast.Mult(), y)
    parts = addends(node)
    if len(parts) > 2:
        kind = "use" if all(map(place.carries, parts)) else "use/part"
        yield from ((kind, part) for part in parts)


def _kind_without_addend(place: Place, left_out: ast.expr, kept: ast.expr) -> str:
    if is_number(left_out) or is_number(kept):
        return "factor"
    if _is_added_mask(place, left_out):
        return "gate"
    return "use" if place.carries(left_out) else "use/part"


def _is_added_mask(place: Place, tree: ast.expr) -> bool:
    value = place.value(tree)
    return np.ndim(value) > 0 and hides(value, 0.0)


def addends(node: ast.expr) -> list[ast.expr]:
    """The terms of a sum, with their signs."""
    if not isinstance(node, ast.BinOp) or not isinstance(node.op, ast.Add | ast.Sub):
        return [node]
    right = node.right
    last = ast.UnaryOp(ast.USub(), right) if isinstance(node.op, ast.Sub) else right
    return [*addends(node.left), last]


def of_a_minus(place: Place) -> Iterator[Change]:
    if isinstance(place.node, ast.UnaryOp) and isinstance(place.node.op, ast.USub):
        yield "sign", place.node.operand
