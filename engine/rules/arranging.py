"""Arranging: entries turned round, shifted, repeated, picked out, and padded.

All of it is composed of slices, indices and broadcasting (indexing.py, shapes.py), so
that an entry which stands in several places gets the sum of their gradients.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.lib.stride_tricks import sliding_window_view

from engine._contract import of_library
from engine._node import Node, data_of
from engine.numpy_protocol import adapts
from engine.rules.arithmetic import positive
from engine.rules.choices import where
from engine.rules.dtypes import cast, common_dtype
from engine.rules.indexing import getitem, scatter
from engine.rules.joining import concatenate
from engine.rules.resizing import computed_frame, is_computed
from engine.rules.shapes import (
    as_array,
    at_least,
    axis_number,
    broadcast_to,
    expand_dims,
    known_order,
    moveaxis,
    reshape,
    swapaxes,
    unlisted,
)

# --- turned round and moved on --------------------------------------------------------


@adapts(np.copy)
def _copy(a: Any, order: str = "K") -> Any:
    known_order(order)
    return positive(a)


@adapts(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    axes = range(m.ndim) if axis is None else normalize_axis_tuple(axis, m.ndim)
    back = [slice(None, None, -1 if i in axes else 1) for i in range(m.ndim)]
    return getitem(m, index=tuple(back))


@adapts(np.fliplr)
def _fliplr(m: Any) -> Any:
    return flip(m, 1)


@adapts(np.flipud)
def _flipud(m: Any) -> Any:
    return flip(m, 0)


@adapts(np.rot90)
def _rot90(m: Any, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Any:
    first, second = normalize_axis_tuple(axes, m.ndim)
    if k % 4 == 2:
        return flip(m, axes)
    if k % 4 == 0:
        return positive(m)
    turned = swapaxes(m, axis1=first, axis2=second)
    return flip(turned, first if k % 4 == 1 else second)


@adapts(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    if axis is None:
        return reshape(roll(reshape(a, shape=-1), shift, 0), shape=a.shape)
    axis = normalize_axis_tuple(axis, a.ndim, allow_duplicate=True)
    shifts, axes = np.broadcast_arrays(shift, axis)
    if shifts.ndim > 1:
        raise ValueError(f"shifts of shape {shifts.shape}, and they must be a row")
    for n, i in zip(shifts.ravel().tolist(), axes.ravel().tolist(), strict=True):
        before, cut = (slice(None),) * i, -n % max(a.shape[i], 1)
        end = getitem(a, index=(*before, slice(cut, None)))
        a = concatenate(end, getitem(a, index=(*before, slice(None, cut))), axis=i)
    return a


@adapts(np.fft.fftshift)
def _fftshift(x: Any, axes: Any = None) -> Any:
    axes = tuple(range(np.ndim(x))) if axes is None else axes
    return roll(x, _halves(x, axes), axes)


@adapts(np.fft.ifftshift)
def _ifftshift(x: Any, axes: Any = None) -> Any:
    axes = tuple(range(np.ndim(x))) if axes is None else axes
    return roll(x, np.negative(_halves(x, axes)), axes)


def _halves(x: Any, axes: Any) -> Any:
    halves = [x.shape[i] // 2 for i in (axes if np.iterable(axes) else (axes,))]
    if not halves:
        raise ValueError(f"an array of shape {x.shape} and axes {axes}: none to shift")
    return halves


# --- repeated -------------------------------------------------------------------------


@adapts(np.repeat)
def _repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    if axis is None:
        return _repeat(reshape(a, shape=-1), repeats, 0)
    a = at_least(1, a)
    axis = normalize_axis_index(axis_number(axis), a.ndim)
    repeats = repeats if np.ndim(repeats) else index(repeats)
    if np.ndim(repeats):
        return taken(a, np.repeat(np.arange(a.shape[axis]), repeats), axis)
    before, length, after = a.shape[:axis], a.shape[axis], a.shape[axis + 1 :]
    each = expand_dims(a, axis=axis + 1)
    every = broadcast_to(each, shape=(*before, length, repeats, *after))
    return reshape(every, shape=(*before, length * repeats, *after))


@adapts(np.tile)
def _tile(A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    if np.ndim(reps) > 1:
        raise ValueError(f"reps has shape {np.shape(reps)}, and must be a row")
    reps = tuple(map(index, np.ravel(reps).tolist()))
    x = at_least(len(reps), A)
    reps = (1,) * (x.ndim - len(reps)) + reps
    pairs = list(zip(reps, x.shape, strict=True))
    apart = reshape(x, shape=tuple(k for _, n in pairs for k in (1, n)))
    every = broadcast_to(apart, shape=tuple(k for pair in pairs for k in pair))
    return reshape(every, shape=tuple(r * n for r, n in pairs))


@adapts(np.pad)
def _pad(
    array: Any,
    pad_width: Any,
    mode: Any = "constant",
    *,
    constant_values: Any = 0,
    reflect_type: str = "even",
    stat_length: Any = None,
    end_values: Any = None,
) -> Any:
    pairs = _widths(pad_width, array.ndim)
    if mode == "constant":
        return _in_constants(array, pairs, unlisted(constant_values))
    if is_computed(mode, reflect_type, stat_length, end_values):
        if array.size:
            options = {"stat_length": stat_length, "end_values": end_values}
            return computed_frame(array, pairs, mode, **options)
        mode, reflect_type = "edge", "even"  # there is nothing to compute from
    if mode not in ("edge", "reflect", "symmetric", "wrap") or reflect_type != "even":
        raise TypeError(
            f"mode {mode!r} (reflect_type {reflect_type!r}) has no rule; all of "
            "NumPy's have one, except 'empty', whose frame may be anything"
        )
    for axis, pair in enumerate(pairs):  # the places of the entries, framed the same
        array = taken(array, np.pad(np.arange(array.shape[axis]), pair, mode), axis)
    return array


def _in_constants(array: Any, pairs: list[tuple[int, int]], values: Any) -> Any:
    """The array in a frame of numbers."""
    if isinstance(values, Node):
        return _framed(array, pairs, values)
    sides = list(zip(array.shape, pairs, strict=True))
    inside = tuple(slice(i, i + n) for n, (i, _) in sides)
    shape = tuple(n + i + j for n, (i, j) in sides)
    framed = scatter(array, index=inside, shape=shape)
    plain_zero = type(values) in (int, float) and values == 0
    if plain_zero or not pairs:  # a number has no frame
        return framed
    frame = np.zeros(array.shape, dtype=array.dtype)
    frame = np.pad(frame, pairs, constant_values=values)
    return framed + np.asarray(frame, like=data_of(array))


def _framed(array: Any, pairs: list[tuple[int, int]], values: Any) -> Any:
    """The array in a frame of values that have gradients, axis by axis."""
    sides = cast(broadcast_to(values, shape=(array.ndim, 2)), array.dtype)
    for axis, widths in enumerate(pairs):
        shape = array.shape
        before, after = (
            broadcast_to(side, shape=(*shape[:axis], n, *shape[axis + 1 :]))
            for side, n in zip(sides[axis], widths, strict=True)
        )
        array = concatenate(before, array, after, axis=axis)
    return array


def _widths(pad_width: Any, ndim: int) -> list[tuple[int, int]]:
    """How many entries go before and behind along every axis."""
    if isinstance(pad_width, dict):
        both = {i: np.broadcast_to(v, 2) for i, v in pad_width.items()}
        given = {normalize_axis_index(i, ndim): v for i, v in both.items()}
        pad_width = [given.get(i, (0, 0)) for i in range(ndim)]
    pairs = np.broadcast_to(pad_width, (ndim, 2))
    if pairs.dtype.kind not in "iu":
        raise TypeError(f"widths of {pairs.dtype}, and they must be integers")
    if (pairs < 0).any():
        raise ValueError(f"widths {pairs.tolist()}, and none may be negative")
    return [(i, j) for i, j in pairs.tolist()]


# --- picked out -----------------------------------------------------------------------


@adapts(np.take, lazy=False)
def _take(a: Any, indices: Any, axis: int | None = None, *, mode: str = "raise") -> Any:
    if mode not in ("raise", "wrap", "clip"):
        raise ValueError(f"mode is {mode!r}, and must be 'raise', 'wrap' or 'clip'")
    a, places = at_least(1, a), _integers(indices)
    axis = axis if axis is None else normalize_axis_index(axis_number(axis), a.ndim)
    length = a.size if axis is None else a.shape[axis]
    if mode != "raise" and length == 0:
        raise IndexError(f"nothing can be taken from an array of shape {a.shape}")
    if mode != "raise":
        wrapped = mode == "wrap"
        places = places % length if wrapped else np.clip(places, 0, length - 1)
    return taken(a, places, axis)


@adapts(np.take_along_axis, lazy=False)
def take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    if axis is None:
        arr, axis = reshape(arr, shape=-1), 0
    axis = normalize_axis_index(axis, arr.ndim)
    if indices.ndim != arr.ndim:
        raise ValueError(f"indices of shape {indices.shape} for an array {arr.shape}")
    if indices.dtype.kind not in "iu":
        raise IndexError(f"indices of {indices.dtype}, and they must be integers")
    places = np.ogrid[tuple(map(slice, arr.shape))]
    return getitem(arr, index=(*places[:axis], indices, *places[axis + 1 :]))


@adapts(np.compress, lazy=False)
def _compress(condition: Any, a: Any, axis: int | None = None) -> Any:
    if np.ndim(condition) != 1:
        raise ValueError(
            f"condition has shape {np.shape(condition)}, and must be a row"
        )
    condition = as_array(data_of(condition))
    if condition.dtype.kind not in "biuf":
        raise TypeError(f"a condition of {condition.dtype}, and it must be boolean")
    axis = axis if axis is None else axis_number(axis)
    return taken(as_array(a), np.flatnonzero(condition), axis)


@adapts(np.extract, lazy=False)
def _extract(condition: Any, arr: Any) -> Any:
    return taken(as_array(arr), np.flatnonzero(condition), None)


@adapts(np.delete, lazy=False)
def _delete(arr: Any, obj: Any, axis: int | None = None) -> Any:
    if axis is not None:
        axis = normalize_axis_index(axis, arr.ndim)
    length = arr.size if axis is None else arr.shape[axis]
    return taken(arr, np.delete(np.arange(length), data_of(obj)), axis)


@adapts(np.select)
def _select(condlist: Any, choicelist: Any, default: Any = 0.0) -> Any:
    if any(as_array(data_of(c)).dtype.kind != "b" for c in condlist):
        raise TypeError("the conditions must be boolean")
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    dtype = common_dtype(*choicelist, default)
    like = of_library(*condlist, *choicelist, default)
    y = np.where(True, default, np.zeros((), dtype, like=like))
    for condition, choice in reversed(list(zip(condlist, choicelist, strict=True))):
        y = where(condition, choice, y)
    return y


@adapts(sliding_window_view, lazy=False)
def _sliding_window_view(x: Any, window_shape: Any, axis: Any = None) -> Any:
    sizes = tuple(map(index, np.ravel(window_shape).tolist()))
    axes = range(x.ndim) if axis is None else axis
    axes = normalize_axis_tuple(axes, x.ndim, allow_duplicate=True)
    for size, i in zip(sizes, axes, strict=True):
        if not 0 <= size <= x.shape[i]:
            raise ValueError(f"a window of {size} on axis {i} of {x.shape}")
        first = np.arange(x.shape[i] - size + 1)[:, None]
        x = moveaxis(taken(x, first + np.arange(size), i), i + 1, -1)
    return x


def _integers(places: Any) -> np.ndarray:
    """An array of integers; True and False count as 1 and 0 here, not as a mask."""
    array = np.asarray(places)
    some = array.size or isinstance(places, np.ndarray)  # [] is of floats by accident
    if array.dtype.kind not in "biu" and some:
        raise TypeError(f"places of {array.dtype}, and they must be integers")
    return array.astype(int)


def taken(x: Any, places: Any, axis: int | None) -> Any:
    """The entries of x at `places` along an axis; of x flattened, if there is none."""
    if axis is None:
        return getitem(reshape(x, shape=-1), index=places)
    before = (slice(None),) * normalize_axis_index(axis, x.ndim)
    return getitem(x, index=(*before, places))
