"""Matrices: inverse, systems of equations, powers, and the determinant.

For stacks of matrices too. Formulas: M. Giles, "An extended collection of matrix
derivative results for forward and reverse mode algorithmic differentiation" (2008),
sections 2.2.3, 2.2.4 and 2.3.1; pinv: G. Golub and V. Pereyra, "The differentiation of
pseudo-inverses and nonlinear least squares problems" (1973).
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.decompositions import svd
from engine.rules.linear_algebra import matmul
from engine.rules.reductions import sum


@op(np.linalg.inv, lazy=False)
def inv(x):
    """The inverse of a square matrix."""
    y = np.linalg.inv(x)
    return y, (lambda g: -y.swapaxes(-1, -2) @ g @ y.swapaxes(-1, -2),)


@op(np.linalg.pinv, lazy=False)
def pinv(x, *, rcond=None):
    """The pseudo-inverse; its slope is for matrices whose rank does not change."""
    y = np.linalg.pinv(x, rcond=rcond)

    def back(g):
        """-y.T @ g @ y.T, and what reaches out of the spaces of rows and columns"""
        yt, gt = y.swapaxes(-1, -2), g.swapaxes(-1, -2)
        rows, columns = np.eye(x.shape[-2]) - x @ y, np.eye(x.shape[-1]) - y @ x
        return rows @ gt @ y @ yt + yt @ y @ gt @ columns - yt @ g @ yt

    return y, (back,)


@op(np.linalg.solve, lazy=False)
def solve(a, b):
    """The x of a @ x = b, for b a vector (d,) or a matrix (d, k)."""
    x = np.linalg.solve(a, b)

    def wrt_a(g):
        """-solve(a.T, g) @ x.T"""
        right = np.linalg.solve(a.swapaxes(-1, -2), g)
        if b.ndim == 1:
            return -right[..., :, None] * x[..., None, :]
        return -right @ x.swapaxes(-1, -2)

    return x, (wrt_a, lambda g: np.linalg.solve(a.swapaxes(-1, -2), g))


@adapts(np.linalg.lstsq, lazy=False)
def _lstsq(a: Any, b: Any, rcond: float | None = None) -> tuple[Any, ...]:
    """Where the columns of a (its rows, if it is wide) are linearly independent."""
    rows, columns = a.shape
    cut = np.finfo(a.dtype).eps * max(a.shape) if rcond is None else rcond
    x = matmul(pinv(a, rcond=cut), b)
    s = svd(a)[1]
    rank = int(np.count_nonzero(s > cut * s.data.max(initial=0)))
    rest = sum((b - matmul(a, x)) ** 2, axis=0, keepdims=np.ndim(b) == 1)
    return x, rest if rank == columns < rows else np.zeros(0), rank, s


@op(np.linalg.det, lazy=False)
def det(x):
    """The determinant; the slope is for matrices that have an inverse."""
    y = np.linalg.det(x)

    def adjugate(g):
        """g * y * inv(x).T"""
        return (g * y)[..., None, None] * np.linalg.inv(x).swapaxes(-1, -2)

    return y, (adjugate,)


@adapts(np.linalg.multi_dot)
def _multi_dot(arrays: Any) -> Any:
    return functools.reduce(matmul, arrays)


@adapts(np.linalg.matrix_power)
def _matrix_power(a: Any, n: int) -> Any:
    if n < 0:
        return _matrix_power(inv(a), -n)
    y = a * 0.0 + np.eye(a.shape[-1], dtype=a.dtype) if n == 0 else None
    while n:
        if n % 2:
            y = a if y is None else matmul(y, a)
        a, n = matmul(a, a) if n > 1 else a, n // 2
    return y
