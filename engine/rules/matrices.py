"""Matrices: inverse, systems of equations, powers, and the determinant.

For stacks of matrices too. Formulas: M. Giles, "An extended collection of matrix
derivative results for forward and reverse mode algorithmic differentiation" (2008),
sections 2.2.3, 2.2.4 and 2.3.1; pinv: G. Golub and V. Pereyra, "The differentiation of
pseudo-inverses and nonlinear least squares problems" (1973).
"""

from __future__ import annotations

import functools
import math
from operator import index
from typing import Any

import numpy as np

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.choices import where
from engine.rules.decompositions import check_matrix, folded, mirrored, svd
from engine.rules.dtypes import cast
from engine.rules.linear_algebra import dot, matmul
from engine.rules.reductions import sum
from engine.rules.shapes import as_arrays, reshape, transpose


@op(np.linalg.inv, lazy=False)
def inv(x):
    """The inverse of a square matrix."""
    y = np.linalg.inv(x)
    return y, (lambda g: -y.swapaxes(-1, -2) @ g @ y.swapaxes(-1, -2),)


@op(np.linalg.pinv, lazy=False)
def pinv(x, *, rcond=None, hermitian=False, rtol=np._NoValue):
    """The pseudo-inverse; its slope is for matrices whose rank does not change."""
    y = np.linalg.pinv(x, rcond=rcond, hermitian=hermitian, rtol=rtol)

    def back(g):
        """-y.T @ g @ y.T + what lies outside of x"""
        m = mirrored(x) if hermitian else x
        yt, gt = y.swapaxes(-1, -2), g.swapaxes(-1, -2)
        given = {"dtype": x.dtype, "like": data_of(x)}
        rows = np.eye(x.shape[-2], **given) - m @ y
        columns = np.eye(x.shape[-1], **given) - y @ m
        gx = rows @ gt @ y @ yt + yt @ y @ gt @ columns - yt @ g @ yt
        return folded(gx) if hermitian else gx

    return y, (back,)


@op(np.linalg.solve, lazy=False)
def solve(a, b):
    """The x of a @ x = b, for b a vector (d,) or a matrix (d, k)."""
    x = np.linalg.solve(a, b)

    def wrt_b(g):
        """solve(a.T, g)"""
        turned = a.swapaxes(-1, -2)
        if b.ndim == 1:
            return np.linalg.solve(turned, g[..., None])[..., 0]
        return np.linalg.solve(turned, g)

    def wrt_a(g):
        """-solve(a.T, g) @ x.T"""
        if b.ndim == 1:
            return -wrt_b(g)[..., :, None] * x[..., None, :]
        return -wrt_b(g) @ x.swapaxes(-1, -2)

    return x, (wrt_a, wrt_b)


@adapts(np.linalg.lstsq, lazy=False)
def _lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, ...]:
    a, b = as_arrays(a, b)
    if a.ndim != 2 or b.ndim not in (1, 2):
        raise ValueError(
            f"{a.shape} and {b.shape} are not a matrix, and a matrix or vector"
        )
    if "e" in (a.dtype.char, b.dtype.char):  # float16
        raise TypeError("array type float16 is unsupported in linalg")
    wide = [x.dtype if x.dtype.kind == "f" else np.float64 for x in (a, b)]
    dtype = np.result_type(*wide)
    a, b = cast(a, dtype), cast(b, dtype)
    cut = np.finfo(dtype).eps * max(a.shape) if rcond is None else float(rcond)
    s = svd(a)[1]
    rank = int(np.count_nonzero(s > cut * np.max(data_of(s), initial=0)))
    if rank < min(a.shape):
        raise ValueError(
            f"a of shape {a.shape} has rank {rank}, and where its rows or columns "
            "depend on each other the solution has no slope"
        )
    x = matmul(pinv(a, rcond=cut), b)
    if a.shape[0] <= a.shape[1]:
        return x, np.zeros(0, dtype), np.int32(rank), s
    rest = sum((b - matmul(a, x)) ** 2, axis=0, keepdims=b.ndim == 1)
    return x, rest, np.int32(rank), s


@op(np.linalg.det, lazy=False)
def det(x):
    """The determinant; second derivatives are for matrices that have an inverse."""
    y = np.linalg.det(x)

    def cofactors(g):
        """g * y * inv(x).T"""
        if np.any(y == 0):
            return g[..., None, None] * _cofactors(x)
        return (g * y)[..., None, None] * np.linalg.inv(x).swapaxes(-1, -2)

    return y, (cofactors,)


def _cofactors(x):
    """det(x) * inv(x).T, where there is no inverse either: by the singular values."""
    u, s, vh = np.linalg.svd(x)
    same = np.eye(s.shape[-1], dtype=bool, like=data_of(s))
    others = np.where(same, 1.0, s[..., None, :])
    sign = np.linalg.det(u) * np.linalg.det(vh)
    return sign[..., None, None] * (u * np.prod(others, axis=-1)[..., None, :]) @ vh


@adapts(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Any:
    if len(arrays) < 2:
        raise ValueError(f"{len(arrays)} array came, and at least two are needed")
    if len(arrays) == 2:
        return dot(*arrays)
    ranks = [np.ndim(x) for x in arrays]
    if {*ranks[1:-1]} - {2} or {ranks[0], ranks[-1]} - {1, 2}:
        raise ValueError(f"arrays of {ranks} axes; matrices, a vector at an end")
    # From left to right: the order that costs least would be another picture each time.
    return functools.reduce(matmul, arrays)


@adapts(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    check_matrix(a, square=True)
    if index(n) < 0:
        return _matrix_power(inv(a), -n)
    if n == 0:  # the result does not depend on a
        one = np.asarray(np.eye(a.shape[-1], dtype=a.dtype), like=data_of(a))
        return where(True, np.broadcast_to(one, a.shape), a)
    y = None
    while n:
        if n % 2:
            y = a if y is None else matmul(y, a)
        a, n = matmul(a, a) if n > 1 else a, n // 2
    return y


@adapts(np.linalg.tensorsolve, lazy=False)
def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = as_arrays(a, b)
    order = list(range(a.ndim))
    for axis in axes or ():
        order.remove(axis)
        order.append(axis)
    a = transpose(a, axes=tuple(order)) if axes else a
    shape = a.shape[-(a.ndim - b.ndim) :]
    n = math.prod(shape)
    if a.size != n**2:
        raise np.linalg.LinAlgError(
            f"a of shape {a.shape} and b of {b.shape} are not a square of equations: "
            f"{n} unknowns {shape}, and {a.size // max(n, 1)} equations"
        )
    x = solve(reshape(a, shape=(n, n)), reshape(b, shape=-1))
    return reshape(x, shape=shape)


@adapts(np.linalg.tensorinv, lazy=False)
def _tensorinv(a: Any, ind: int = 2) -> Any:
    if ind <= 0 or not a.ndim:
        raise ValueError(f"ind is {ind} and a of {a.shape}: rows have at least 1 axis")
    rows, columns = a.shape[:ind], a.shape[ind:]
    y = inv(reshape(a, shape=(math.prod(columns), -1)))
    return reshape(y, shape=columns + rows)
