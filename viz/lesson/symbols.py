"""Symbols: what tensors and local derivatives are called in an explanation.

A name is the user's. What has none is `v1`, `v2`, ... in the order in which it was
computed, and what is differentiated is `L`; a picture gives the same names. A local
derivative is written in these names (viz/words/formula.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from engine import Tensor, data_of
from viz.words.formula import Formulas
from viz.words.names import NAMELESS, Names
from viz.words.numbers import in_a_line, is_numpy, number, shape_of, size_of
from viz.words.operation import expression

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
        formulas: the local derivatives, in these names.
    """

    def __init__(
        self, loss: Tensor, names: Mapping[str, Any] | None, *, caller: str = "explain"
    ) -> None:
        self._names = Names(names, graph=loss, caller=caller)
        self.formulas = Formulas(self._names)

    def of(self, x: Any) -> str:
        """What a Tensor, an array or a number is called."""
        return self._names.mention(x)

    def full(self, x: Tensor) -> str:
        """The name of a Tensor, not shortened."""
        self._names.mention(x)
        return self._names.full(x)

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

    def where(self, some: Iterable[Any]) -> Iterator[tuple[str, str]]:
        """Each symbol that the user did not choose, and what it stands for."""
        for x in {id(x): x for x in some}.values():
            if self._names.is_made_up(x):
                yield self.of(x), self._meaning(x)

    def _meaning(self, x: Any) -> str:
        """`= x × y = 6.0`, `= x @ w, of shape (5, 3)`, `has shape (5, 3)`."""
        made = f"= {self.expression(x)}" if getattr(x, "parents", ()) else ""
        if size_of(x) == 1 and is_numpy(data_of(x)):
            value = f"= {in_a_line(data_of(x))}"
            return f"{made} {value}" if made else value
        shape = shape_of(x)
        return f"{made}, of shape {shape}" if made else f"has shape {shape}"

    def expression(self, node: Tensor) -> str:
        """How a node was computed from its operands: `a × b`."""
        return expression(node, [self.of(x) for x in node.parents], self._names)


def is_number(symbol: str) -> bool:
    """Whether a symbol is a number as `number` writes it, not a name like `inf`."""
    return bool(re.fullmatch(r"-?\d[\d.]*(e-?\d+)?", symbol))
