"""Joining and splitting: several arrays in one, and one cut into several.

`concatenate` and `stack` are the rules, and each array gets back its part of the
gradient; the rest is composed of them, of changes of shape and of slices.
"""

from __future__ import annotations

import itertools
from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.dtypes import NUMBERS, asked, check_cast, common_dtype
from engine.rules.indexing import getitem
from engine.rules.shapes import as_arrays, at_least, at_least_3d, reshape


@op()
def concatenate(*xs, axis=0):
    """Arrays one after the other along an axis that they have; None: flattened."""
    shapes = [x.shape for x in xs]
    y = np.concatenate(xs, axis=axis)
    lengths = [int(np.prod(s)) if axis is None else s[axis] for s in shapes]
    stops = np.cumsum(lengths)
    places = [
        _place(None if axis is None else axis % len(shape), stop - length, stop)
        for shape, length, stop in zip(shapes, lengths, stops, strict=True)
    ]
    pairs = zip(places, shapes, strict=True)
    return y, tuple(_part(place, shape) for place, shape in pairs)


@op()
def stack(*xs, axis=0):
    """Arrays of one shape, side by side along a new axis."""
    y = np.stack(xs, axis=axis)
    before = (slice(None),) * (axis % y.ndim)
    return y, tuple(_entry((*before, i)) for i in range(len(xs)))


def _entry(place):
    def entry(g):
        return g[place]

    return entry


def _place(axis, start, stop):
    return (*[slice(None)] * (axis or 0), slice(int(start), int(stop)))


def _part(place, shape):
    def part(g):
        return g[place].reshape(shape)

    return part


# --- joining --------------------------------------------------------------------------


@adapts(np.concatenate)
def _concatenate(
    arrays: Any, axis: Any = 0, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    given = list(arrays)
    parts = list(as_arrays(*given))
    numbers = [i for i, x in enumerate(given) if type(x) in NUMBERS]
    if numbers:  # which widen nothing
        alike = (given[i] if i in numbers else x for i, x in enumerate(parts))
        common = common_dtype(*alike)
        for i in numbers:
            parts[i] = parts[i].astype(common)
    return _joined(parts, axis, dtype, casting)


def _joined(
    parts: list[Any], axis: Any, dtype: Any, casting: Any, by: Any = concatenate
) -> Any:
    """The rule of the parts, in the dtype that was asked for."""
    y = asked(by(*parts, axis=axis), dtype)
    if dtype is None and casting == "same_kind":  # as every common dtype is
        return y
    for x in parts:
        check_cast(x, y.dtype, casting)
    return y


@adapts(np.stack)
def _stack(
    arrays: Any, axis: int = 0, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    return _joined(as_arrays(*arrays), axis, dtype, casting, by=stack)


@adapts(np.vstack)
def _vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    return _joined([at_least(2, x) for x in as_arrays(*tup)], 0, dtype, casting)


@adapts(np.hstack)
def _hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    xs = [at_least(1, x) for x in as_arrays(*tup)]
    return _joined(xs, 0 if xs[0].ndim == 1 else 1, dtype, casting)


@adapts(np.dstack)
def _dstack(tup: Any) -> Any:
    return concatenate(*[at_least_3d(x) for x in as_arrays(*tup)], axis=2)


@adapts(np.column_stack)
def _column_stack(tup: Any) -> Any:
    xs = as_arrays(*tup)
    columns = [reshape(x, shape=(-1, 1)) if x.ndim < 2 else x for x in xs]
    return concatenate(*columns, axis=1)


@adapts(np.append)
def _append(arr: Any, values: Any, axis: Any = None) -> Any:
    return concatenate(*as_arrays(arr, values), axis=axis)


@adapts(np.block)
def _block(arrays: Any) -> Any:
    depth = _depth(arrays)
    leaves = iter(as_arrays(*_leaves(arrays)))
    ndim = max(depth, *map(np.ndim, _leaves(arrays)))
    return _blocks_joined(arrays, leaves, -depth, ndim)


def _blocks_joined(arrays: Any, leaves: Any, axis: int, ndim: int) -> Any:
    if not isinstance(arrays, list):
        return at_least(ndim, next(leaves))
    parts = [_blocks_joined(x, leaves, axis + 1, ndim) for x in arrays]
    return concatenate(*parts, axis=axis)


def _depth(arrays: Any) -> int:
    """How deep the lists are nested in each other; it must be the same everywhere."""
    if isinstance(arrays, tuple):
        raise TypeError("a tuple came, and blocks are in lists")
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(x) for x in arrays}
    if len(depths) != 1:
        raise ValueError("a list is empty, or lists are nested to different depths")
    return 1 + depths.pop()


def _leaves(arrays: Any) -> Any:
    if not isinstance(arrays, list):
        return [arrays]
    return [x for part in arrays for x in _leaves(part)]


# --- splitting ------------------------------------------------------------------------


@adapts(np.array_split)
def _array_split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    axis = normalize_axis_index(axis, ary.ndim)
    length = ary.shape[axis]
    if np.ndim(indices_or_sections) == 0:
        count = _parts_wanted(indices_or_sections)
        size, longer = divmod(length, count)
        sizes = [size + 1] * longer + [size] * (count - longer)
        cuts = [0, *np.cumsum(sizes).tolist()]
    else:
        cuts = [0, *map(index, indices_or_sections), None]
    before = (slice(None),) * axis
    parts = [slice(i, j) for i, j in itertools.pairwise(cuts)]
    return [getitem(ary, index=(*before, part)) for part in parts]


@adapts(np.split)
def _split(ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    length = ary.shape[normalize_axis_index(axis, ary.ndim)]
    if np.ndim(indices_or_sections) == 0 and length % _parts_wanted(
        indices_or_sections
    ):
        raise ValueError(
            f"axis {axis} of {ary.shape} can't be cut into {indices_or_sections} equal "
            "parts; np.array_split cuts it into unequal ones"
        )
    return _array_split(ary, indices_or_sections, axis)


@adapts(np.vsplit)
def _vsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    _needs_axes(2, ary)
    return _split(ary, indices_or_sections, 0)


@adapts(np.hsplit)
def _hsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    _needs_axes(1, ary)
    return _split(ary, indices_or_sections, 1 if ary.ndim > 1 else 0)


@adapts(np.dsplit)
def _dsplit(ary: Any, indices_or_sections: Any) -> list[Any]:
    _needs_axes(3, ary)
    return _split(ary, indices_or_sections, 2)


@adapts(np.unstack)
def _unstack(x: Any, axis: int = 0) -> tuple[Any, ...]:
    _needs_axes(1, x)
    before = (slice(None),) * normalize_axis_index(axis, x.ndim)
    return tuple(getitem(x, index=(*before, i)) for i in range(x.shape[axis]))


def _parts_wanted(sections: Any) -> int:
    if index(sections) < 1:
        raise ValueError(f"cut into {sections} parts, and at least 1 is needed")
    return index(sections)


def _needs_axes(n: int, x: Any) -> None:
    if x.ndim < n:
        raise ValueError(f"an array of shape {x.shape} has less than {n} axes")
