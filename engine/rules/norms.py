"""Norms: the size of a vector or of a matrix, in one number.

The slope of the length 0, of a vector or over all entries, is 0, as that of `np.abs`.
"""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.arithmetic import absolute, over
from engine.rules.choices import where
from engine.rules.decompositions import check_matrix, svd
from engine.rules.extremes import max, min
from engine.rules.matrices import inv
from engine.rules.reductions import kept_shape, sum
from engine.rules.shapes import merged, moveaxis, reshape


@op()
def norm(x, *, ord=None, axis=None, keepdims=False):
    """(sum of |x| ** p) ** (1 / p) over `axis`, p being `ord`; None: 2, the length."""
    vector = len(axis) == 1 if isinstance(axis, tuple) else axis is not None
    if ord is not None and (ord in (0, np.inf, -np.inf) or not (vector or x.ndim == 1)):
        raise ValueError(f"norm: of order {ord!r}, {x.shape} over {axis} has no p-norm")
    y = np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)
    kept = kept_shape(x.shape, axis)

    def along(g):
        """g.reshape(kept) * x / y.reshape(kept)"""
        return over(g, y).reshape(kept) * x

    def along_powers(g):
        """g.reshape(kept) * sign(x) * (abs(x) / y.reshape(kept)) ** (ord - 1)"""
        size = np.where(x == 0, 1, np.absolute(x)) / np.where(y == 0, 1, y).reshape(
            kept
        )
        some = np.where(y == 0, 0, g).reshape(kept)
        return some * np.sign(x) * size ** (ord - 1)

    return y, (along if ord in (None, 2) else along_powers,)


@adapts(np.linalg.norm)
def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    if isinstance(axis, list | np.ndarray):
        raise TypeError(f"axis {axis!r} came, and must be an integer or a tuple")
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if ord is None:
        return norm(x, axis=axis, keepdims=keepdims)
    if len(axes) == 1:
        return _of_vectors(x, ord, axis, keepdims)
    if len(axes) != 2:
        raise ValueError(f"ord={ord!r} over {len(axes)} axes; one or two have it")
    if ord in ("fro", "f"):
        return norm(x, axis=tuple(axes), keepdims=keepdims)
    y = _of_matrices(moveaxis(x, tuple(axes), (-2, -1)), ord)
    return reshape(y, shape=kept_shape(x.shape, tuple(axes))) if keepdims else y


def _of_vectors(x: Any, ord: Any, axis: Any, keepdims: bool) -> Any:
    if isinstance(ord, str) or np.ndim(ord):
        raise ValueError(f"ord={ord!r} is not a norm of a vector")
    if ord == 0:
        return np.linalg.norm(data_of(x), 0, axis, keepdims)  # a count: constant
    if np.isinf(ord):
        return _extreme(ord, x)(absolute(x), axis=axis, keepdims=keepdims)
    return norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _of_matrices(x: Any, ord: Any) -> Any:
    """Over the last two axes: of singular values, or of sums of rows or columns."""
    if ord == "nuc":
        return sum(svd(x)[1], axis=-1)
    if ord not in (1, -1, 2, -2, np.inf, -np.inf):
        raise ValueError(f"ord={ord!r} is not a norm of a matrix")
    extreme = _extreme(ord, x)
    if abs(ord) == 2:
        return extreme(svd(x)[1], axis=-1)
    return extreme(sum(absolute(x), axis=-2 if abs(ord) == 1 else -1), axis=-1)


def _extreme(ord: Any, x: Any) -> Any:
    """The largest, of nothing 0, or the smallest, which of nothing there is not."""
    if ord > 0:
        return max if x.size else sum
    return min


@adapts(np.linalg.vector_norm)
def _vector_norm(
    x: Any, *, axis: Any = None, keepdims: bool = False, ord: Any = 2
) -> Any:
    over = axis if axis is None or isinstance(axis, tuple) else index(axis)
    over = over if over is None else normalize_axis_tuple(over, x.ndim)
    y = _of_vectors(merged(x, over), ord, -1, False)
    return reshape(y, shape=kept_shape(x.shape, axis)) if keepdims else y


@adapts(np.linalg.matrix_norm)
def _matrix_norm(x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return _norm(x, ord, (-2, -1), keepdims)


@adapts(np.linalg.cond, lazy=False)
def _cond(x: Any, p: Any = None) -> Any:
    check_matrix(x)
    if np.ndim(p):
        raise TypeError(f"p is {p!r}, and must be the name or number of a norm")
    if x.size == 0:
        raise np.linalg.LinAlgError(f"an array of shape {x.shape} is empty")
    if p in (None, 2, -2):
        s = svd(x)[1]
        most, least = (s[..., -1], s[..., 0]) if p == -2 else (s[..., 0], s[..., -1])
        return where(least == 0, np.inf, most / where(least == 0, 1.0, least))
    return _norm(x, p, (-2, -1)) * _norm(inv(x), p, (-2, -1))
