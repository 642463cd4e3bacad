"""A gradient's shape, its dtype, and who owns its memory.

A closure is pure calculus and returns what the formula gives. On the way into the
operand the gradient is summed over the axes that broadcasting stretched and cast to the
dtype of the data. That of a leaf is copied if anybody else holds its memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import ne
from typing import Any

import numpy as np

from engine._node import Node, data_of, is_array
from engine.broadcasting import unbroadcast


def keep_dtype(new: Any, old: Any) -> Any:
    """`new` in the dtype of `old`, from which it was computed.

    So `p.data = keep_dtype(p.data - step, p.data)` keeps a parameter float32 beside a
    float64 step, and big-endian, where NumPy gives its results in native order.

    Args:
        new: an array, a NumPy scalar or a Tensor, of any shape.
        old: another; only its dtype matters.

    Returns:
        `new` itself if the dtypes are the same object, else a cast copy of its shape.
    """
    return new if new.dtype is old.dtype else _cast(new, old.dtype)


def _cast(gradient: Any, dtype: Any) -> Any:
    """In another dtype; a scalar of NumPy, always native, becomes an array first."""
    if isinstance(gradient, np.generic):
        gradient = np.asarray(gradient)
    return gradient.astype(dtype)


def match_to_data(gradient: Any, data: Any, source: Node | str) -> Any:
    """The gradient that a closure returned, in the shape and dtype of its operand.

    What the pass does on every edge: the gradient is summed over the axes that
    broadcasting stretched, and cast.

    Args:
        gradient: of a shape that the shape of `data` broadcasts to; an array, a Tensor,
            or a list or number.
        data: what the gradient belongs to: an array of floats.
        source: the node whose closure it came from, or words: what an error names.

    Returns:
        The gradient, of the shape and dtype of `data`; itself if it has them.

    Raises:
        ValueError: if broadcasting does not explain the shape.
        TypeError: if the gradient is not of real numbers, or `data` is not an array of
            floats.
    """
    if gradient.__class__ is not np.ndarray:
        gradient = _as_array(gradient, source)
    dtype = getattr(data, "dtype", None)  # a number that was bound has none
    if dtype is None or dtype.kind != "f" or not is_array(data):
        raise _data_error(data, source)
    if gradient.shape != data.shape and not _unknown(gradient.shape + data.shape):
        try:
            gradient = unbroadcast(gradient, data.shape)
        except ValueError:
            raise ValueError(
                f"{_caller(source)}: a gradient of shape {gradient.shape} came back "
                f"for data of shape {data.shape}, which broadcasting does not explain"
            ) from None
    if gradient.dtype != dtype:
        if gradient.dtype.kind not in "fiub":
            caller = _caller(source)
            raise TypeError(f"{caller}: the gradient is of {gradient.dtype}, not real")
        gradient = _cast(gradient, dtype)
    array = type(gradient) is np.ndarray and type(data) is not np.ndarray
    if array or (getattr(data, "is_number", False) and not gradient.ndim):
        gradient = gradient[()]  # a NumPy scalar, as the data is one
    return gradient


def _as_array(gradient: Any, source: Node | str) -> Any:
    """An array, whose * goes entry by entry: a closure or a hook may return a list."""
    if isinstance(gradient, Node | np.generic):
        return gradient
    if hasattr(gradient, "__array_function__") and not isinstance(gradient, np.ndarray):
        return gradient  # another library's
    if gradient is None:
        raise TypeError(f"{_caller(source)}: a closure returned None")
    if isinstance(gradient, np.ma.MaskedArray):
        raise TypeError(
            f"{_caller(source)}: the gradient is a MaskedArray, which leaves entries "
            "out; use array.filled(0)"
        )
    try:
        return np.asarray(gradient)
    except ValueError as error:  # rows of unequal length
        raise ValueError(
            f"{_caller(source)}: the gradient is not an array: {error}"
        ) from error


def _data_error(data: Any, source: Node | str) -> TypeError:
    """The error for data that was bound later, and that `Tensor()` would refuse."""
    came, cure = type(data).__name__, "np.asarray(data, float)"
    if hasattr(data, "dtype"):
        came = f"{came} of {data.dtype}"
    if isinstance(data, np.ma.MaskedArray):
        cure = "array.filled(0)"
    elif is_array(data):
        cure = "array.astype(float)"
    return TypeError(
        f"{_caller(source)}: a gradient came back for data that is a {came}, and only "
        f"plain arrays of floats have one; bind p.data = {cure}"
    )


def _caller(source: Node | str) -> str:
    """The op that a gradient came from, the hook, or the leaf that holds it."""
    if isinstance(source, str):
        return source
    return source.op or f"backward: .grad of {source!r}"


def _unknown(shape: tuple[Any, ...]) -> bool:
    """Whether a lazy library does not know the shape yet: NaN stands for a length."""
    return any(map(ne, shape, shape))


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


def is_shared(gradient: Any, g: Any) -> bool:
    """Whether somebody else may hold the memory of what a closure returned for g.

    A closure returns g itself, a view, or a fresh array. Of another library's array
    that does not say whether it is a view, it is assumed.
    """
    return gradient is g or getattr(gradient, "base", gradient) is not None


def give_leaves_their_own(gradients: dict[Any, Any], shared: Mapping[Any, Any]) -> None:
    """Copy the gradients of leaves whose memory somebody else holds.

    Args:
        gradients: of all that a pass reached; changed in place.
        shared: leaf -> the first gradient that came to it, where it `is_shared`. If
            another was added to it, the sum is an array of its own.
    """
    for leaf, gradient in shared.items():
        if gradients[leaf] is gradient:
            gradients[leaf] = copied(gradient)


def first_gradient(output: Node, gradient: Any, keep_tensor: bool) -> Any:
    """What a pass begins with at an output: a copy of what was given, or 1 for None."""
    if not isinstance(output, Node):
        raise TypeError(
            f"backward_pass: {output!r:.60} among the outputs is not a Tensor"
        )
    data = output.data
    if not output.requires_grad:
        raise RuntimeError(
            "backward: nothing was recorded; the Tensor is a constant, was made of "
            "constants, or under no_grad()"
        )
    if gradient is None:
        if data.size != 1:
            raise ValueError(
                f"backward: the loss has shape {data.shape} and must hold one element; "
                "take loss.sum() or loss.mean(), or pass a gradient of that shape"
            )
        if isinstance(data, np.generic):
            return type(data)(1)
        one = np.ones_like(data)
        return one[()] if getattr(data, "is_number", False) else one
    gradient = copied(gradient if keep_tensor else data_of(gradient))
    if gradient.dtype.kind not in "fiub":
        raise TypeError(f"backward: the gradient is of {gradient.dtype}, not real")
    if gradient.shape != data.shape:
        same = gradient.size == data.size
        cure = f"; gradient.reshape({data.shape}) would fit" if same else ""
        raise ValueError(
            f"backward: the gradient has shape {gradient.shape}, and must have the "
            f"Tensor's, {data.shape}{cure}"
        )
    return match_to_data(gradient, data, "backward")
