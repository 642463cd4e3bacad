"""Matrices: inverse, systems of equations, determinant, and length.

For stacks of matrices too. Formulas: M. Giles, "An extended collection of matrix
derivative results for forward and reverse mode algorithmic differentiation" (2008),
sections 2.2.3, 2.2.4 and 2.3.1.
"""

from __future__ import annotations

import numpy as np

from engine.op import op
from engine.rules.reductions import kept_shape


@op(np.linalg.inv)
def inv(x):
    """The inverse of a square matrix."""
    y = np.linalg.inv(x)
    return y, (lambda g: -y.swapaxes(-1, -2) @ g @ y.swapaxes(-1, -2),)


@op(np.linalg.solve)
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


@op(np.linalg.det)
def det(x):
    """The determinant; the slope is for matrices that have an inverse."""
    y = np.linalg.det(x)

    def adjugate(g):
        """g * y * inv(x).T"""
        return (g * y)[..., None, None] * np.linalg.inv(x).swapaxes(-1, -2)

    return y, (adjugate,)


@op(np.linalg.norm)
def norm(x, *, ord=None, axis=None, keepdims=False):
    """The root of the sum of squares over `axis`; slope 0 where that is 0.

    The length of a vector, or the Frobenius norm of a matrix; other orders are refused.
    """
    matrix = isinstance(axis, tuple) or (axis is None and x.ndim == 2)
    if ord is not None and ord != ("fro" if matrix else 2):
        raise TypeError(
            f"norm: ord={ord!r} has no rule; the length of a vector has (ord=2), and "
            "the Frobenius norm of a matrix (ord='fro')"
        )
    y = np.linalg.norm(x, ord=ord, axis=axis, keepdims=keepdims)
    kept = kept_shape(x.shape, axis)

    def along(g):
        """g * x / y"""
        return (g / (y + (y == 0))).reshape(kept) * x

    return y, (along,)
