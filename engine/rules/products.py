"""Products: of the entries of one array, running ones, and of one array with another.

Running sums by NumPy's newer name are here too, since only the first entry differs.
Products of matrices are in linear_algebra.py, `inner` and `tensordot` in einsum.py.
"""

from __future__ import annotations

import builtins
from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.rules.arithmetic import multiply
from engine.rules.arranging import roll
from engine.rules.decompositions import check_matrix
from engine.rules.joining import concatenate
from engine.rules.linear_algebra import matmul
from engine.rules.options import begun, kept
from engine.rules.reductions import cumsum, kept_shape, sum
from engine.rules.shapes import (
    as_arrays,
    at_least,
    axis_number,
    expand_dims,
    merged,
    moveaxis,
    reshape,
)


@adapts(np.prod)
def multiplied(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    return begun(
        multiply, prod(kept(a, where, 1, dtype), axis, keepdims=keepdims), initial
    )


def prod(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    # Halves times halves: unlike y / x, right to any order where entries are 0.
    if isinstance(axis, list):
        raise TypeError(f"axis {axis} is a list, and must be an integer or a tuple")
    if not isinstance(axis, tuple | None):
        number = a.ndim == 0 and axis_number(axis) in (0, -1)  # NumPy allows this
        axis = None if number else axis_number(axis)
    x = merged(a, axis)
    if x.shape[-1] == 0:
        y = sum(x, axis=-1) + 1.0  # the product of nothing
    else:
        while x.shape[-1] > 1:
            half = x.shape[-1] // 2
            product = multiply(x[..., :half], x[..., half : 2 * half])
            odd = x.shape[-1] % 2
            x = concatenate(product, x[..., -1:], axis=-1) if odd else product
        y = x[..., 0]
    number = a.ndim == 0  # which an axis was added to
    return reshape(y, shape=kept_shape(a.shape, axis)) if keepdims or number else y


@adapts(np.cumprod)
def cumprod(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    # Each entry times the one `step` before it, for steps of 1, 2, 4, ...: no division.
    a = at_least(1, kept(a, dtype=dtype))
    x = reshape(a, shape=-1) if axis is None else moveaxis(a, axis_number(axis), -1)
    step = 1
    while step < x.shape[-1]:
        product = multiply(x[..., step:], x[..., :-step])
        x, step = concatenate(x[..., :step], product, axis=-1), 2 * step
    return x if axis is None else moveaxis(x, -1, axis)


@adapts(np.cumulative_prod)
def _cumulative_prod(
    x: Any, *, axis: Any = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    return _running(cumprod, 1.0, kept(x, dtype=dtype), axis, include_initial)


@adapts(np.cumulative_sum)
def _cumulative_sum(
    x: Any, *, axis: Any = None, dtype: Any = None, include_initial: bool = False
) -> Any:
    return _running(cumsum, 0.0, kept(x, dtype=dtype), axis, include_initial)


def _running(
    accumulate: Any, first: float, x: Any, axis: int | None, include_initial: bool
) -> Any:
    x = at_least(1, x)
    if axis is None and x.ndim != 1:
        raise ValueError(f"of an array of shape {x.shape} the axis must be given")
    axis = 0 if axis is None else axis_number(axis)
    if include_initial:
        axis = normalize_axis_index(axis, x.ndim)
        shape = (*x.shape[:axis], 1, *x.shape[axis + 1 :])
        x = concatenate(np.full(shape, first, x.dtype, like=data_of(x)), x, axis=axis)
    return accumulate(x, axis=axis)


@adapts(np.outer)
def _outer(a: Any, b: Any) -> Any:
    a, b = as_arrays(a, b)
    return multiply(reshape(a, shape=(-1, 1)), reshape(b, shape=(1, -1)))


@adapts(np.linalg.outer)
def _linalg_outer(x1: Any, x2: Any) -> Any:
    if np.ndim(x1) != 1 or np.ndim(x2) != 1:
        raise ValueError(f"{np.shape(x1)} and {np.shape(x2)} must be vectors")
    return _outer(x1, x2)


@adapts(np.vdot)
def _vdot(a: Any, b: Any) -> Any:
    a, b = as_arrays(a, b)
    return matmul(reshape(a, shape=-1), reshape(b, shape=-1))


@adapts(np.linalg.matmul)
def _linalg_matmul(x1: Any, x2: Any) -> Any:
    return matmul(x1, x2)


@adapts(np.vecdot)
def _vecdot(x1: Any, x2: Any, axis: int = -1) -> Any:
    axis, (x1, x2) = index(axis), as_arrays(x1, x2)
    _check_lengths(x1, axis, x2, axis)
    row = expand_dims(moveaxis(x1, axis, -1), axis=-2)
    column = expand_dims(moveaxis(x2, axis, -1), axis=-1)
    return matmul(row, column)[..., 0, 0]


@adapts(np.linalg.vecdot)
def _linalg_vecdot(x1: Any, x2: Any, *, axis: int = -1) -> Any:
    return _vecdot(x1, x2, axis)


@adapts(np.matvec)
def _matvec(x1: Any, x2: Any) -> Any:
    x1, x2 = as_arrays(x1, x2)
    check_matrix(x1)
    _check_vectors(x2)
    _check_lengths(x1, -1, x2, -1)
    return matmul(x1, expand_dims(x2, axis=-1))[..., 0]


@adapts(np.vecmat)
def _vecmat(x1: Any, x2: Any) -> Any:
    x1, x2 = as_arrays(x1, x2)
    check_matrix(x2)
    _check_vectors(x1)
    _check_lengths(x1, -1, x2, -2)
    return matmul(expand_dims(x1, axis=-2), x2)[..., 0, :]


def _check_lengths(x1: Any, axis1: int, x2: Any, axis2: int) -> None:
    """Raise, before axes are added, if the axes to sum over differ."""
    n = x1.shape[normalize_axis_index(axis1, x1.ndim)]
    m = x2.shape[normalize_axis_index(axis2, x2.ndim)]
    if n != m and n == n and m == m:  # a length not known yet is NaN
        raise ValueError(
            f"{x1.shape} with {x2.shape}: axis {axis1} of the first has length {n}, "
            f"axis {axis2} of the second {m}, and they must be equal"
        )


def _check_vectors(x: Any) -> None:
    if np.ndim(x) == 0:
        raise ValueError("a number came, and a vector or several are needed")


@adapts(np.kron)
def _kron(a: Any, b: Any) -> Any:
    n = builtins.max(np.ndim(a), np.ndim(b))
    a, b = (at_least(n, x) for x in as_arrays(a, b))
    rows = reshape(a, shape=tuple(k for i in a.shape for k in (i, 1)))
    columns = reshape(b, shape=tuple(k for i in b.shape for k in (1, i)))
    shape = tuple(i * j for i, j in zip(a.shape, b.shape, strict=True))
    return reshape(rows * columns, shape=shape)


@adapts(np.cross)
def cross(
    a: Any,
    b: Any,
    axisa: int = -1,
    axisb: int = -1,
    axisc: int = -1,
    axis: int | None = None,
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = index(axis)
    a, b = as_arrays(a, b)
    a, b = moveaxis(a, index(axisa), -1), moveaxis(b, index(axisb), -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError(f"vectors of {a.shape[-1]} and {b.shape[-1]}, and not of 3")
    forward = roll(a, -1, -1) * roll(b, 1, -1)
    return moveaxis(forward - roll(a, 1, -1) * roll(b, -1, -1), -1, index(axisc))


@adapts(np.linalg.cross)
def _linalg_cross(x1: Any, x2: Any, *, axis: int = -1) -> Any:
    return cross(x1, x2, axis=axis)
