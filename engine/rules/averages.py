"""Averages: weighted ones, and sums, spreads and ranks that leave out what is NaN.

Composed of reductions.py and of `where`, which gives an entry left out the gradient 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from engine._contract import of_library
from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.rules.choices import where as choose
from engine.rules.dtypes import cast
from engine.rules.indexing import getitem
from engine.rules.joining import concatenate
from engine.rules.options import counted, free, kept, root, summed
from engine.rules.products import cumprod, multiplied
from engine.rules.reductions import cumsum, kept_shape, mean, sum
from engine.rules.shapes import (
    as_array,
    as_arrays,
    broadcast_to,
    merged,
    reshape,
    transpose,
    unlisted,
)
from engine.rules.sorting import by_hundred, quantile


@adapts(np.average)
def _average(
    a: Any,
    axis: Any = None,
    weights: Any = None,
    returned: bool = False,
    *,
    keepdims: bool = False,
) -> Any:
    a = as_array(a, of_library(weights))
    axis = axis if axis is None else normalize_axis_tuple(axis, a.ndim)
    if weights is None:
        y = mean(a, axis=axis, keepdims=keepdims)
        if y.size == 0:
            raise ValueError(f"an array of shape {a.shape} has no averages over {axis}")
        return (y, np.full(y.shape, a.size / y.size, y.dtype)) if returned else y
    _, w = as_arrays(a, weights)
    wide = np.float64 if a.dtype.kind in "biu" else a.dtype
    w = cast(w, np.result_type(wide, w.dtype))
    if w.shape != a.shape:
        if axis is None or w.shape != tuple(a.shape[i] for i in axis):
            raise ValueError(
                f"weights of shape {w.shape} for an array of shape {a.shape}, axis "
                f"{axis}; they must be of one shape, or have that of these axes"
            )
        w = transpose(w, axes=tuple(np.argsort(axis))) if w.ndim > 1 else w
        lengths = [n if i in axis else 1 for i, n in enumerate(a.shape)]
        w = broadcast_to(reshape(w, shape=tuple(lengths)), shape=a.shape)
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
    return _narrowed(total / counted(a, ~np.isnan(a), axis, keepdims), a)


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
    x = cast(a, np.float32) if a.dtype.char == "e" else a
    if mean is None:  # at first of rounded numbers, and so not yet the mean
        x = x - nanmean(data_of(x), axis, keepdims=True)
        mean = nanmean(x, axis, keepdims=True)
    away = choose(np.isnan(a), 0.0, x - mean)
    count = counted(a, ~np.isnan(a), axis, keepdims) - ddof
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


@adapts(np.nanmedian, lazy=False)
def _nanmedian(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    return nanquantile(a, 0.5, axis, keepdims=keepdims)


@adapts(np.nanpercentile, lazy=False)
def _nanpercentile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    return nanquantile(a, by_hundred(q), axis, method=method, keepdims=keepdims)


@adapts(np.nanquantile, lazy=False)
def nanquantile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    a, q = as_array(a), unlisted(q)
    axis = axis if axis is None else normalize_axis_tuple(axis, a.ndim)
    if not a.size:
        return nanmean(a, axis, keepdims=keepdims)
    rows = merged(a, axis)
    before = rows.shape[:-1]
    rows = reshape(rows, shape=(-1, rows.shape[-1]))
    missing = np.isnan(rows)
    order = np.argsort(missing, axis=-1, kind="stable")  # what is missing comes last
    counts = np.maximum(np.sum(~missing, axis=-1), 1)
    groups = [np.flatnonzero(counts == n) for n in np.unique(counts)]
    parts = []
    for group in groups:  # of rows that have as many numbers
        numbers = order[group, : int(counts[group[0]])]
        part = getitem(rows, index=(group[:, None], numbers))
        parts.append(quantile(part, q, -1, method=method))
    y = concatenate(*parts, axis=-1)[..., np.argsort(np.concatenate(groups))]
    last = kept_shape(a.shape, axis) if keepdims else before
    return reshape(y, shape=np.shape(q) + last)


def _filled(x: Any, value: int) -> Any:
    return choose(np.isnan(x), value, x)


def _narrowed(y: Any, x: Any) -> Any:
    return cast(y, x.dtype) if x.dtype.char == "e" else y
