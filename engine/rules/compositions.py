"""Compositions: NumPy functions that need no rule, because others make them up.

Each stands for the function of the same name, with NumPy's own arguments. In a picture
they show as what they are composed of.
"""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from engine.numpy_protocol import adapts
from engine.rules.arithmetic import multiply
from engine.rules.choices import where
from engine.rules.extremes import max, min
from engine.rules.indexing import getitem
from engine.rules.joining import concatenate as joined
from engine.rules.linear_algebra import matmul
from engine.rules.reductions import kept_shape, sum
from engine.rules.shapes import expand_dims, reshape, transpose

# --- joining --------------------------------------------------------------------------


@adapts(np.concatenate)
def concatenate(arrays: Any, axis: Any = 0) -> Any:
    return joined(*arrays, axis=axis)


@adapts(np.stack)
def stack(arrays: Any, axis: int = 0) -> Any:
    return joined(*[expand_dims(x, axis=axis) for x in arrays], axis=axis)


@adapts(np.vstack)
def vstack(tup: Any) -> Any:
    return joined(*[_at_least(2, x) for x in tup], axis=0)


@adapts(np.hstack)
def hstack(tup: Any) -> Any:
    xs = [_at_least(1, x) for x in tup]
    return joined(*xs, axis=0 if xs[0].ndim == 1 else 1)


@adapts(np.column_stack)
def column_stack(tup: Any) -> Any:
    columns = [reshape(x, shape=(-1, 1)) if np.ndim(x) < 2 else x for x in tup]
    return joined(*columns, axis=1)


@adapts(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    return joined(arr, values, axis=axis)


# --- arranging ------------------------------------------------------------------------


@adapts(np.ravel)
def ravel(a: Any) -> Any:
    return reshape(a, shape=-1)


@adapts(np.atleast_1d)
def atleast_1d(array: Any) -> Any:
    return _at_least(1, array)


@adapts(np.atleast_2d)
def atleast_2d(array: Any) -> Any:
    return _at_least(2, array)


@adapts(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    sources = normalize_axis_tuple(source, a.ndim, "source")
    targets = normalize_axis_tuple(destination, a.ndim, "destination")
    order = [i for i in range(a.ndim) if i not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return transpose(a, axes=tuple(order))


@adapts(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    axes = range(m.ndim) if axis is None else normalize_axis_tuple(axis, m.ndim)
    back = [slice(None, None, -1 if i in axes else 1) for i in range(m.ndim)]
    return getitem(m, index=tuple(back))


@adapts(np.roll)
def roll(a: Any, shift: int, axis: int | None = None) -> Any:
    rolled = _taken(a, np.roll(_places(a, axis), shift), axis)
    return reshape(rolled, shape=a.shape)


@adapts(np.repeat)
def repeat(a: Any, repeats: Any, axis: int | None = None) -> Any:
    return _taken(a, np.repeat(_places(a, axis), repeats), axis)


@adapts(np.take)
def take(a: Any, indices: Any, axis: int | None = None) -> Any:
    return _taken(a, np.asarray(indices), axis)


@adapts(np.diff)
def diff(a: Any, n: int = 1, axis: int = -1) -> Any:
    before = (slice(None),) * normalize_axis_index(axis, a.ndim)
    for _ in range(n):
        later = getitem(a, index=(*before, slice(1, None)))
        a = later - getitem(a, index=(*before, slice(None, -1)))
    return a


@adapts(np.tril)
def tril(m: Any, k: int = 0) -> Any:
    rows, columns = m.shape[-2:]
    return where(np.tri(rows, columns, k, dtype=bool), m, 0.0)


@adapts(np.triu)
def triu(m: Any, k: int = 0) -> Any:
    rows, columns = m.shape[-2:]
    return where(np.tri(rows, columns, k - 1, dtype=bool), 0.0, m)


@adapts(np.diagonal)
def diagonal(a: Any, offset: int = 0) -> Any:
    places = np.arange(np.diagonal(np.empty(a.shape[:2]), offset).size)
    down, right = (-offset, 0) if offset < 0 else (0, offset)
    taken = getitem(a, index=(places + down, places + right))
    return moveaxis(taken, 0, -1)


# --- products and sums ----------------------------------------------------------------


@adapts(np.trace)
def trace(a: Any, offset: int = 0) -> Any:
    return sum(diagonal(a, offset), axis=-1)


@adapts(np.ptp)
def ptp(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    largest = max(a, axis=axis, keepdims=keepdims)
    return largest - min(a, axis=axis, keepdims=keepdims)


@adapts(np.outer)
def outer(a: Any, b: Any) -> Any:
    return multiply(reshape(a, shape=(-1, 1)), reshape(b, shape=(1, -1)))


@adapts(np.vdot)
def vdot(a: Any, b: Any) -> Any:
    return matmul(reshape(a, shape=-1), reshape(b, shape=-1))


@adapts(np.prod)
def prod(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    # Halves times halves: unlike y / x, right to any order where entries are 0.
    if a.size == 0:
        return sum(a, axis=axis, keepdims=keepdims) + 1.0  # the product of nothing
    over = range(a.ndim) if axis is None else normalize_axis_tuple(axis, a.ndim)
    axes = [i for i in range(a.ndim) if i in over]
    rest = [i for i in range(a.ndim) if i not in over]
    shape = tuple(a.shape[i] for i in rest)
    x = reshape(transpose(a, axes=(*axes, *rest)), shape=(-1, *shape))
    while x.shape[0] > 1:
        half = x.shape[0] // 2
        product = multiply(x[:half], x[half : 2 * half])
        x = joined(product, x[2 * half :], axis=0) if x.shape[0] % 2 else product
    return reshape(x, shape=kept_shape(a.shape, axis) if keepdims else shape)


@adapts(np.kron)
def kron(a: Any, b: Any) -> Any:
    n = builtins.max(np.ndim(a), np.ndim(b))
    a, b = _at_least(n, a), _at_least(n, b)
    rows = reshape(a, shape=tuple(k for i in a.shape for k in (i, 1)))
    columns = reshape(b, shape=tuple(k for i in b.shape for k in (1, i)))
    shape = tuple(i * j for i, j in zip(a.shape, b.shape, strict=True))
    return reshape(rows * columns, shape=shape)


def _at_least(n: int, x: Any) -> Any:
    """x with axes of length 1 in front, up to n of them in all."""
    shape = np.shape(x)
    return reshape(x, shape=(1,) * (n - len(shape)) + shape)


def _places(x: Any, axis: int | None) -> np.ndarray:
    if axis is None:
        return np.arange(x.size)
    return np.arange(x.shape[normalize_axis_index(axis, x.ndim)])


def _taken(x: Any, places: np.ndarray, axis: int | None) -> Any:
    """The entries of x at `places` along an axis; of x flattened, if there is none."""
    if axis is None:
        return getitem(reshape(x, shape=-1), index=places)
    before = (slice(None),) * normalize_axis_index(axis, x.ndim)
    return getitem(x, index=(*before, places))
