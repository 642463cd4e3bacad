"""Symbols: what tensors and local derivatives are called in a formula.

A name is the user's. What has none is `v1`, `v2`, ... in the order in which it was
computed, and what is differentiated is `L`. A local derivative is the rule's own
closure without its `g`, in these names: `lambda g: g * y` is `b` where the operand y is
called b.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of, topological_order
from viz.words.formula import closure_text, operand_letters, parsed
from viz.words.local_derivative import closure, follows_formula
from viz.words.names import Names
from viz.words.numbers import is_numpy, number
from viz.words.operation import NAMELESS, expression

_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


class Partial(NamedTuple):
    """The derivative of one thing by another, by their names."""

    of: str
    by: str

    def __str__(self) -> str:
        return f"∂{self.of}/∂{self.by}"


class Symbols:
    """The names of everything that a loss was computed from.

    Args:
        loss: what is differentiated.
        names: variable name -> tensor, as in `draw`.
        caller: the function that got the names, for the error if they are none.

    Attributes:
        made: the Tensors that had no name, and what they are called here.
    """

    def __init__(
        self, loss: Tensor, names: Mapping[str, Any] | None, *, caller: str = "explain"
    ) -> None:
        self._names = Names(names, caller=caller)
        order = topological_order([loss])
        taken = {self._names.short(x) for y in order for x in (y, *y.parents)}
        free = (f"v{i}" for i in itertools.count(1) if f"v{i}" not in taken)
        self.made: dict[Tensor, str] = {}
        for x in order:
            if not self._names.short(x):
                last = x is loss and "L" not in taken
                self.made[x] = "L" if last else next(free)

    def of(self, x: Any) -> str:
        """What a Tensor, an array or a number is called; "" if nothing."""
        if isinstance(x, Tensor) and x in self.made:
            return self.made[x]
        name = self._names.short(x)
        data = data_of(x)
        constant = not getattr(x, "requires_grad", False)
        if not name and constant and is_numpy(data) and np.ndim(data) == 0:
            return number(data)
        return name

    def full(self, x: Tensor) -> str:
        """The name of a Tensor, not shortened."""
        return self.made.get(x) or self._names.full(x)

    def by(self, x: Tensor, y: Tensor) -> Partial:
        """The derivative of x by y."""
        return Partial(*((self.full(t) and self.of(t)) or NAMELESS for t in (x, y)))

    def term(self, loss: Tensor, node: Tensor, slot: int) -> tuple[str | Partial, ...]:
        """What an operand gets from an op: `∂L/∂e · ∂e/∂a`.

        On the left side of a sum ∂L/∂a means all of it, along all paths; so where the
        op is the loss itself, or has an operand twice, it is written otherwise:
        `1.0 · ∂(d × f)/∂f`, and `∂L/∂e · ∂e/∂a₁`.
        """
        operand = node.parents[slot]
        of, by = self.by(node, operand)
        same = [i for i, x in enumerate(node.parents) if x is operand]
        if len(same) > 1:
            by += str(same.index(slot) + 1).translate(_SUBSCRIPTS)
        if node is loss:
            return number(1.0), " · ", Partial(f"({self.expression(node)})", by)
        return self.by(loss, node), " · ", Partial(of, by)

    def where(self, some: Iterable[Tensor]) -> Iterator[tuple[str, str]]:
        """What each symbol that the user did not choose stands for."""
        for x in dict.fromkeys(some):
            if x in self.made:
                value = number(x.item()) if x.size == 1 else f"of shape {x.shape}"
                sign = " = " if x.size == 1 else ", "
                words = f"{self.expression(x)}{sign}" if x.parents else ""
                yield self.made[x], f"{words}{value}"

    def expression(self, node: Tensor) -> str:
        """How a node was computed from its operands: `a × b`."""
        return expression(node, [self.of(x) or NAMELESS for x in node.parents])

    def local(self, node: Tensor, slot: int) -> str:
        """The derivative of an op by an operand: `b`, `2 * x`; "" if none is known, or
        if it does not come to what the rule gives back."""
        return self.formula(node, slot) if follows_formula(node, slot) else ""

    def formula(self, node: Tensor, slot: int) -> str:
        """The same, whatever it comes to."""
        fn, letter = closure(node, slot), operand_letters(node)[slot]
        if fn is None:
            return ""
        text = parsed(closure_text(fn, node.op, letter))  # None if it is a sentence
        factor = _without_g(text) if text is not None else None
        called = self._called(fn, node)
        if factor is None or not _inner_names(fn) <= called.keys():
            return ""  # it names a rule's inner variable, unknown outside
        if isinstance(factor, ast.Name):
            return called.get(factor.id, factor.id)
        written = ast.unparse(_Renamed(called).visit(factor))
        return f"({written})" if isinstance(factor, ast.Compare) else written

    def letters(self, node: Tensor, slot: int) -> Iterator[tuple[str, Any]]:
        """The rule's letters in the formula of an operand, and what they stand for,
        where that has another name outside."""
        fn, letters = closure(node, slot), operand_letters(node)
        text = closure_text(fn, node.op, letters[slot]) if fn is not None else ""
        formula = parsed(text)
        parts = ast.walk(formula) if formula is not None else ()
        used = {part.id for part in parts if isinstance(part, ast.Name)}
        for letter, operand in zip(letters, node.parents, strict=True):
            if letter in used and self.of(operand) not in ("", letter):
                yield letter, operand

    def _called(self, fn: Any, node: Tensor) -> dict[str, str]:
        """The names outside of a closure's variables."""
        letters = dict(zip(operand_letters(node), node.parents, strict=True))
        called = {}
        for letter, held in inspect.getclosurevars(fn).nonlocals.items():
            operand = letters.get(letter)
            if operand is not None and data_of(operand) is held:
                called[letter] = self.of(operand) or letter
            elif held is node.data:
                called[letter] = self.of(node)
        return called


