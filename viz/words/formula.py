"""The local derivative of a closure, in the rule's own words.

A rule explains itself. The source text of the backward closure that ran (`g * y`,
`x.T @ g`) is found through the positions that Python keeps for every instruction of its
code, and is what the picture writes on an edge. Nothing is guessed: a closure without
readable source is written `∂exp/∂x`.
"""

from __future__ import annotations

import ast
import copy
import inspect
import linecache
from collections.abc import Callable, Iterator
from functools import lru_cache
from types import CodeType
from typing import Any

import numpy as np

from engine import Tensor
from viz.words.locks import held_over_forks
from viz.words.text import shorten, visible

# What a rule may raise when it is run again on data that has changed.
RULE_ERRORS = (
    ArithmeticError,
    AttributeError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
FORMULA_WIDTH = 56  # characters of a formula that an edge shows

# CPython counts the depth of a syntax tree for all threads together: two that parse or
# compile one at once fail now and then (python/cpython#106905).
_lock = held_over_forks()

_Span = tuple[int, int, int, int]  # first line, its column, last line, its column
_Function = ast.Lambda | ast.FunctionDef


def closure_text(fn: Callable[..., Any], op: str, operand: str) -> str:
    """What `fn` computes, as source text.

    Args:
        fn: a backward closure of a rule: g -> gradient of one operand.
        op: the rule's name, for a closure whose source can't be read.
        operand: the rule's letter of the operand, for the same.

    Returns:
        The expression of a lambda (`g * y`); the first docstring line of a named inner
        function, or else the one expression that it returns; `∂op/∂operand` without
        source.
    """
    code = getattr(fn, "__code__", None)
    text = _source_text(code, code.co_filename) if isinstance(code, CodeType) else ""
    return shorten(visible(text or f"∂{op}/∂{operand}"), FORMULA_WIDTH)


def operand_letters(node: Tensor) -> list[str]:
    """The rule's own name of each operand: `x`, `w`, `b`; `xs[0]`, `xs[1]`."""
    letters: list[str] = []
    rule = node.rule or _rule_of_a_leaf
    for parameter in inspect.signature(rule).parameters.values():
        if parameter.kind is parameter.VAR_POSITIONAL:
            rest = len(node.parents) - len(letters)
            letters += [f"{parameter.name}[{i}]" for i in range(rest)]
        else:
            letters.append(parameter.name)
    return letters[: len(node.parents)]


def product_shapes(fn: Callable[..., Any], output: Any) -> str:
    """The operand shapes of the matrix product in a formula, or "".

    Args:
        fn: a backward closure; the sides of its `@` are evaluated in its namespace.
        output: the value of the node, whose shape `g` has.

    Returns:
        `(5, 64) @ (64, 3)`, for `x.T @ g`.
    """
    code = getattr(fn, "__code__", None)
    if not isinstance(code, CodeType):
        return ""
    sides = _product(code, code.co_filename)
    if sides is None:
        return ""
    g = np.broadcast_to(np.zeros((), output.dtype), output.shape)  # no memory
    cells = inspect.getclosurevars(fn)
    names = {
        **cells.builtins,
        **cells.globals,
        **cells.nonlocals,
        code.co_varnames[0]: g,
    }
    try:
        with np.errstate(all="ignore"):
            left, right = (np.shape(eval(side, dict(names))) for side in sides)
    except RULE_ERRORS:  # the shapes are left out
        return ""
    return f"{left} @ {right}"


def evaluated(
    fn: Callable[..., Any], text: str, operands: dict[str, Any], g: Any
) -> Any:
    """What the docstring of a closure comes to, read as a formula.

    Args:
        fn: a backward closure of a rule.
        text: what it computes, in its own words.
        operands: the data of the rule's operands, by letter.
        g: the gradient that it takes.

    Returns:
        The value; None if the words are no formula, or name what is not known.
    """
    formula = parsed(text)
    if formula is None:
        return None
    cells = inspect.getclosurevars(fn)
    names = {**vars(np), **cells.globals, **operands, **cells.nonlocals, "g": g}
    with _lock:
        code = compile(ast.Expression(formula), "<formula>", "eval")
    try:
        with np.errstate(all="ignore"):
            return np.asarray(eval(code, names), dtype=float)
    except RULE_ERRORS:
        return None


def parsed(text: str) -> ast.expr | None:
    """The expression in a text; None if the text is not an expression."""
    try:
        with _lock:
            return ast.parse(text, mode="eval").body
    except SyntaxError:
        return None


def _rule_of_a_leaf() -> None:
    """Stands for the rule of a leaf, which has no operands."""


# Code objects of equal content are equal, whatever file they come from: hence `file`.
@lru_cache(maxsize=4096)
def _source_text(code: CodeType, file: str) -> str:
    function = _function(code, file)
    if isinstance(function, ast.FunctionDef):
        docstring = ast.get_docstring(function)
        if docstring:
            return docstring.splitlines()[0]
    expression = _expression(function)
    if expression is None:
        return ""
    written = ast.unparse(_Products().visit(copy.deepcopy(expression)))
    segment = ast.get_source_segment("".join(linecache.getlines(file)), expression)
    as_it_is = segment and "\n" not in segment and "np.dot" not in segment
    return segment if segment and as_it_is else written


@lru_cache(maxsize=4096)
def _product(code: CodeType, file: str) -> tuple[CodeType, CodeType] | None:
    """The two sides of the first `@` in a closure's expression, compiled."""
    expression = _expression(_function(code, file))
    if expression is None:
        return None
    parts = ast.walk(_Products().visit(copy.deepcopy(expression)))
    top = next((p for p in parts if _is_product(p)), None)
    if not isinstance(top, ast.BinOp):
        return None
    sides = ast.Expression(top.left), ast.Expression(top.right)
    with _lock:
        left, right = (compile(side, file, "eval") for side in sides)
    return left, right


def _is_product(part: ast.AST) -> bool:
    return isinstance(part, ast.BinOp) and isinstance(part.op, ast.MatMult)


class _Products(ast.NodeTransformer):
    """Writes np.dot(a, b) as a @ b: for matrices they are the same."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if ast.unparse(node.func) != "np.dot" or len(node.args) != 2:
            return node
        product = ast.BinOp(node.args[0], ast.MatMult(), node.args[1])
        return ast.copy_location(product, node)


def _expression(function: _Function | None) -> ast.expr | None:
    """What a lambda, or a function that is nothing but a return statement, returns."""
    if isinstance(function, ast.Lambda):
        return function.body
    if isinstance(function, ast.FunctionDef) and len(function.body) == 1:
        statement = function.body[0]
        return statement.value if isinstance(statement, ast.Return) else None
    return None


def _function(code: CodeType, file: str) -> _Function | None:
    """The innermost function of the file whose body holds all the instructions."""
    span = _span(code)
    if span is None:
        return None
    holding = [f for f in _functions(file) if _holds(_body_span(f), span)]
    best = max(holding, key=lambda f: _body_span(f)[:2], default=None)
    return best if best is not None and _agrees(best, code) else None


def _span(code: CodeType) -> _Span | None:
    """From the first to the last character that the code's instructions come from."""
    starts, ends = [], []
    for line, end_line, column, end_column in code.co_positions():
        if line is None or end_line is None or column is None or not end_column:
            continue  # the interpreter's own, or run without positions
        starts.append((line, column))
        ends.append((end_line, end_column))
    return (*min(starts), *max(ends)) if starts else None


def _body_span(function: _Function) -> _Span:
    body = function.body
    first, last = (body[0], body[-1]) if isinstance(body, list) else (body, body)
    return (
        first.lineno,
        first.col_offset,
        last.end_lineno or last.lineno,
        last.end_col_offset or 0,
    )


def _holds(outer: _Span, inner: _Span) -> bool:
    return outer[:2] <= inner[:2] and inner[2:] <= outer[2:]


def _agrees(function: _Function, code: CodeType) -> bool:
    """Whether the text is still that of the code: a file may be edited after import."""
    arguments = tuple(argument.arg for argument in function.args.args)
    body = function.body if isinstance(function.body, list) else [function.body]
    read = {part.id for b in body for part in ast.walk(b) if isinstance(part, ast.Name)}
    return arguments == code.co_varnames[: code.co_argcount] and read.issuperset(
        code.co_freevars
    )


@lru_cache(maxsize=64)
def _functions(file: str) -> tuple[_Function, ...]:
    """Every lambda and function of a file; none where it can't be read."""
    lines = linecache.getlines(file)
    try:
        with _lock:
            tree = ast.parse("".join(lines))
    except SyntaxError:
        return ()
    return tuple(_walk_functions(tree))


def _walk_functions(tree: ast.AST) -> Iterator[_Function]:
    for part in ast.walk(tree):
        if isinstance(part, ast.Lambda | ast.FunctionDef):
            yield part
