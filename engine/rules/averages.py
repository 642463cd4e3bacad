"""Averages: weighted ones, and sums and spreads that leave out what is NaN.

Composed of reductions.py and of `where`, which gives an entry left out the gradient 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.rules.choices import where as choose
from engine.rules.dtypes import cast
from engine.rules.options import free, kept, root, summed
from engine.rules.products import cumprod, multiplied
from engine.rules.reductions import cumsum, mean, sum
from engine.rules.shapes import as_array, broadcast_to, reshape, transpose


@adapts(np.average)
def _average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    a = as_array(a)
    if weights is None:
        y = mean(a, axis=axis, keepdims=keepdims)
        count = np.full(y.shape, a.size / max(y.size, 1), dtype=y.dtype)
        return (y, count) if returned else y
    w = as_array(weights)
    w = cast(w, np.result_type(a.dtype, w.dtype, np.float16))
    if w.shape != a.shape:
        axes = () if axis is None else normalize_axis_tuple(axis, a.ndim)
        if axis is None or w.shape != tuple(a.shape[i] for i in axes):
            raise ValueError(
                f"weights of shape {w.shape} for an array of shape {a.shape}, axis "
                f"{axis}; they must be of one shape, or have the lengths of those axes"
            )
        w = transpose(w, axes=tuple(np.argsort(axes).tolist()))
        length = [n if i in axes else 1 for i, n in enumerate(a.shape)]
        w = broadcast_to(reshape(w, shape=tuple(length)), shape=a.shape)
    scale = sum(w, axis=axis, keepdims=keepdims)
    if isinstance(data_of(scale), np.ndarray | np.generic) and np.any(scale == 0):
        raise ValueError("the weights sum to zero")
    y = sum(a * w, axis=axis, keepdims=keepdims) / scale
    return (y, scale) if returned else y


@adapts(np.nansum)
def _nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    options = {"keepdims": keepdims, "initial": initial, "where": where}
    return summed(_filled(a, 0), axis, dtype, **options)


@adapts(np.nanprod)
def _nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    options = {"keepdims": keepdims, "initial": initial, "where": where}
    return multiplied(_filled(a, 1), axis, dtype, **options)


@adapts(np.nancumsum)
def _nancumsum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return cumsum(kept(_filled(a, 0), dtype=dtype), axis=axis)


@adapts(np.nancumprod)
def _nancumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return cumprod(_filled(a, 1), axis, dtype)


@adapts(np.nanmean)
def nanmean(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    a = kept(a, where, np.nan, dtype)
    total = sum(_filled(a, 0), axis=axis, keepdims=keepdims)
    return _narrowed(total / _count_of_numbers(a, axis, keepdims), a)


@adapts(np.nanvar)
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    a, ddof = kept(a, where, np.nan, dtype), free(ddof, correction)
    middle = nanmean(a, axis, keepdims=True) if mean is None else mean
    away = choose(np.isnan(a), 0.0, a - middle)
    count = _count_of_numbers(a, axis, keepdims) - ddof
    squares = sum(away * away, axis=axis, keepdims=keepdims)
    return _narrowed(squares / np.where(count > 0, count, np.nan), a)


@adapts(np.nanstd)
def _nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    options = {"keepdims": keepdims, "where": where, "mean": mean}
    return root(nanvar(a, axis, dtype, ddof=free(ddof, correction), **options))


def _filled(x: Any, value: int) -> Any:
    return choose(np.isnan(x), value, x)


def _count_of_numbers(x: Any, axis: Any, keepdims: bool) -> Any:
    """How many entries are numbers, in the dtype of x; float16 ends at 65504."""
    dtype = np.float32 if x.dtype.char == "e" else x.dtype
    return np.sum(~np.isnan(x), axis=axis, keepdims=keepdims).astype(dtype)


def _narrowed(y: Any, x: Any) -> Any:
    return cast(y, x.dtype) if x.dtype.char == "e" else y
