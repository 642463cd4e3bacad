"""What Python's operators mean on a Tensor: each is a rule.

Nothing is computed here. `a * b`, `np.multiply(a, b)` and `rules.multiply(a, b)` are
the same rule; an operator calls it directly, without NumPy's dispatch in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Self

import numpy as np

from engine import numpy_protocol
from engine._node import Node, data_of

numpy: Any = np  # its annotations know arrays only; called on self, it comes to a rule

rules: Any = None  # the package engine.rules, once `use_rules` has set it


def use_rules(package: Any) -> None:
    """Have the operators find their rules in `package`, which is `engine.rules`.

    The rules need the Tensor, and the Tensor needs this file, so this file can't import
    them. engine/__init__ imports both and calls this once.
    """
    global rules
    rules = package


class Operators(Node):
    """Of a Tensor: operators, comparisons, indexing, and NumPy's protocols."""

    __slots__ = ()

    __pandas_priority__ = 10_000  # above a Series' 3000: `series * t` comes here too

    # --- NumPy's functions ----------------------------------------------------------

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any
    ) -> Any:
        return numpy_protocol.call_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(
        self, function: Any, types: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return numpy_protocol.call_function(function, args, kwargs)

    # --- operators: each is a rule --------------------------------------------------

    def __add__(self, y: Any) -> Self:
        return rules.add(self, y)

    def __radd__(self, x: Any) -> Self:
        return rules.add(x, self)

    def __sub__(self, y: Any) -> Self:
        return rules.subtract(self, y)

    def __rsub__(self, x: Any) -> Self:
        return rules.subtract(x, self)

    def __mul__(self, y: Any) -> Self:
        return rules.multiply(self, y)

    def __rmul__(self, x: Any) -> Self:
        return rules.multiply(x, self)

    def __truediv__(self, y: Any) -> Self:
        return rules.divide(self, y)

    def __rtruediv__(self, x: Any) -> Self:
        return rules.divide(x, self)

    def __pow__(self, y: Any) -> Self:
        return rules.power(self, y)

    def __rpow__(self, x: Any) -> Self:
        return rules.power(x, self)

    def __matmul__(self, w: Any) -> Self:
        return rules.matmul(self, w)

    def __rmatmul__(self, x: Any) -> Self:
        return rules.matmul(x, self)

    def __floordiv__(self, y: Any) -> Any:
        return numpy.floor_divide(self, y)  # piecewise constant: a plain array

    def __rfloordiv__(self, x: Any) -> Any:
        return numpy.floor_divide(x, self)

    def __divmod__(self, y: Any) -> tuple[Any, Self]:
        return self // y, self % y

    def __rdivmod__(self, x: Any) -> tuple[Any, Self]:
        return x // self, x % self

    def __mod__(self, y: Any) -> Self:
        return rules.remainder(self, y)

    def __rmod__(self, x: Any) -> Self:
        return rules.remainder(x, self)

    def __abs__(self) -> Self:
        return rules.absolute(self)

    def __neg__(self) -> Self:
        return rules.negative(self)

    def __pos__(self) -> Self:
        return self

    # --- indexing ---------------------------------------------------------------------

    def __getitem__(self, index: Any) -> Self:
        return rules.getitem(self, index=index)

    def __contains__(self, x: Any) -> bool:
        return bool(np.any(self == x))

    def __len__(self) -> int:
        if self.data.ndim == 0:
            raise TypeError("a 0-d Tensor has no len(): it holds one number")
        return len(self.data)

    def __iter__(self) -> Iterator[Self]:
        if self.data.ndim == 0:
            raise TypeError("iteration over a 0-d Tensor, which holds one number")
        return (self[i] for i in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            "Tensor: assigning to t[...] would change what the graph remembers; build "
            "the new value with arithmetic, or change t.data before it is used"
        )

    # --- comparisons: elementwise, plain boolean arrays -----------------------------

    def __lt__(self, other: Any) -> Any:
        return self.data < data_of(other)

    def __le__(self, other: Any) -> Any:
        return self.data <= data_of(other)

    def __gt__(self, other: Any) -> Any:
        return self.data > data_of(other)

    def __ge__(self, other: Any) -> Any:
        return self.data >= data_of(other)

    def __eq__(self, other: Any) -> Any:
        return self.data == data_of(other)

    def __ne__(self, other: Any) -> Any:
        return self.data != data_of(other)

    __hash__ = object.__hash__  # by identity: a graph is made of objects, not values
