"""The methods that NumPy's arrays have, on a Tensor: each is a rule.

They take the arguments of NumPy's methods, except that nothing is written into an
array. The usual call goes straight to the rule; one with other options goes through
NumPy's function, which knows what to do with them.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, Self

import numpy as np

from engine import operators
from engine._node import Node
from engine._other_names import point_to_ours

numpy: Any = np  # its annotations know arrays only; called on self, it comes to a rule

no_value: Any = np._NoValue  # what NumPy has for an argument that was not given


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


class Methods(operators.Operators):
    """The base class of Tensor: NumPy's array methods, beside the operators."""

    __slots__ = ()

    def __dir__(self) -> list[str]:
        """The names that are attributes, and not those of _other_names.py."""
        return [name for name in super().__dir__() if hasattr(type(self), name)]

    # --- methods that NumPy's arrays have -------------------------------------------

    @property
    def T(self) -> Self:
        return operators.rules.transpose(self)

    @property
    def mT(self) -> Self:
        return operators.rules.swapaxes(self, axis1=-1, axis2=-2)

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
            return operators.rules.sum(self, axis=axis, keepdims=keepdims)
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
            return operators.rules.mean(self, axis=axis, keepdims=keepdims)
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
        return operators.rules.var(self, axis=axis, ddof=ddof, keepdims=keepdims)

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
        return operators.rules.std(self, axis=axis, ddof=ddof, keepdims=keepdims)

    def max(
        self,
        axis: Any = None,
        out: Any = None,
        keepdims: bool = False,
        initial: Any = no_value,
        where: Any = no_value,
    ) -> Self:
        if out is None and initial is no_value and where is no_value:
            return operators.rules.max(self, axis=axis, keepdims=keepdims)
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
            return operators.rules.min(self, axis=axis, keepdims=keepdims)
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
            return operators.rules.cumsum(self, axis=axis)
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
        return operators.rules.clip(self, a_min=min, a_max=max)

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Self:
        to = shape[0] if len(shape) == 1 else shape
        if order == "C" and copy is None:
            return operators.rules.reshape(self, shape=to)
        return numpy.reshape(self, to, order, copy=copy)

    def ravel(self, order: str = "C") -> Self:
        return self.flatten(order)

    def flatten(self, order: str = "C") -> Self:
        if order == "C":
            return operators.rules.reshape(self, shape=-1)
        return numpy.ravel(self, order)

    def squeeze(self, axis: Any = None) -> Self:
        return operators.rules.squeeze(self, axis=axis)

    def transpose(self, *axes: Any) -> Self:
        order = axes[0] if len(axes) == 1 else axes or None
        return operators.rules.transpose(self, axes=order)

    def swapaxes(self, axis1: int, axis2: int) -> Self:
        return operators.rules.swapaxes(self, axis1=axis1, axis2=axis2)

    def repeat(self, repeats: Any, axis: int | None = None) -> Self:
        return numpy.repeat(self, repeats, axis)

    def copy(self, order: str = "C") -> Self:
        return (
            operators.rules.positive(self) if order == "C" else numpy.copy(self, order)
        )

    def conj(self) -> Self:
        return operators.rules.conjugate(self)

    def conjugate(self) -> Self:
        return operators.rules.conjugate(self)

    @property
    def real(self) -> Self:
        return operators.rules.real(self)

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
        return operators.rules.dot(self, b) if out is None else numpy.dot(self, b, out)

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
        return operators.rules.astype(self, dtype=dtype)

    # --- methods that would write into the array: refused ---------------------------

    sort = _refused("sort", "np.sort(t) gives a sorted one")
    partition = _refused("partition", "np.partition(t, kth) gives another one")
    fill = _refused("fill", "np.full_like(t, value) gives a full one")
    put = _refused("put", "np.where(mask, values, t) gives a changed one")
    itemset = _refused("itemset", "np.where(mask, value, t) gives a changed one")
    resize = _refused("resize", "np.reshape(t, shape) and np.pad give another one")


point_to_ours(Methods)
for _class in (operators.Operators, Methods):  # Python's own errors say Tensor.sum()
    for _name, _method in vars(_class).items():
        if isinstance(_method, FunctionType):
            _method.__qualname__ = f"Tensor.{_name}"