def is_number(symbol: str) -> bool:
    """Whether a symbol is a number as `number` writes it, not a name like `inf`."""
    return bool(re.fullmatch(r"-?\d[\d.]*(e-?\d+)?", symbol))


def _inner_names(fn: Any) -> set[str]:
    return set(inspect.getclosurevars(fn).nonlocals)


class _Renamed(ast.NodeTransformer):
    def __init__(self, called: dict[str, str]) -> None:
        self._called = called

    def visit_Name(self, name: ast.Name) -> ast.expr:
        called = self._called.get(name.id, name.id)
        return ast.Constant(float(called)) if is_number(called) else ast.Name(called)

    def visit_BinOp(self, part: ast.BinOp) -> ast.expr:
        self.generic_visit(part)
        left, right = _value(part.left), _value(part.right)
        if isinstance(part.op, ast.Pow) and right == 1:
            return part.left
        if left is not None and right is not None and isinstance(part.op, ast.Sub):
            return ast.Constant(left - right)  # of x ** (3.0 - 1), say
        return part

    def visit_Attribute(self, part: ast.Attribute) -> ast.expr:
        self.generic_visit(part)  # np.cos is cos
        of_numpy = isinstance(part.value, ast.Name) and part.value.id == "np"
        return ast.Name(part.attr) if of_numpy else part


_ONE = ast.Constant(1)


def _value(part: ast.expr) -> float | None:
    """The value of a part that is a number; else None."""
    value = getattr(part, "value", None)
    return float(value) if isinstance(value, int | float) else None


def _without_g(part: ast.expr) -> ast.expr | None:
    """A product without its factor g: what g is multiplied by; None if it is not."""
    if isinstance(part, ast.Name):
        return _ONE if part.id == "g" else None
    if isinstance(part, ast.UnaryOp) and isinstance(part.op, ast.USub):
        rest = _without_g(part.operand)
        return rest and ast.UnaryOp(part.op, rest)
    if not isinstance(part, ast.BinOp) or not isinstance(part.op, ast.Mult | ast.Div):
        return None
    rest = _without_g(part.left)
    if rest is None:
        return None
    if isinstance(part.op, ast.Mult):
        return _times(rest, part.right)
    return ast.BinOp(rest, part.op, part.right)


def _times(rest: ast.expr, factor: ast.expr) -> ast.expr:
    """1 * b is b, and -1 * b is -b."""
    if rest is _ONE:
        return factor
    if isinstance(rest, ast.UnaryOp) and rest.operand is _ONE:
        return ast.UnaryOp(rest.op, factor)
    return ast.BinOp(rest, ast.Mult(), factor)
