"""Applying: functions that call one of the user's, on parts of an array.

It is called with Tensors, once for each part, and may return plain numbers.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from engine._contract import of_library
from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.rules.choices import where
from engine.rules.dtypes import cast
from engine.rules.indexing import getitem, scatter
from engine.rules.joining import concatenate
from engine.rules.shapes import (
    as_array,
    as_arrays,
    broadcast_to,
    expand_dims,
    moveaxis,
    reshape,
)


@adapts(np.apply_along_axis)
def _apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: Any, *args: Any, **kwargs: Any
) -> Any:
    axis = normalize_axis_index(axis, arr.ndim)
    rows = moveaxis(arr, axis, -1)
    others = rows.shape[:-1]
    if 0 in others:
        raise ValueError(f"an array of shape {arr.shape} has no row along axis {axis}")
    rows = reshape(rows, shape=(-1, arr.shape[axis]))
    parts = [getitem(rows, index=i) for i in range(rows.shape[0])]
    results = [as_array(func1d(part, *args, **kwargs)) for part in parts]
    shape, dtype = results[0].shape, results[0].dtype
    alike = [broadcast_to(cast(y, dtype), shape=shape) for y in results]
    together = concatenate(*[expand_dims(y, axis=0) for y in alike])
    together = reshape(together, shape=others + shape)
    last = range(len(others), together.ndim)
    return moveaxis(together, last, [axis + i for i in range(len(shape))])


@adapts(np.apply_over_axes)
def _apply_over_axes(func: Callable[..., Any], a: Any, axes: Any) -> Any:
    y = as_array(a)
    for axis in np.atleast_1d(data_of(axes)).tolist():
        axis = axis + np.ndim(a) if axis < 0 else axis
        ndim, y = y.ndim, as_array(func(y, axis))
        y = expand_dims(y, axis=axis) if y.ndim == ndim - 1 else y
        if y.ndim != ndim:
            raise ValueError(f"the function made an array of {y.ndim} axes of {ndim}")
    return y


@adapts(np.piecewise, lazy=False)
def _piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    x = as_array(x)
    conditions = _conditions(data_of(condlist), x, len(funclist))
    y: Any = np.zeros_like(data_of(x))
    for condition, function in zip(conditions, funclist, strict=True):
        part = getitem(x, index=condition)
        if callable(function) and not part.size:
            continue
        value = function(part, *args, **kw) if callable(function) else function
        _, value = as_arrays(x, value)
        if value.dtype.kind not in "biuf":
            raise TypeError(f"a piece of {value.dtype} does not fit into {x.dtype}")
        value = broadcast_to(value, shape=part.shape)
        value = scatter(value, index=condition, shape=x.shape)
        rows = condition.reshape(condition.shape + (1,) * (x.ndim - condition.ndim))
        y = where(rows, value, y)
    return cast(y, x.dtype)


def _conditions(given: Any, x: Any, count: int) -> list[Any]:
    """A boolean array for each of `count` functions; the last may be "otherwise"."""
    listed = not np.isscalar(given) and (
        isinstance(given[0], list) or hasattr(data_of(given[0]), "__array_function__")
    )
    if getattr(given, "ndim", 0) == 1:  # whose entries are arrays in other libraries
        listed = False
    parts = given if listed or (not np.isscalar(given) and x.ndim == 0) else [given]
    conditions = [_as_condition(c, of_library(x)) for c in parts]
    shapes = {c.shape for c in conditions}
    if len(shapes) > 1:
        raise ValueError(
            f"conditions of shapes {shapes}, and they must be of one shape"
        )
    if len(conditions) == count - 1:
        conditions.append(~functools.reduce(np.logical_or, conditions))
    if len(conditions) != count:
        raise ValueError(
            f"{count} functions for {len(conditions)} conditions: one for each is "
            "needed, and at most one more, for all other entries"
        )
    return conditions


def _as_condition(c: Any, like: Any) -> Any:
    return as_array(data_of(c), like).astype(bool)
