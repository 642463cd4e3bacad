"""Resizing: entries put in or cut off, and frames that are computed.

Frames of constants and copies are made by `np.pad` in arranging.py, which comes here
for the others. An axis is framed after the other, so that corners are frames of frames.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.rules.dtypes import cast
from engine.rules.indexing import getitem, scatter
from engine.rules.joining import concatenate
from engine.rules.ranges import linspace
from engine.rules.shapes import (
    as_array,
    as_arrays,
    broadcast_to,
    moveaxis,
    reshape,
    unlisted,
)


@adapts(np.insert, lazy=False)
def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    arr, values = as_arrays(arr, values)
    if values.dtype.kind not in "biuf":
        raise TypeError(f"values of {values.dtype} do not fit into {arr.dtype}")
    values = cast(values, arr.dtype)
    # The places of all entries, inserted the same:
    old = np.arange(arr.size).reshape(arr.shape)
    new = arr.size + np.arange(values.size).reshape(values.shape)
    places = np.insert(old, data_of(obj), new, axis)
    return getitem(concatenate(arr, values, axis=None), index=places)


@adapts(np.resize, lazy=False)
def _resize(a: Any, new_shape: Any) -> Any:
    a = reshape(as_array(a), shape=-1)
    places = np.resize(np.arange(a.size), new_shape)
    if not a.size:
        zeros = scatter(a, index=slice(0, 0), shape=(places.size,))
        return reshape(zeros, shape=places.shape)
    return getitem(a, index=places)


@adapts(np.trim_zeros, lazy=False)
def _trim_zeros(filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    trim = trim.lower()
    if sorted(trim) not in (["b"], ["f"], ["b", "f"]):
        raise ValueError(f"trim is {trim!r}, and must be 'f', 'b' or 'fb'")
    axes = range(filt.ndim) if axis is None else normalize_axis_tuple(axis, filt.ndim)
    places = np.argwhere(data_of(filt)).T  # of what is not 0, for each axis
    index = [slice(None)] * filt.ndim
    for i in axes:
        ends = (places[i].min(), places[i].max()) if places.size else (0, -1)
        first, last = map(int, ends)
        front = "f" in trim or not places.size
        back = "b" in trim or not places.size
        index[i] = slice(first if front else None, last + 1 if back else None)
    return getitem(filt, index=tuple(index))


# --- frames ---------------------------------------------------------------------------

_STATISTICS: dict[str, Any] = {
    "maximum": np.max,
    "minimum": np.min,
    "mean": np.mean,
    "median": np.median,
}


def is_computed(
    mode: Any, reflect_type: str, stat_length: Any, end_values: Any
) -> bool:
    """Whether the frame is one of those below; options of another mode are refused."""
    statistic, ramp = mode in tuple(_STATISTICS), mode == "linear_ramp"
    for name, value, fits in (
        ("stat_length", stat_length, statistic),
        ("end_values", end_values, ramp),
    ):
        if value is not None and not fits:
            raise ValueError(f"{name} came, and mode {mode!r} has no such option")
    odd = mode in ("reflect", "symmetric") and reflect_type == "odd"
    return statistic or ramp or odd


def computed_frame(
    x: Any,
    widths: list[tuple[int, int]],
    mode: str,
    *,
    stat_length: Any = None,
    end_values: Any = None,
) -> Any:
    """x framed by a ramp, by a statistic, or (other modes) by what is mirrored oddly.

    `widths` has a pair for each axis.
    """
    frame: Any
    ends: Any
    if mode == "linear_ramp":
        given = 0 if end_values is None else unlisted(end_values)
        frame, ends = _ramps, np.broadcast_to(given, (x.ndim, 2))
    elif mode in _STATISTICS:
        frame = functools.partial(_statistics, _STATISTICS[mode])
        ends = _lengths(stat_length, x.ndim, mode)
    else:
        frame, ends = _mirrored, [mode == "symmetric"] * x.ndim
    for axis, pair in enumerate(widths):
        x = frame(x, axis, pair, ends[axis]) if any(pair) else x
    return x


def _ramps(x: Any, axis: int, pair: Any, ends: Any) -> Any:
    first, last = _at(x, axis, 0), _at(x, axis, -1)
    # NumPy's numbers at the ends are as wide as they come, not as x is.
    before, after = (
        cast(moveaxis(linspace(end, edge, num=n, endpoint=False), 0, axis), x.dtype)
        for n, end, edge in zip(pair, ends, (first, last), strict=True)
    )
    return concatenate(before, x, _at(after, axis, slice(None, None, -1)), axis=axis)


def _statistics(stat: Any, x: Any, axis: int, pair: Any, lengths: Any) -> Any:
    """By `stat` of the entries next to each end, as many as `lengths` says."""
    n = x.shape[axis]
    first, last = (n if k is None else min(k, n) for k in lengths)
    near = _at(x, axis, slice(0, first)), _at(x, axis, slice(n - last, n))
    before, after = (
        broadcast_to(
            cast(stat(part, axis=axis, keepdims=True), x.dtype),
            shape=(*x.shape[:axis], width, *x.shape[axis + 1 :]),
        )
        for width, part in zip(pair, near, strict=True)
    )
    return concatenate(before, x, after, axis=axis)


def _lengths(stat_length: Any, ndim: int, mode: str) -> Any:
    """How many entries the statistic at each end is of; None: all."""
    if stat_length is None:
        return [(None, None)] * ndim
    lengths = np.broadcast_to(np.round(stat_length).astype(int), (ndim, 2))
    least = 1 if mode in ("maximum", "minimum") else 0
    if (lengths < least).any():
        raise ValueError(
            f"stat_length is {stat_length}, and at least {least} is needed"
        )
    return lengths.tolist()


def _mirrored(x: Any, axis: int, pair: Any, with_edge: bool) -> Any:
    """By 2 * edge - entry, from the edge inward; as often as it takes."""
    period = x.shape[axis]
    shift = int(with_edge or period == 1)  # the edge itself is mirrored too
    left, right = pair
    while left or right:
        n, step = x.shape[axis], period - 1 + shift
        reach = (n - 1 + shift) // step * step
        i, j = min(reach, left), min(reach, right)
        first, last = _at(x, axis, slice(0, 1)), _at(x, axis, slice(-1, None))
        before = 2 * first - _at(x, axis, _back(i - shift, i))
        after = 2 * last - _at(x, axis, _back(n - 2 + shift, j))
        x = concatenate(before, x, after, axis=axis)
        left, right = left - i, right - j
    return x


def _back(start: int, count: int) -> slice:
    """`count` entries, from `start` backward."""
    stop = start - count if start >= count else None
    return slice(start, stop, -1) if count else slice(0, 0)


def _at(x: Any, axis: int, place: Any) -> Any:
    return getitem(x, index=(*(slice(None),) * axis, place))
