"""What Python's operators and NumPy's methods mean on a Tensor: each is a rule.

Nothing is computed here. `a * b`, `np.multiply(a, b)` and `rules.multiply(a, b)` are
the same rule; an operator calls it directly, without NumPy's dispatch in between.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import FunctionType
from typing import Any, Self

import numpy as np

from engine import numpy_protocol
from engine._node import Node, data_of
from engine._other_names import point_to_ours

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
    """The base class of Tensor: operators, comparisons, and NumPy's array methods."""

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

    def __dir__(self) -> list[str]:
        """The names that are attributes, and not those of _other_names.py."""
        return [name for name in super().__dir__() if hasattr(type(self), name)]

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

    # --- methods that NumPy's arrays have -------------------------------------------

    @property
    def T(self) -> Self:
        return rules.transpose(self)

    @property
    def mT(self) -> Self:
        return rules.swapaxes(self, axis1=-1, axis2=-2)

    def sum(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return rules.sum(self, axis=axis, keepdims=keepdims)

    def mean(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return rules.mean(self, axis=axis, keepdims=keepdims)

    def var(self, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Self:
        return rules.var(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(self, axis: Any = None, *, ddof: int = 0, keepdims: bool = False) -> Self:
        return rules.std(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def max(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return rules.max(self, axis=axis, keepdims=keepdims)

    def min(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return rules.min(self, axis=axis, keepdims=keepdims)

    def prod(self, axis: Any = None, *, keepdims: bool = False) -> Self:
        return numpy.prod(self, axis=axis, keepdims=keepdims)

    def cumsum(self, axis: Any = None) -> Self:
        return rules.cumsum(self, axis=axis)

    def cumprod(self, axis: Any = None) -> Self:
        return numpy.cumprod(self, axis=axis)

    def trace(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        return numpy.trace(self, offset, axis1, axis2)

    def argmax(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        return numpy.argmax(self, axis=axis, keepdims=keepdims)

    def argmin(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        return numpy.argmin(self, axis=axis, keepdims=keepdims)

    def argsort(self, axis: Any = -1, *, kind: Any = None) -> Any:
        return numpy.argsort(self, axis=axis, kind=kind)

    def any(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        return numpy.any(self, axis=axis, keepdims=keepdims)

    def all(self, axis: Any = None, *, keepdims: bool = False) -> Any:
        return numpy.all(self, axis=axis, keepdims=keepdims)

    def nonzero(self) -> Any:
        return numpy.nonzero(self)

    def searchsorted(self, v: Any, side: str = "left") -> Any:
        return numpy.searchsorted(self, v, side)

    def round(self, decimals: int = 0) -> Any:
        return numpy.round(self, decimals)

    def clip(self, min: Any = None, max: Any = None) -> Self:
        return rules.clip(self, a_min=min, a_max=max)

    def reshape(self, *shape: Any) -> Self:
        return rules.reshape(self, shape=shape[0] if len(shape) == 1 else shape)

    def ravel(self) -> Self:
        return rules.reshape(self, shape=-1)

    def flatten(self) -> Self:
        return rules.reshape(self, shape=-1)

    def squeeze(self, axis: Any = None) -> Self:
        return rules.squeeze(self, axis=axis)

    def transpose(self, *axes: Any) -> Self:
        order = axes[0] if len(axes) == 1 else axes or None
        return rules.transpose(self, axes=order)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        return rules.swapaxes(self, axis1=axis1, axis2=axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> Self:
        return numpy.repeat(self, repeats, axis)

    def copy(self) -> Self:
        return rules.positive(self)

    def conj(self) -> Self:
        return rules.conjugate(self)

    def compress(self, condition: Any, axis: int | None = None) -> Self:
        return numpy.compress(condition, self, axis)

    def take(self, indices: Any, axis: int | None = None) -> Self:
        return numpy.take(self, indices, axis)

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        return numpy.diagonal(self, offset, axis1, axis2)

    def dot(self, w: Any) -> Self:
        return rules.dot(self, w)

    def astype(self, dtype: Any) -> Self:
        return rules.astype(self, dtype=dtype)


point_to_ours(Operators)
for _method in vars(Operators).values():  # so that Python's own errors say Tensor.sum()
    if isinstance(_method, FunctionType):
        _method.__qualname__ = f"Tensor.{_method.__name__}"
