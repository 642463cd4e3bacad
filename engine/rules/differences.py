"""Differences: between neighbours, as slopes of sampled functions, and areas back.

Formulas of the slopes: those of second order that NumPy's manual gives for gradient,
from the Taylor series on a grid that need not be even.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from engine._contract import of_library
from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.choices import where
from engine.rules.dtypes import cast
from engine.rules.joining import concatenate
from engine.rules.reductions import sum
from engine.rules.shapes import (
    as_array,
    as_arrays,
    axis_number,
    broadcast_to,
    moveaxis,
    reshape,
)


@op(np.unwrap, lazy=False)
def unwrap(p, *, discont=None, axis=-1, period=2 * np.pi):
    """p with whole periods added, so that it jumps nowhere; the slope is 1."""
    return np.unwrap(p, discont, axis, period=period), (lambda g: g,)


# --- composed -------------------------------------------------------------------------


@adapts(np.diff)
def diff(
    a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None
) -> Any:
    if index(n) < 0:
        raise ValueError(f"order {n} is negative")
    ends = [x for x in (prepend, a, append) if x is not None]
    ends = as_arrays(*ends)
    a = ends[0 if prepend is None else 1]
    if n == 0:
        return a
    row = a.shape[: normalize_axis_index(axis, a.ndim)]
    one = (*row, 1, *a.shape[len(row) + 1 :])
    ends = [x if x.ndim else broadcast_to(x, shape=one) for x in ends]
    a = concatenate(*ends, axis=axis) if len(ends) > 1 else a
    before = (slice(None),) * len(row)
    for _ in range(min(n, a.shape[axis])):  # then nothing is left
        a = a[(*before, slice(1, None))] - a[(*before, slice(None, -1))]
    return a


@adapts(np.ediff1d)
def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    steps = diff(reshape(as_array(ary), shape=-1))
    parts = as_arrays(*[x for x in (to_begin, steps, to_end) if x is not None])
    if not all(np.can_cast(x.dtype, steps.dtype, "same_kind") for x in parts):
        raise TypeError(f"the ends must be numbers that fit into {steps.dtype}")
    parts = [reshape(cast(x, steps.dtype), shape=-1) for x in parts]
    return concatenate(*parts) if parts[1:] else steps


@adapts(np.gradient)
def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    f = as_array(f)
    f = cast(f, float) if f.dtype.kind in "iu" else f
    axes = range(f.ndim) if axis is None else normalize_axis_tuple(axis, f.ndim)
    spacings = varargs or (1.0,)
    one = len(spacings) == 1 and np.ndim(spacings[0]) == 0
    spacings = spacings * len(axes) if one else spacings
    counts = len(spacings) == len(axes) and (axes or one)
    if edge_order not in (1, 2) or not counts:
        raise TypeError(
            f"{len(varargs)} spacings for {len(axes)} axes, edge_order {edge_order}: "
            "one spacing for all or one for each, and order 1 or 2"
        )
    pairs = zip(axes, spacings, strict=True)
    slopes = tuple(_slope(f, i, spacing, edge_order) for i, spacing in pairs)
    return slopes[0] if len(slopes) == 1 else slopes


def _slope(f: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    y = moveaxis(f, axis, -1)
    n = y.shape[-1]
    if n <= edge_order:
        raise ValueError(f"axis {axis} has {n} entries; {edge_order + 1} are needed")
    if np.ndim(spacing) and np.shape(spacing) != (n,):
        raise ValueError(f"{np.shape(spacing)} places for the {n} entries of the axis")
    if np.ndim(spacing) == 0:
        h = spacing * np.ones(n - 1, y.dtype, like=data_of(y))
    else:
        _, places = as_arrays(y, spacing)
        h = diff(cast(places, float) if places.dtype.kind in "iu" else places)
    each = diff(y) / h  # between neighbours
    left, right = h[:-1], h[1:]
    inside = (each[..., :-1] * right + each[..., 1:] * left) / (left + right)
    first, last = each[..., :1], each[..., -1:]
    if edge_order == 2:  # the parabola through the three entries at the end
        first = first * 2 - inside[..., :1]
        last = last * 2 - inside[..., -1:]
    slopes = concatenate(first, inside, last, axis=-1)
    return moveaxis(cast(slopes, y.dtype), -1, axis)


@adapts(np.trapezoid)
def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = as_array(y, of_library(x))
    y = moveaxis(y, axis_number(axis), -1)
    if np.ndim(dx):
        raise TypeError(
            f"dx has shape {np.shape(dx)}, and must be a number; pass an array as x"
        )
    if x is not None:
        _, x = as_arrays(y, x)
        if x.ndim not in (1, y.ndim):
            raise ValueError(f"places of shape {x.shape} for values of {y.shape}")
        dx = diff(x if x.ndim == 1 else moveaxis(x, axis, -1))
    return sum(dx * (y[..., 1:] + y[..., :-1]) / 2.0, axis=-1)


@adapts(np.interp, lazy=False)
def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    like = of_library(x, xp, fp)  # whose indices do not fit into NumPy's arrays
    x, xp, fp = (_like(v, like) for v in as_arrays(x, xp, fp))
    if np.ndim(left) or np.ndim(right):
        raise TypeError("left and right must be numbers")
    for v in (x, xp, fp):
        if not np.can_cast(v.dtype, np.float64):  # nor does NumPy
            raise TypeError(f"an array of {v.dtype} does not fit into float64")
    x, xp, fp = (cast(v, np.float64) for v in (x, xp, fp))
    if xp.ndim != 1 or xp.shape != fp.shape or not xp.size:
        raise ValueError(f"{xp.shape} places with {fp.shape} values to go between")
    if period is not None:
        x, xp, fp = _in_one_period(x, xp, fp, period)
        left = right = None
    first = np.searchsorted(data_of(xp), data_of(x), side="right") - 1
    i = np.clip(first, 0, max(xp.size - 2, 0))
    j = np.minimum(i + 1, xp.size - 1)
    step = xp[j] - xp[i]
    y = fp[i] + (x - xp[i]) * ((fp[j] - fp[i]) / where(step == 0, 1.0, step))
    y = where(step == 0, fp[j], y)  # a single place, or the last one twice
    if xp.size > 1:
        y = where(np.isnan(x), np.nan, y)
    y = where(x < xp[0], fp[0] if left is None else left, y)
    return where(x > xp[-1], fp[-1] if right is None else right, y)


def _like(x: Any, like: Any) -> Any:
    return np.asarray(x, like=like) if type(x) is np.ndarray else x


def _in_one_period(x: Any, xp: Any, fp: Any, period: Any) -> tuple[Any, Any, Any]:
    """All within one period, and a place more at either end, of the neighbour's."""
    if data_of(period) == 0:
        raise ValueError(f"period is {period}, and must not be 0")
    period = abs(period)
    x, xp = x % period, xp % period
    order = np.argsort(data_of(xp))
    xp, fp = xp[order], fp[order]
    xp = concatenate(xp[-1:] - period, xp, xp[:1] + period)
    return x, xp, concatenate(fp[-1:], fp, fp[:1])
