"""What may stand in an expression: a whitelist over Python's syntax tree.

Every node of the tree has to be on a short list (numbers, names, operators, and calls
of NumPy's functions of numbers), and each stands for one operation of the engine.
Anything else is an error that points at it and says what to write instead.
"""

from __future__ import annotations

import ast
import difflib
import keyword
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from viz.command.parser import (
    SUPERSCRIPTS,
    ExpressionError,
    Source,
    not_allowed,
    too_large,
)
from viz.words.text import shorten

_NAMES = (
    "abs absolute add acos acosh arccos arccosh arcsin arcsinh arctan arctan2 arctanh "
    "asin asinh atan atan2 atanh cbrt copysign cos cosh deg2rad degrees divide exp "
    "exp2 expm1 fabs float_power fmax fmin fmod heaviside hypot log log10 log1p log2 "
    "logaddexp logaddexp2 maximum minimum mod multiply negative nextafter pow power "
    "rad2deg radians reciprocal remainder sin sinc sinh sqrt square subtract tan tanh "
    "true_divide"
)
FUNCTIONS: dict[str, Callable[..., Any]] = {n: getattr(np, n) for n in _NAMES.split()}
_OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: np.add,
    ast.Sub: np.subtract,
    ast.Mult: np.multiply,
    ast.Div: np.divide,
    ast.Mod: np.remainder,
    ast.Pow: np.power,
    ast.UAdd: np.positive,
    ast.USub: np.negative,
}
_INSTEAD = {
    "relu": "maximum(x, 0)",
    "sigmoid": "1 / (1 + exp(-x))",
    "softplus": "logaddexp(x, 0)",
    "ln": "log(x)",
    "max": "maximum(x, y)",
    "min": "minimum(x, y)",
    "tg": "tan(x)",
    "cot": "1 / tan(x)",
    "sec": "1 / cos(x)",
    "csc": "1 / sin(x)",
}


_POINT = "; a decimal number has a point, as in 3.5"


class Step(NamedTuple):
    """A node of the tree, and what it is computed from."""

    node: ast.expr
    operands: Sequence[ast.expr]


def in_order(source: Source) -> list[Step]:
    """The nodes of an expression: operands before what is computed from them.

    Raises:
        ExpressionError: if it can't be read, or holds what is not allowed.
    """
    ordered = []
    _check_calls(source)
    waiting: list[tuple[ast.expr, Step | None]] = [(source.tree(), None)]
    while waiting:  # no recursion: a sum of a thousand terms is a thousand deep
        node, step = waiting.pop()
        if step is not None:
            ordered.append(step)
            continue
        step = Step(node, _operands(node, source))
        waiting += [(node, step), *((x, None) for x in reversed(step.operands))]
    return ordered


def operation(node: ast.expr) -> Callable[..., Any]:
    """The function of NumPy that an operator or a call stands for."""
    if isinstance(node, ast.Call):
        assert isinstance(node.func, ast.Name)  # nothing else is let through
        return FUNCTIONS[node.func.id]
    assert isinstance(node, ast.UnaryOp | ast.BinOp)
    return _OPERATORS[type(node.op)]


# --- functions as they are written on paper -------------------------------------------

_FUNCTION = rf"\b({'|'.join(FUNCTIONS)})"
_POWER = rf"(?:(?:\*\*|\^)\s*\(?(-?\d+)\)?|([{SUPERSCRIPTS}]+))"


def _check_calls(source: Source) -> None:
    """Raise for `sin x` and `sin²(x)`."""
    power = re.search(rf"{_FUNCTION}\s*{_POWER}\s*\(", source.code)
    if power:
        name, digits, raised = power.groups()
        exponent = unicodedata.normalize("NFKC", digits or raised).replace("−", "-")
        cure = f"{name}(x)**{exponent}"
        if exponent == "-1":
            arc = f"arc{name}"
            inverse = f", or {arc}(x) for the inverse" if arc in FUNCTIONS else ""
            cure = f"1/{name}(x){inverse}"
        message = f"a power of {name} stands behind its parentheses; write {cure}"
        raise source.error(message, power.start())
    bare = re.search(rf"{_FUNCTION}\s+(\w+)", source.code)
    if bare and not keyword.iskeyword(bare[2]):
        name, operand = bare.groups()
        raise source.error(
            f"the operand of {name} stands in parentheses; write "
            f"{name}({shorten(operand)})",
            bare.start(2),
        )


