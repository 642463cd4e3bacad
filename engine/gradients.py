"""A gradient made fit: in shape, in dtype, and in who may write to it.

The one idea: a closure is pure calculus and returns what the formula gives. On the way
into the operand it is summed over broadcast axes (broadcasting.py), cast to the dtype
of the data and, for a leaf, copied if anybody else holds its memory.

Where gradients come from and go to is in graph.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from engine._node import Node, is_matrix_or_masked
from engine.broadcasting import unbroadcast

if TYPE_CHECKING:
    from engine.tensor import Tensor


def recast(total: Any, gradient: Any) -> Any:
    """A sum in the dtype of what was added: NumPy makes big-endian sums native."""
    return total if total.dtype is gradient.dtype else _cast(total, gradient.dtype)


def _cast(gradient: Any, dtype: Any) -> Any:
    """In another dtype; a scalar of NumPy, always native, becomes an array first."""
    if isinstance(gradient, np.generic):
        gradient = np.asarray(gradient)
    return gradient.astype(dtype)


def fitted(gradient: Any, data: Any, source: Tensor | str) -> Any:
    """The gradient, from `source`, in the shape and dtype of the data it belongs to."""
    if gradient.__class__ is not np.ndarray:
        gradient = _as_array(gradient, source)
    dtype = getattr(data, "dtype", None)  # a number that was bound has none
    odd = data.__class__ is not np.ndarray and is_matrix_or_masked(data)
    if dtype is None or dtype.kind != "f" or odd:
        raise _unfit(data, source)
    if gradient.shape != data.shape and not _unknown(gradient.shape + data.shape):
        try:
            gradient = unbroadcast(gradient, data.shape)
        except ValueError:
            raise ValueError(
                f"{_who(source)}: a gradient of shape {gradient.shape} came back for "
                f"data of shape {data.shape}, which broadcasting does not explain"
            ) from None
    if gradient.dtype != dtype:
        if gradient.dtype.kind not in "fiub":
            who = _who(source)
            raise TypeError(f"{who}: the gradient is of {gradient.dtype}, not real")
        gradient = _cast(gradient, dtype)
    if type(gradient) is np.ndarray and type(data) is not np.ndarray:
        gradient = gradient[()]  # a NumPy scalar, as the data is one
    return gradient


def _as_array(gradient: Any, source: Tensor | str) -> Any:
    """An array, whose * goes entry by entry: a closure or a hook may return a list."""
    if isinstance(gradient, Node | np.generic):
        return gradient
    if hasattr(gradient, "__array_function__") and not isinstance(gradient, np.ndarray):
        return gradient  # another library's
    if gradient is None:
        raise TypeError(f"{_who(source)}: a closure returned None")
    if isinstance(gradient, np.ma.MaskedArray):
        raise TypeError(
            f"{_who(source)}: the gradient is a MaskedArray, which leaves entries out; "
            "use array.filled(0)"
        )
    try:
        return np.asarray(gradient)
    except ValueError as error:  # rows of unequal length
        raise ValueError(
            f"{_who(source)}: the gradient is no array: {error}"
        ) from error


def _unfit(data: Any, source: Tensor | str) -> TypeError:
    """Data that `Tensor()` would not have taken, and that was bound later."""
    came, cure = type(data).__name__, "np.asarray(data, float)"
    if hasattr(data, "dtype"):
        came, cure = f"{came} of {data.dtype}", "array.astype(float)"
    if is_matrix_or_masked(data):
        is_matrix = isinstance(data, np.matrix)
        cure = "np.asarray(matrix)" if is_matrix else "array.filled(0)"
    return TypeError(
        f"{_who(source)}: a gradient came back for data that is a {came}, and only "
        f"plain arrays of floats have one; bind p.data = {cure}"
    )


def _who(source: Tensor | str) -> str:
    """The op that a gradient came from, the hook, or the leaf that holds it."""
    if isinstance(source, str):
        return source
    return source.op or f"backward: .grad of {source!r}"


def _unknown(shape: tuple[Any, ...]) -> bool:
    """Whether a lazy library does not know the shape yet: NaN stands for a length."""
    return any(n != n for n in shape)


def read_only(g: Any) -> Any:
    """A view that refuses to be written to: other nodes may share the array."""
    if type(g) is np.ndarray:
        g = g.view()
        g.flags.writeable = False
    return g


def copied(gradient: Any, source: str = "backward") -> Any:
    """A copy, as an array, of numbers that somebody else may write to."""
    if gradient.__class__ is not np.ndarray:
        gradient = _as_array(gradient, source)
        if isinstance(gradient, Node | np.generic):  # nobody can write to these
            return gradient
    return gradient.copy()
