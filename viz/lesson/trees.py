"""Trees: an expression of Python's in JSON, for the page to compute.

    0.5            a number; true, false and null are Python's
    "x0"           a variable
    ["+", x, y]    an operator: + - * / // % ** @ & | ^ < <= > >= == !=, neg, pos and ~
    ["np.sum", x, {"axis": 0}]    a function of NumPy's, its arguments, those by name
    [".sum()", x, {"axis": 0}]    a method; [".T", x] an attribute
    ["[]", x, i]   an index; ["[]=", x, i, v], ["[]+=", x, i, v]   x after a write
    ["tuple", ...], ["list", ...], ["slice", start, stop, step], ["..."], ["str", "ij"]
    ["nan"], ["inf"]

What the page knows of these stands in arrays.js alone.
"""

from __future__ import annotations

import ast
import functools
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ARRAYS = Path(__file__).with_name("arrays.js")
_OPERATORS: dict[type, str] = {
    **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//"},
    **{ast.Mod: "%", ast.Pow: "**", ast.MatMult: "@", ast.BitAnd: "&"},
    **{ast.BitOr: "|", ast.BitXor: "^", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">"},
    **{ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.USub: "neg"},
    **{ast.UAdd: "pos", ast.Invert: "~"},
}
_NUMBERS = {
    "np.pi": math.pi,
    "np.e": math.e,
    "np.inf": math.inf,
    "np.nan": math.nan,
    "np.newaxis": None,
    "np.finfo(float).max": sys.float_info.max,
}
_BUILT_IN = {"abs": "np.absolute", "len": "len", "[]=": "[]=", "[]+=": "[]+="}


def tree(node: ast.expr) -> Any:
    """The tree of an expression.

    Raises:
        ValueError: if it has none, as a lambda.
    """
    known = _NUMBERS.get(ast.unparse(node), node)
    if known is not node:
        return _constant(known)
    match node:
        case ast.Constant():
            return _constant(node.value)
        case ast.Name():
            return node.id
        case ast.BinOp():
            return [_sign(node.op), tree(node.left), tree(node.right)]
        case ast.UnaryOp():
            return [_sign(node.op), tree(node.operand)]
        case ast.Compare(ops=[operator], comparators=[right]):
            return [_sign(operator), tree(node.left), tree(right)]
        case ast.Tuple():
            return ["tuple", *map(tree, node.elts)]
        case ast.List():
            return ["list", *map(tree, node.elts)]
        case ast.Slice():
            parts = (node.lower, node.upper, node.step)
            return ["slice", *(None if part is None else tree(part) for part in parts)]
        case ast.Subscript(slice=ast.Constant(value=bool())):
            pass  # an axis of length 1 or 0
        case ast.Subscript():
            return ["[]", tree(node.value), tree(node.slice)]
        case ast.Attribute():
            return [f".{node.attr}", tree(node.value)]
        case ast.Call():
            return _call(node)
    raise ValueError(f"trees: {ast.unparse(node)} has no tree")


def _call(node: ast.Call) -> list[Any]:
    function = node.func
    if isinstance(function, ast.Name) and function.id in _BUILT_IN:
        head: list[Any] = [_BUILT_IN[function.id]]
    elif isinstance(function, ast.Attribute):
        name = ast.unparse(function)
        of_numpy = re.fullmatch(r"np(\.\w+)+", name)
        head = [name] if of_numpy else [f".{function.attr}()", tree(function.value)]
    else:
        raise ValueError(f"trees: {ast.unparse(node)} has no tree")
    options = {
        word.arg or "**": tree(word.value)
        for word in node.keywords
        if not _changes_nothing(head[0], word)
    }
    return [*head, *map(tree, node.args), *([options] if options else [])]


def _changes_nothing(head: str, word: ast.keyword) -> bool:
    """Whether an option is one that makes no difference on the page."""
    if head in ("np.zeros", "np.ones", "np.eye", "np.tri"):
        return word.arg == "dtype" and ast.unparse(word.value) == "np.float64"
    return head == "np.einsum" and word.arg == "optimize"


def _sign(operator: ast.AST) -> str:
    sign = _OPERATORS.get(type(operator))
    if sign is None:
        raise ValueError(f"trees: {type(operator).__name__} has no tree")
    return sign


def _constant(x: Any) -> Any:
    if x is ...:
        return ["..."]
    if isinstance(x, tuple):
        return ["tuple", *map(_constant, x)]
    if isinstance(x, str):
        return ["str", x]
    if isinstance(x, float) and not math.isfinite(x):
        word = ["nan"] if math.isnan(x) else ["inf"]
        return word if not x < 0 else ["neg", word]
    if x is None or isinstance(x, bool | int | float):
        return x
    raise ValueError(f"trees: {x!r:.40} has no tree")


def unknown(node: ast.expr) -> str:
    """What the page does not know of an expression: `np.linalg.inv`; "" if it can
    compute it."""
    try:
        made = tree(node)
    except ValueError:
        return ast.unparse(node)
    known = known_words()
    return next((word for word in _words(made) if word not in known), "")


def _words(tree: Any) -> Iterator[str]:
    """The heads of a tree and of all that is in it; `axis= of np.sum` for an argument
    by name."""
    if not isinstance(tree, list):
        return
    head, *parts = tree
    yield head
    for part in parts if head != "str" else ():
        named = part if isinstance(part, dict) else {}
        yield from (f"{name}= of {head}" for name in named)
        for x in (part, *named.values()):
            yield from _words(x)


@functools.cache
def known_words() -> frozenset[str]:
    """The heads of trees that arrays.js knows; `axis= of np.sum` for an argument that
    may be given by name."""
    text = _ARRAYS.read_text("utf-8")
    reduced = re.findall(r"const REDUCED = (.*?);", text)[0]
    known: dict[str, list[str]] = {}  # head -> the names of its arguments
    for table, lines in re.findall(r"(?ms)^const ([A-Z]+) = \{\n(.*?)^\};", text):
        for head, what in re.findall(r'(?ms)^  "(\S+)":(.*?)(?=^  "|\Z)', lines):
            other = what.strip(' ",\n') if table == "SAME" else ""
            names = re.findall(
                r'"(\w+)"[,\]]', reduced if table == "REDUCTIONS" else what
            )
            known[head] = known[other] if other else names
    return frozenset(
        [*known, *(f"{name}= of {head}" for head in known for name in known[head])]
    )
