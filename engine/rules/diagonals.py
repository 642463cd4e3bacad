"""Diagonals and triangles: the parts of a matrix, for stacks of matrices too."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.rules.choices import where
from engine.rules.indexing import getitem, scatter
from engine.rules.options import kept
from engine.rules.reductions import sum
from engine.rules.shapes import moveaxis, reshape


@adapts(np.diagonal, lazy=False)
def diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    a = moveaxis(a, (axis1, axis2), (-2, -1))
    length = min(_reach(a.shape[-2:], index(offset)))
    return getitem(a, index=(..., *_places(length, offset)))


@adapts(np.linalg.diagonal, lazy=False)
def _linalg_diagonal(x: Any, *, offset: int = 0) -> Any:
    return diagonal(x, offset, -2, -1)


@adapts(np.trace, lazy=False)
def trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None
) -> Any:
    return sum(kept(diagonal(a, offset, axis1, axis2), dtype=dtype), axis=-1)


@adapts(np.linalg.trace, lazy=False)
def _linalg_trace(x: Any, *, offset: int = 0, dtype: Any = None) -> Any:
    return trace(x, offset, -2, -1, dtype)


@adapts(np.diag, lazy=False)
def diag(v: Any, k: int = 0) -> Any:
    if v.ndim == 2:
        return diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"an array of shape {v.shape} is neither vector nor matrix")
    n = v.size + abs(index(k))
    return scatter(v, index=_places(v.size, k), shape=(n, n))


@adapts(np.diagflat, lazy=False)
def _diagflat(v: Any, k: int = 0) -> Any:
    return diag(reshape(v, shape=-1), k)


@adapts(np.tril)
def _tril(m: Any, k: int = 0) -> Any:
    return where(_lower(m, k), m, 0)


@adapts(np.triu)
def _triu(m: Any, k: int = 0) -> Any:
    return where(_lower(m, k - 1), 0, m)


def _lower(m: Any, k: int) -> Any:
    """The triangle under the k-th diagonal; a vector is every row of its matrix."""
    shape = m.shape[-2:] if m.ndim > 1 else 2 * m.shape
    if len(shape) != 2:
        raise ValueError(f"an array of shape {m.shape} is not a matrix")
    return np.tri(shape[0], shape[1], k, dtype=bool, like=data_of(m))


def _reach(shape: tuple[int, ...], offset: int) -> tuple[int, int]:
    """How many rows and columns are left of a matrix from where the diagonal begins."""
    rows, columns = shape
    return max(rows + min(offset, 0), 0), max(columns - max(offset, 0), 0)


def _places(n: int, offset: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows and columns of the n entries of a diagonal."""
    steps = np.arange(n)
    return steps - min(offset, 0), steps + max(offset, 0)