# --- the whitelist --------------------------------------------------------------------


def _operands(node: ast.expr, source: Source) -> Sequence[ast.expr]:
    """What a node is computed from; an error if it is not allowed."""
    match node:
        case ast.Constant(value=bool()):
            pass  # an int, to Python
        case ast.Constant(value=int() | float() as value):
            _check_size(value, node, source)
            return ()
        case ast.Name():
            return ()
        case ast.UnaryOp(op=op, operand=x) if type(op) in _OPERATORS:
            return (x,)
        case ast.BinOp(left=x, op=op, right=y) if type(op) in _OPERATORS:
            return x, y
        case ast.Call(func=ast.Name(id=name)):
            _check_call(node, name, source)
            return node.args
    raise _refusal(node, source)


def _check_size(value: float, node: ast.expr, source: Source) -> None:
    try:
        finite = math.isfinite(value)
    except OverflowError:  # an int of hundreds of digits
        finite = False
    if not finite:
        raise too_large(source, source.start(node))


def _check_call(node: ast.Call, name: str, source: Source) -> None:
    if name not in FUNCTIONS:
        raise source.error(_no_function(name), source.start(node))
    if node.keywords:
        raise source.error(
            f"{name} takes its operands by position only; write {name}(x)",
            source.start(node.keywords[0]),
        )
    needed = getattr(FUNCTIONS[name], "nin", 1)  # sinc is not a ufunc, and takes one
    if len(node.args) != needed:
        raise source.error(
            f"{name} takes {needed} operand{'s' * (needed > 1)}, and got "
            f"{len(node.args)}{_POINT if len(node.args) > needed else ''}",
            source.start(node),
        )


# --- errors about everything else -----------------------------------------------------


def _refusal(node: ast.expr, source: Source) -> ExpressionError:
    """The error about a node that is not on the list."""
    at, words = source.start(node), source.words(node)
    match node:
        case ast.Call(func=ast.Attribute() as function):
            return _refusal(function, source)
        case ast.Call(func=function):
            message = "only the name of a function can be called; for a product write *"
            return source.error(message, source.code.index("(", source.end(function)))
        case ast.Attribute(attr=name):
            cure = f"; write {name}" if name in FUNCTIONS else ""
            message = f"{words!r} has a dot in it, and names have none{cure}"
            return source.error(message, at)
        case ast.Constant(value=complex()):
            message = f"{words!r} is imaginary; for a product write {words[:-1]}*j"
            return source.error(message, at)
        case ast.Tuple(elts=[first, *_]):
            message = f"a comma stands only between the operands of a function{_POINT}"
            return source.error(message, source.code.index(",", source.end(first)))
        case ast.Tuple():
            return source.error("these parentheses are empty; write what they hold", at)
    pair = _infix(node)
    if pair:
        words, at = source.between(*pair)
    return source.error(not_allowed(words), at)


def _infix(node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """The operands between which the operator stands that is not allowed."""
    match node:
        case ast.BinOp(left=left, right=right):
            return left, right
        case ast.Compare(left=left, comparators=[right, *_]):
            return left, right
        case ast.BoolOp(values=[left, right, *_]):
            return left, right
        case ast.IfExp(body=left, test=right):
            return left, right
    return None


def _no_function(name: str) -> str:
    said = f"{shorten(name)!r} is not a function"
    if name in _INSTEAD:
        return f"{said}; write {_INSTEAD[name]}"
    near = difflib.get_close_matches(name, FUNCTIONS)
    if near:
        return f"{said}; did you mean {' or '.join(near)}?"
    product = f"for a product write {shorten(name)}*(...)"
    return f"{said} (chainrule --help lists them); {product}"
