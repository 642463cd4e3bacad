"""An expression and the values of its names, given as text and computed by the engine.

Every operator and call of the text is one operation on Tensors, in plain float64, so
the graph has a node for each operator that was written. A result that is not finite,
though all its operands are, is an error that points at the operator.
"""

from __future__ import annotations

import ast
import keyword
import math
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine import Tensor, data_of
from viz.command.grammar import FUNCTIONS, in_order, operation
from viz.command.parser import ExpressionError, Source
from viz.words.numbers import number
from viz.words.text import name_label, shorten

_POINT_AND_MINUS = str.maketrans(",−–", ".--")
CONSTANTS = {"pi": math.pi, "π": math.pi}  # where no other value is given


class Expression:
    """An expression that was read, and holds only what is allowed.

    Args:
        text: such as `(a*b + c) * f`.

    Attributes:
        names: what needs a value, or is a constant; in order of appearance, and in the
            form in which Python has names (NFKC).

    Raises:
        ExpressionError: if anything else than numbers, names, operators and functions
            stands in it.
    """

    def __init__(self, text: str) -> None:
        self._source = Source(text)
        self._steps = in_order(self._source)
        self._places: dict[str, ast.expr] = {}
        for node, _ in self._steps:
            if isinstance(node, ast.Name):
                self._places.setdefault(node.id, node)
        self.names = tuple(self._places)

    def __str__(self) -> str:
        return self._source.text

    def values(self, words: Sequence[str]) -> dict[str, float]:
        """The numbers in words such as `a=2`, by name.

        Raises:
            ExpressionError: if a word has another form, or its name is not in the
                expression or was given before; it points at the word.
        """
        values: dict[str, float] = {}
        for word in words:
            name, value = _value(word)
            if name in values:
                message = f"{name_label(name)} has a value already"
                raise ExpressionError(message, word, 0)
            if name not in self.names:
                message = f"the expression has no {name_label(name)!r}; it has "
                message += self._known_names(words)
                raise ExpressionError(message, word, 0)
            values[name] = value
        return values

    def _known_names(self, words: Sequence[str]) -> str:
        """The names, and how to write a product if that is what one was meant to be."""
        known = shorten(", ".join(self.names), 60) or "no names"
        letters = {normal(word.partition("=")[0]) for word in words}
        for name in self.names:
            if len(name) > 1 and letters.issuperset(name):
                return f"{known}; for a product write {shorten('*'.join(name))}"
        return known

    def graph(
        self, values: Mapping[str, float]
    ) -> tuple[Tensor | float, dict[str, Tensor]]:
        """Compute the expression.

        Args:
            values: name -> number; names that the expression does not have are
                ignored.

        Returns:
            The result, a plain number if nothing in it wants a gradient; and the Tensor
            of each name that has a value, in order of appearance.

        Raises:
            ExpressionError: if a name has no value, or a value is not finite.
        """
        self._check_given(values)
        given = [name for name in self.names if name in values]
        leaves = {name: Tensor(float(values[name]), name=name) for name in given}
        known: dict[str, Any] = CONSTANTS | leaves
        results: dict[ast.expr, Any] = {}
        for node, parts in self._steps:
            if isinstance(node, ast.Constant):
                results[node] = float(node.value)  # type: ignore[arg-type]  # a number
            elif isinstance(node, ast.Name):
                results[node] = known[node.id]
            else:
                results[node] = self._applied(node, [results[part] for part in parts])
        return results[self._steps[-1].node], leaves

    def _check_given(self, values: Mapping[str, float]) -> None:
        missing = [n for n in self.names if n not in values and n not in CONSTANTS]
        if missing and missing[0] in FUNCTIONS:
            name = missing[0]
            raise self._source.error(
                f"{name} is a function; write its operand in parentheses, {name}(x)",
                self._source.start(self._places[name]),
            )
        if missing:
            euler = "; Euler's number is exp(1)" if missing == ["e"] else ""
            cure = " ".join(f"{name}=1.0" for name in missing)
            raise self._source.error(
                f"no value for {shorten(', '.join(missing), 60)}; add "
                f"{shorten(cure, 60)}{euler}",
                self._source.start(self._places[missing[0]]),
            )

    def _applied(self, node: ast.expr, operands: list[Any]) -> Any:
        """The result of one operation: a Tensor if an operand is one."""
        with np.errstate(all="ignore"):
            result = operation(node)(*operands)
        value = data_of(result)
        if not math.isfinite(value):
            words, at = self._operation_in_numbers(node, operands)
            why = _why_not_finite(node, list(map(data_of, operands)), value)
            message = f"{words} gives {number(value)}, and {why}"
            raise self._source.error(message, at)
        return result if isinstance(result, Tensor) else float(value)

    def _operation_in_numbers(
        self, node: ast.expr, operands: list[Any]
    ) -> tuple[str, int]:
        """What was computed, such as `1.0 / 0.0`, and where it stands."""
        shown = [number(data_of(x)) for x in operands]
        if isinstance(node, ast.BinOp):
            symbol, at = self._source.between(node.left, node.right)
            signed = (f"({x})" if x[0] == "-" else x for x in shown)
            return f" {symbol} ".join(signed), at
        assert isinstance(node, ast.Call)  # a sign leaves a finite number finite
        return f"{ast.unparse(node.func)}({', '.join(shown)})", self._source.start(node)


def _why_not_finite(node: ast.expr, operands: list[Any], value: float) -> str:
    """Why finite operands give an infinity or NaN."""
    op = node.op if isinstance(node, ast.BinOp) else None
    if isinstance(op, ast.Div | ast.Mod) and operands[1] == 0:
        return "that is a division by zero"
    try:
        with np.errstate(all="ignore", divide="raise"):
            operation(node)(*operands)
    except FloatingPointError:
        return "that is a division by zero" if op else "the function is infinite there"
    if math.isnan(value):
        return "it is not a real number"
    return "the largest number is 1.798e308"


def _value(word: str) -> tuple[str, float]:
    """The name and the number of a word such as `a=2`."""
    before, equals, text = word.partition("=")
    name, value = normal(before), _as_float(text)
    if not equals:
        message = "this gives no value; write NAME=NUMBER, and the expression in quotes"
        raise ExpressionError(message, word, 0)
    if keyword.iskeyword(name):
        cure = f"write {name}_ for it, here and in the expression"
        message = f"{name!r} can't be a name, for it is a keyword of Python; {cure}"
        raise ExpressionError(message, word, 0)
    if not name.isidentifier():
        message = f"{shorten(name)!r} can't be a name; write NAME=NUMBER, such as a=2"
        raise ExpressionError(message, word, 0)
    if not math.isfinite(value):
        meant = text.translate(_POINT_AND_MINUS)
        example = meant.strip() if math.isfinite(_as_float(meant)) else "-2.5"
        cure = f"write one, as in {name_label(name)}={shorten(example)}"
        message = f"{shorten(text)!r} is not a finite number; {cure}"
        raise ExpressionError(message, word, len(before) + 1)
    return name, value


def _as_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def normal(name: str) -> str:
    """A name as Python's parser has it: in Unicode's form NFKC, where `ﬁ` is `fi`."""
    return unicodedata.normalize("NFKC", name.strip())
