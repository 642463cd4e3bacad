"""Linear algebra: the matrix product, as `@` and as `np.dot`.

For matrices y = x @ w the closures are g @ w.T and x.T @ g (each shape allows only one
order). Formulas: M. Giles, "An extended collection of matrix derivative results for
forward and reverse mode algorithmic differentiation" (2008), section 2.2.
"""

from __future__ import annotations

import numpy as np

from engine._contract import array_of, of_library
from engine.op import op


@op(np.matmul)
def matmul(x, w):
    """x @ w for (n, d) @ (d, k), for vectors, and for stacks of matrices."""
    _check_shapes("matmul", x, w)
    return x @ w, _closures(x, w)


@op(np.dot)
def dot(x, w):
    """Of vectors and matrices x @ w; else sums over the axes -1 of x and -2 of w."""
    if not (np.ndim(x) and np.ndim(w)):
        return _widened(x, w) * _widened(w, x), (lambda g: g * w, lambda g: g * x)
    _check_shapes("dot", x, w)
    many = max(x.ndim, w.ndim) > 2
    return np.dot(x, w), _many_axes(x, w) if many else _closures(x, w)


def _closures(x, w):
    if x.ndim == w.ndim == 2:
        return lambda g: g @ w.T, lambda g: x.T @ g
    if x.ndim == w.ndim == 1:
        return lambda g: g * w, lambda g: g * x
    if x.ndim == 2 and w.ndim == 1:
        return lambda g: g[:, None] * w, lambda g: x.T @ g
    if x.ndim == 1 and w.ndim == 2:
        return lambda g: w @ g, lambda g: x[:, None] * g
    if w.ndim == 1:  # (..., n, d) @ (d,)
        return lambda g: g[..., None] * w, lambda g: g[..., None] * x
    if x.ndim == 1:  # (d,) @ (..., d, k)
        return (
            lambda g: (w @ g[..., None])[..., 0],
            lambda g: x[:, None] * g[..., None, :],
        )
    if w.ndim == 2:  # (..., n, d) @ (d, k): no product for each matrix of the stack
        axes = tuple(range(x.ndim - 1))
        return lambda g: g @ w.T, lambda g: np.tensordot(x, g, (axes, axes))
    return lambda g: g @ w.swapaxes(-1, -2), lambda g: x.swapaxes(-1, -2) @ g


def _many_axes(x, w):
    """For y[i.., j.., k] = the sum over d of x[i.., d] * w[j.., d, k]."""
    of_x = tuple(range(x.ndim - 1))  # in x and in y
    in_w = (*range(w.ndim - 2), w.ndim - 1) if w.ndim > 1 else ()
    of_w = tuple(range(x.ndim - 1, x.ndim + w.ndim - 2))  # in y
    return (
        lambda g: np.tensordot(g, w, (of_w, in_w)),
        lambda g: np.moveaxis(
            np.tensordot(x, g, (of_x, of_x)), 0, -2 if w.ndim > 1 else 0
        ),
    )


def _widened(x, other):
    """A Python number as the float64 that np.dot, unlike *, takes it for."""
    return array_of(x, of_library(other)) if type(x) in (int, float) else x


def _check_shapes(caller, x, w):
    if not getattr(x, "ndim", 0) or not getattr(w, "ndim", 0):
        raise ValueError(
            f"{caller}: {np.shape(x)} @ {np.shape(w)} has a number where a matrix "
            "belongs; use *"
        )
    d, e = x.shape[-1], w.shape[-2 if w.ndim > 1 else 0]
    if d != e and d == d and e == e:  # a length not known yet is NaN
        fits = w.ndim > 1 and w.shape[-1] == d
        cure = "; the second transposed would fit" if fits else ""
        raise ValueError(f"{caller}: {x.shape} @ {w.shape} needs {d} == {e}{cure}")
