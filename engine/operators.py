"""What Python's operators and NumPy's methods mean on a Tensor: each is a rule.

Nothing is computed here. `a * b`, `np.multiply(a, b)` and `rules.multiply(a, b)` are
the same rule; an operator calls it directly, without NumPy's dispatch in between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any, Self

import numpy as np

from engine import numpy_protocol
from engine._node import Node, data_of
from engine._other_names import point_to_ours

numpy: Any = np  # its annotations know arrays only; called on self, it comes to a rule

no_value: Any = np._NoValue  # what NumPy has for an argument that was not given

rules: Any = None  # the package engine.rules, once `use_rules` has set it


def use_rules(package: Any) -> None:
    """Have the operators find their rules in `package`, which is `engine.rules`.

    The rules need the Tensor, and the Tensor needs this file, so this file can't import
    them. engine/__init__ imports both and calls this once.
    """
    global rules
    rules = package


def _refused(name: str, cure: str) -> Callable[..., Any]:
    """A method of arrays that a Tensor can't have."""

    def method(_self: Any, *_args: Any, **_options: Any) -> Any:
        raise TypeError(
            f"Tensor: t.{name}() would change what the graph remembers; {cure}"
        )

    return method


def _given(**options: Any) -> dict[str, Any]:
    """The options that were given: arrays of other libraries do not know them all."""
    return {n: v for n, v in options.items() if v is not None and v is not no_value}


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

    def sum(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = no_value,
        where: Any = no_value,
    ) -> Self:
        if dtype is out is None and initial is no_value and where is no_value:
            return rules.sum(self, axis=axis, keepdims=keepdims)
        return numpy.sum(
            self,
            axis=axis,
            keepdims=keepdims,
            **_given(dtype=dtype, out=out, initial=initial, where=where),
        )

    def mean(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = no_value,
    ) -> Self:
        if dtype is out is None and where is no_value:
            return rules.mean(self, axis=axis, keepdims=keepdims)
        return numpy.mean(
            self,
            axis=axis,
            keepdims=keepdims,
            **_given(dtype=dtype, out=out, where=where),
        )

    def var(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        **options: Any,  # where, mean, correction
    ) -> Self:
        if options or dtype is not None or out is not None:
            options |= _given(dtype=dtype, out=out)
            return numpy.var(self, axis=axis, ddof=ddof, keepdims=keepdims, **options)
        return rules.var(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def std(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        ddof: float = 0,
        keepdims: bool = False,
        **options: Any,  # where, mean, correction
    ) -> Self:
        if options or dtype is not None or out is not None:
            options |= _given(dtype=dtype, out=out)
            return numpy.std(self, axis=axis, ddof=ddof, keepdims=keepdims, **options)
        return rules.std(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def max(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = no_value,
        where: Any = no_value,
    ) -> Self:
        if out is None and initial is no_value and where is no_value:
            return rules.max(self, axis=axis, keepdims=keepdims)
        return numpy.max(
            self,
            axis=axis,
            keepdims=keepdims,
            **_given(out=out, initial=initial, where=where),
        )

    def min(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = no_value,
        where: Any = no_value,
    ) -> Self:
        if out is None and initial is no_value and where is no_value:
            return rules.min(self, axis=axis, keepdims=keepdims)
        return numpy.min(
            self,
            axis=axis,
            keepdims=keepdims,
            **_given(out=out, initial=initial, where=where),
        )

    def prod(
        self,
        axis: Any = None,
        dtype: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = no_value,
        where: Any = no_value,
    ) -> Self:
        return numpy.prod(
            self,
            axis=axis,
            keepdims=keepdims,
            **_given(dtype=dtype, out=out, initial=initial, where=where),
        )

    def cumsum(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Self:
        if dtype is out is None:
            return rules.cumsum(self, axis=axis)
        return numpy.cumsum(self, axis=axis, **_given(dtype=dtype, out=out))

    def cumprod(self, axis: Any = None, dtype: Any = None, out: Any = None) -> Self:
        return numpy.cumprod(self, axis=axis, **_given(dtype=dtype, out=out))

    def trace(
        self,
        offset: int = 0,
        axis1: int = 0,
        axis2: int = 1,
        dtype: Any = None,
        out: Any = None,
    ) -> Self:
        return numpy.trace(self, offset, axis1, axis2, **_given(dtype=dtype, out=out))

    def argmax(
        self, axis: Any = None, out: Any = None, *, keepdims: bool = False
    ) -> Any:
        return numpy.argmax(self, axis=axis, keepdims=keepdims, **_given(out=out))

    def argmin(
        self, axis: Any = None, out: Any = None, *, keepdims: bool = False
    ) -> Any:
        return numpy.argmin(self, axis=axis, keepdims=keepdims, **_given(out=out))

    def argsort(
        self,
        axis: Any = -1,
        kind: Any = None,
        order: Any = None,
        *,
        stable: bool | None = None,
    ) -> Any:
        return numpy.argsort(
            self, axis=axis, **_given(kind=kind, order=order, stable=stable)
        )

    def argpartition(
        self, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None
    ) -> Any:
        return numpy.argpartition(self, kth, axis, kind, **_given(order=order))

    def any(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = no_value,
    ) -> Any:
        return numpy.any(
            self, axis=axis, keepdims=keepdims, **_given(out=out, where=where)
        )

    def all(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        *,
        where: Any = no_value,
    ) -> Any:
        return numpy.all(
            self, axis=axis, keepdims=keepdims, **_given(out=out, where=where)
        )

    def nonzero(self) -> Any:
        return numpy.nonzero(self)

    def searchsorted(self, v: Any, side: str = "left", sorter: Any = None) -> Any:
        return numpy.searchsorted(self, v, side, **_given(sorter=sorter))

    def round(self, decimals: int = 0, out: Any = None) -> Any:
        return numpy.round(self, decimals, **_given(out=out))

    def __round__(self, decimals: int | None = None) -> Any:
        if self.data.ndim:
            raise TypeError(f"round: {self!r} is no number; np.round(t) takes arrays")
        return round(self.data[()], decimals)

    def clip(
        self, min: Any = None, max: Any = None, out: Any = None, **options: Any
    ) -> Self:
        if out is not None or options or isinstance(min, Node) or isinstance(max, Node):
            return numpy.clip(self, min, max, **_given(out=out), **options)
        return rules.clip(self, a_min=min, a_max=max)

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Self:
        to = shape[0] if len(shape) == 1 else shape
        if order == "C" and copy is None:
            return rules.reshape(self, shape=to)
        return numpy.reshape(self, to, order, copy=copy)

    def ravel(self, order: str = "C") -> Self:
        return self.flatten(order)

    def flatten(self, order: str = "C") -> Self:
        if order == "C":
            return rules.reshape(self, shape=-1)
        return numpy.ravel(self, order)

    def squeeze(self, axis: Any = None) -> Self:
        return rules.squeeze(self, axis=axis)

    def transpose(self, *axes: Any) -> Self:
        order = axes[0] if len(axes) == 1 else axes or None
        return rules.transpose(self, axes=order)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        return rules.swapaxes(self, axis1=axis1, axis2=axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> Self:
        return numpy.repeat(self, repeats, axis)

    def copy(self, order: str = "C") -> Self:
        return rules.positive(self) if order == "C" else numpy.copy(self, order)

    def conj(self) -> Self:
        return rules.conjugate(self)

    def conjugate(self) -> Self:
        return rules.conjugate(self)

    @property
    def real(self) -> Self:
        return rules.real(self)

    @property
    def imag(self) -> Any:
        return numpy.imag(self)  # 0 for real numbers: a plain array

    def compress(self, condition: Any, axis: Any = None, out: Any = None) -> Self:
        return numpy.compress(condition, self, axis, **_given(out=out))

    def take(
        self, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise"
    ) -> Self:
        return numpy.take(self, indices, axis, mode=mode, **_given(out=out))

    def diagonal(self, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Self:
        return numpy.diagonal(self, offset, axis1, axis2)

    def dot(self, b: Any, out: Any = None) -> Self:
        return rules.dot(self, b) if out is None else numpy.dot(self, b, out)

    def astype(
        self,
        dtype: Any,
        order: str = "K",
        casting: Any = "unsafe",
        subok: bool = True,
        copy: bool = True,
    ) -> Self:
        del order, subok, copy  # of memory, into which nobody writes
        if casting != "unsafe" and not np.can_cast(self.data.dtype, dtype, casting):
            raise TypeError(
                f"astype: casting={casting!r} takes no {self.data.dtype} to {dtype!r}"
            )
        return rules.astype(self, dtype=dtype)

    # --- methods that would write into the array: refused ---------------------------

    sort = _refused("sort", "np.sort(t) gives a sorted one")
    partition = _refused("partition", "np.partition(t, kth) gives another one")
    fill = _refused("fill", "np.full_like(t, value) gives a full one")
    put = _refused("put", "np.where(mask, values, t) gives a changed one")
    itemset = _refused("itemset", "np.where(mask, value, t) gives a changed one")
    resize = _refused("resize", "np.reshape(t, shape) and np.pad give another one")


point_to_ours(Operators)
for _name, _method in vars(Operators).items():  # Python's own errors say Tensor.sum()
    if isinstance(_method, FunctionType):
        _method.__qualname__ = f"Tensor.{_name}"
