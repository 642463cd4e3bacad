"""What goes wrong in matrix products, in sums over axes, and in calls.

Each function looks at one part of a line, and yields what might stand in its place.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Iterator
from typing import Any

from engine.mistakes.place import Change, Place, binary, is_op, method, ones
from engine.mistakes.script import LARGEST


def of_a_matrix_product(place: Place) -> Iterator[Change]:
    node = place.node
    if not is_op(node, ast.MatMult):
        return
    x, y = node.left, node.right
    turned = _turned(x), _turned(y)
    for left, right, kind in (
        (turned[0], y, "transposed"),
        (x, turned[1], "transposed"),
        (*turned, "transposed"),
        (y, x, "swapped"),
        (turned[1], x, "swapped"),
        (y, turned[0], "swapped"),
        (turned[1], turned[0], "transposed"),
    ):
        if _fits(place.shape(left), place.shape(right)):
            yield kind, binary(left, ast.MatMult(), right)
    for one, other in ((x, y), (y, x)):
        if place.carries(one):
            blank = ones(place.shape(one))
            pair = (blank, other) if one is x else (other, blank)
            yield "upstream", binary(pair[0], ast.MatMult(), pair[1])
    if place.shape(x) == place.shape(y):
        yield "factor", binary(x, ast.Mult(), y)


def _fits(x: tuple[int, ...] | None, y: tuple[int, ...] | None) -> bool:
    """Whether two arrays have a matrix product that is not too large."""
    if not x or not y or x[-1] != y[max(len(y) - 2, 0)]:
        return False
    return math.prod(x[:-1]) * (y[-1] if len(y) > 1 else 1) <= LARGEST


def _turned(tree: ast.expr) -> ast.expr:
    if isinstance(tree, ast.Attribute) and tree.attr in ("T", "mT"):
        return tree.value
    attr = "mT" if ".mT" in ast.unparse(tree) else "T"
    return ast.Attribute(tree, attr, ast.Load())


def of_a_transposition(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Attribute) and node.attr in ("T", "mT"):
        yield "transposed", node.value


def of_a_call(place: Place) -> Iterator[Change]:
    node = place.node
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return
    name, of = node.func.attr, node.func.value
    if isinstance(of, ast.Name) and of.id == "np":
        yield from _of_a_function(place, name, node.args)
    elif name in ("sum", "mean", "max"):
        yield from _of_a_reduction(place, name, of)
    elif name in ("reshape", "swapaxes", "transpose"):
        yield "transposed" if name != "reshape" else "shape", of


def _of_a_function(place: Place, name: str, args: list[ast.expr]) -> Iterator[Change]:
    if name == "where" and len(args) == 3:
        condition, x, y = args
        yield "gate", x
        yield "gate", y
        yield "gate/other", ast.Call(place.node.func, [condition, y, x], [])
    elif name == "outer":
        yield "swapped", ast.Call(place.node.func, [args[1], args[0]], [])
    elif name == "broadcast_to":
        yield "sum", args[0]
    elif len(args) == 1 and not isinstance(args[0], ast.Tuple | ast.Constant):
        yield "input or output", args[0]
        for other in _CONFUSED.get(name, ()):
            func = ast.Attribute(ast.Name("np", ast.Load()), other, ast.Load())
            yield "factor/function", ast.Call(func, args, [])
    elif name in ("multiply", "maximum", "minimum") and len(args) == 2:
        yield from (("factor", arg) for arg in args)


_CONFUSED = {"cos": ["sin"], "sin": ["cos"], "exp": ["log"], "log": ["exp"]}


def _of_a_reduction(place: Place, name: str, of: ast.expr) -> Iterator[Change]:
    node, shape = place.node, place.shape(of)
    if not shape:
        return
    options = {k.arg: k.value for k in node.keywords}
    if name != "max":
        yield "sum" if name == "sum" else "mean", of
        other = "mean" if name == "sum" else "sum"
        wrong = "mean/sum" if other == "mean" else "mean/mean"
        yield wrong, method(of, other, node.args, node.keywords)
    kept = [k for k in node.keywords if k.arg != "axis"]
    if "keepdims" in options:
        only = [k for k in node.keywords if k.arg == "axis"]
        yield "axis/kept", method(of, name, [], only)
    else:
        keep = ast.keyword("keepdims", ast.Constant(True))
        yield "axis/kept", method(of, name, [], [*node.keywords, keep])
    given = _axis_in(options, len(shape))
    for axis in (None, *range(len(shape))):
        if axis != given:
            along = [] if axis is None else [ast.keyword("axis", ast.Constant(axis))]
            kind = f"axis/{given} to {axis}"
            within = type(given) is tuple and axis in given
            if given is None or axis is None or within:
                kind = "sum" if given is None or within else "sum/all"
            yield kind, method(of, name, [], [*along, *kept])


def _axis_in(options: dict[str, ast.expr], ndim: int) -> Any:
    """The axis that a call names, counted from the front."""
    given = ast.literal_eval(options["axis"]) if "axis" in options else None
    return given % ndim if type(given) is int else given


def of_an_index(place: Place) -> Iterator[Change]:
    node = place.node
    if isinstance(node, ast.Subscript):
        yield "shape", node.value
