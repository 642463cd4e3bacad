"""Shapes: the same numbers in another shape; the gradient gets the first shape again.

A few rules, and NumPy's other functions composed of them. What also picks or repeats
entries is in arranging.py.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from engine._contract import array_of, of_library
from engine._node import data_of
from engine.numpy_protocol import adapts, extends
from engine.op import op
from engine.rules.dtypes import asked


@op(np.reshape)
def reshape(x, *, shape):
    """The entries of x, in order, in another shape."""
    before = x.shape
    return x.reshape(shape), (lambda g: g.reshape(before),)


@op(np.squeeze)
def squeeze(x, *, axis=None):
    """x without its axes of length 1, or without those named."""
    before = x.shape
    return x.squeeze(axis), (lambda g: g.reshape(before),)


@op(np.expand_dims)
def expand_dims(x, *, axis):
    """x with an axis of length 1 more, at the place(s) `axis` of the result."""
    before = x.shape
    return np.expand_dims(x, axis), (lambda g: g.reshape(before),)


@op(np.transpose)
def transpose(x, *, axes=None):
    """x with its axes in another order; reversed if `axes` is None."""
    if axes is None:
        return x.T, (lambda g: g.T,)
    back = tuple(np.argsort(np.mod(axes, x.ndim)))
    return x.transpose(axes), (lambda g: g.transpose(back),)


@op(np.swapaxes)
def swapaxes(x, *, axis1, axis2):
    """x with two axes exchanged."""
    return x.swapaxes(axis1, axis2), (lambda g: g.swapaxes(axis1, axis2),)


@op(np.broadcast_to)
def broadcast_to(x, *, shape):
    """x stretched to `shape`; the pass undoes it, as it does after any broadcasting."""
    return np.broadcast_to(x, shape), (lambda g: g,)


# --- composed -------------------------------------------------------------------------


@extends(np.reshape)
def _reshape(a: Any, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    order = known_order(order, "CFA")
    if copy is False:
        data: Any = data_of(a)
        data.reshape(shape, order=order, copy=False)  # refused where it must copy
    if order == "C" or (order == "A" and not _lies_in_columns(a)):
        return reshape(a, shape=shape)
    backwards = shape[::-1] if np.ndim(shape) else shape
    return transpose(reshape(transpose(a), shape=backwards))


@adapts(np.ravel)
def _ravel(a: Any, order: str = "C") -> Any:
    order = known_order(order)
    if order == "K":  # as the entries lie in memory
        a = transpose(a, axes=_axes_in_memory(data_of(a)))
    columns = order == "F" or (order == "A" and _lies_in_columns(a))
    return reshape(transpose(a) if columns else a, shape=-1)


def known_order(order: Any, known: str = "CFAK") -> str:
    """A name of an order, as a capital letter."""
    if order not in (*known, *known.lower()):
        raise ValueError(f"order is {order!r}, and must be one of {', '.join(known)}")
    return order.upper()


def _axes_in_memory(x: np.ndarray) -> tuple[int, ...]:
    """The axes as NumPy goes along them, the last one fastest: those of a result."""
    if not isinstance(x, np.ndarray):  # nobody knows how another library's array lies
        return tuple(range(x.ndim))
    new = np.nditer([x, None], ["zerosize_ok"], order="K").operands[1]
    return tuple(np.argsort([-abs(n) for n in new.strides], kind="stable").tolist())


def _lies_in_columns(a: Any) -> bool:
    data = data_of(a)
    return isinstance(data, np.ndarray) and np.isfortran(data)


@adapts(np.atleast_1d)
def _atleast_1d(*arys: Any) -> Any:
    return _one_or_all(at_least(1, x) for x in arys)


@adapts(np.atleast_2d)
def _atleast_2d(*arys: Any) -> Any:
    return _one_or_all(at_least(2, x) for x in arys)


@adapts(np.atleast_3d)
def _atleast_3d(*arys: Any) -> Any:
    return _one_or_all(map(at_least_3d, arys))


@adapts(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    sources = normalize_axis_tuple(source, a.ndim, "source")
    targets = normalize_axis_tuple(destination, a.ndim, "destination")
    order = [i for i in range(a.ndim) if i not in sources]
    for target, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(target, axis)
    return transpose(a, axes=tuple(order)) if order != sorted(order) else a


@adapts(np.rollaxis)
def _rollaxis(a: Any, axis: int, start: int = 0) -> Any:
    axis = normalize_axis_index(axis, a.ndim)
    if not -a.ndim <= start <= a.ndim:
        raise ValueError(f"start is {start}, and a has the shape {a.shape}")
    start += a.ndim if start < 0 else 0
    return moveaxis(a, axis, start - (axis < start))


@adapts(np.matrix_transpose)
@adapts(np.linalg.matrix_transpose)
def _matrix_transpose(x: Any) -> Any:
    return swapaxes(x, axis1=-1, axis2=-2)


@adapts(np.broadcast_arrays)
def _broadcast_arrays(*args: Any) -> tuple[Any, ...]:
    shape = np.broadcast_shapes(*map(np.shape, args))
    return tuple(broadcast_to(x, shape=shape) for x in args)


@adapts(np.meshgrid)
def _meshgrid(
    *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy"
) -> tuple[Any, ...]:
    del copy  # nobody writes into the grids
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing is {indexing!r}, and must be 'xy' or 'ij'")
    places = list(range(len(xi)))
    if indexing == "xy":
        places[:2] = places[:2][::-1]
    grids = tuple(
        reshape(as_array(x), shape=(*(1,) * place, -1, *(1,) * (len(xi) - 1 - place)))
        for x, place in zip(xi, places, strict=True)
    )
    return grids if sparse else _broadcast_arrays(*grids)


@adapts(np.full_like)
def _full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", *, shape: Any = None
) -> Any:
    if data_of(fill_value) is fill_value:
        same = {"dtype": dtype, "order": order, "shape": shape}
        return np.full_like(data_of(a), fill_value, **same)
    known_order(order)
    full = broadcast_to(fill_value, shape=a.shape if shape is None else shape)
    return asked(full, a.dtype if dtype is None else dtype)


def at_least(n: int, x: Any) -> Any:
    """x with axes of length 1 in front, up to n in all."""
    x = as_array(x)
    return reshape(x, shape=(1,) * (n - x.ndim) + x.shape) if x.ndim < n else x


def at_least_3d(x: Any) -> Any:
    """As NumPy has it: the third axis comes behind the other two."""
    x = at_least(2 if np.ndim(x) else 3, x)
    return expand_dims(x, axis=-1) if x.ndim == 2 else x


def axis_number(axis: Any) -> int:
    """An axis as an int. NumPy takes True and False for none, in most places."""
    if isinstance(axis, bool | np.bool):
        raise TypeError(f"axis is {axis}, and must be an integer")
    return index(axis)


def merged(x: Any, axis: Any) -> Any:
    """x with some of its axes (None: all) made one, which comes last."""
    if x.ndim == 0:  # which has no axes, but some reductions take 0 and -1
        normalize_axis_tuple(() if axis in (None, 0, -1) else axis, 0)
        return reshape(x, shape=1)
    over = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if len(over) == 1:
        return moveaxis(x, over, -1)
    rest = [i for i in range(x.ndim) if i not in over]
    shape = tuple(x.shape[i] for i in rest)
    length = int(np.prod([x.shape[i] for i in over]))
    return reshape(transpose(x, axes=(*rest, *sorted(over))), shape=(*shape, length))


def as_array(x: Any, like: Any = None) -> Any:
    """x, or what NumPy makes of a list or a number: an array of the kind of `like`."""
    return x if hasattr(x, "ndim") else array_of(x, like)


def as_arrays(*xs: Any) -> Any:
    """Each by `as_array`; lists and numbers as arrays of the library of the others."""
    if all(hasattr(x, "ndim") for x in xs):
        return xs
    like = of_library(*xs)
    return [as_array(x, like) for x in xs]


def unlisted(x: Any) -> Any:
    """x, or the array of a list, in which Tensors may stand; a number stays one."""
    return array_of(x) if isinstance(x, list | tuple) else x


def _one_or_all(xs: Any) -> Any:
    results = tuple(xs)
    return results[0] if len(results) == 1 else results
