"""A gradient made fit: in shape, in dtype, and in who may write to it.

The one idea: a closure is pure calculus and returns what the formula gives. On the way
into the operand it is summed over broadcast axes (broadcasting.py), cast to the dtype
of the data and, for a leaf, copied if anybody else holds its memory.

Where gradients come from and go to is in graph.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.broadcasting import unbroadcast
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
    if gradient is None:
        raise TypeError(f"{getattr(source, 'op', source)}: a closure returned None")
    if not hasattr(gradient, "dtype"):  # a closure may return a Python number
        gradient = np.asarray(gradient)
    if gradient.shape != data.shape and not _unknown(gradient.shape + data.shape):
        try:
            gradient = unbroadcast(gradient, data.shape)
        except ValueError:
            raise ValueError(
                f"{getattr(source, 'op', source)}: a gradient of shape "
                f"{gradient.shape} came back for data of shape {data.shape}, which "
                "broadcasting does not explain"
            ) from None
    if gradient.dtype != data.dtype:
        if gradient.dtype.kind not in "fiub":
            who = getattr(source, "op", source)
            raise TypeError(f"{who}: the gradient is of {gradient.dtype}, not real")
        gradient = _cast(gradient, data.dtype)
    if type(gradient) is np.ndarray and type(data) is not np.ndarray:
        gradient = gradient[()]  # a NumPy scalar, as the data is one
    return gradient


def _unknown(shape: tuple[Any, ...]) -> bool:
    """Whether a lazy library does not know the shape yet: NaN stands for a length."""
    return any(n != n for n in shape)


def read_only(g: Any) -> Any:
    """A view that refuses to be written to: other nodes may share the array."""
    if type(g) is np.ndarray:
        g = g.view()
        g.flags.writeable = False
    return g


def copied(gradient: Any) -> Any:
    """A copy, as an array, of numbers that somebody else may write to."""
    if isinstance(gradient, Tensor | np.generic):  # nobody can write to these
        return gradient
    is_array = hasattr(gradient, "__array_function__")
    return gradient.copy() if is_array else np.array(gradient)
