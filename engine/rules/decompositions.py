"""Decompositions: a matrix as a product of simpler ones, for stacks of matrices too.

What must stay true of the factors (a triangle, orthogonal columns) says which changes
of the matrix they can follow; the rest is the product rule.

cholesky, eigh and eigvalsh, and svd and pinv with hermitian=True, read one triangle of
a symmetric matrix, and so does the gradient: all of it lies in that triangle (of an
entry beside the diagonal, that of both places where it stands), and 0 in the other.

Where eigenvalues or singular values are equal, the vectors that belong to them are not
determined and have no slope: their gradients are infinite or NaN. The values have a
first derivative there. The slope of a singular value that is 0 is 0, as that of |x| is.
The columns that fill up a square of vectors (svd with full_matrices=True, qr with
mode="complete") are not determined either: a gradient that comes to them is refused.

Sources: I. Murray, "Differentiation of the Cholesky decomposition" (2016); M. Giles,
"An extended collection of matrix derivative results" (2008), section 3.1 (eigh);
J. Townsend, "Differentiating the singular value decomposition" (2016); S. Walter and
L. Lehmann, "Algorithmic differentiation of linear algebra functions with application
in optimum experimental design" (2010) (qr).
"""

from __future__ import annotations

import numpy as np

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.arithmetic import absolute
from engine.rules.arranging import take_along_axis
from engine.rules.joining import concatenate

_SVDResult = type(np.linalg.svd(np.eye(1)))


@op(np.linalg.cholesky, lazy=False)
def cholesky(x, *, upper=False):
    """The triangle L of x = L @ L.T, or L.T; the triangle read has the gradient."""
    y = np.linalg.cholesky(x, upper=upper)
    low = _t(y) if upper else y

    def wrt_triangle(g):
        """inv(y).T @ S @ inv(y), S: lower half of y.T @ g, mirrored"""
        back = np.linalg.inv(low)
        # S is its lower triangle, halved and mirrored
        inside = mirrored(_t(low) @ (_t(g) if upper else g))
        return folded(_t(back) @ inside @ back / 2, upper)

    return y, (wrt_triangle,)


@op(np.linalg.eigh, lazy=False)
def eigh(x, *, UPLO="L"):  # noqa: N803 - NumPy's name
    """Eigenvalues w, ascending, and vectors v; the triangle read has the gradient."""
    w, v = result = np.linalg.eigh(x, UPLO=UPLO)
    upper = UPLO in ("U", "u")

    def wrt_values(g):
        # v @ diag(g) @ v.T
        return folded(v * g[..., None, :] @ _t(v), upper)

    def wrt_vectors(g):
        # v @ (v.T @ g / (w[j] - w[i])) @ v.T
        return folded(v @ (_t(v) @ g * _one_over_gaps(w)) @ _t(v), upper)

    return result, ((wrt_values,), (wrt_vectors,))


@adapts(np.linalg.eigvalsh, lazy=False)
def _eigvalsh(a, UPLO="L"):  # noqa: N803 - NumPy's name
    return eigh(a, UPLO=UPLO)[0]


@op(lazy=False)
def svd(x, *, full_matrices=False):
    """x = u * s @ vh; full: with columns of u or rows of vh that fill up a square."""
    full, s, full_vh = result = np.linalg.svd(x, full_matrices=full_matrices)
    k = s.shape[-1]
    u, vh = full[..., :k], full_vh[..., :k, :]
    # K is the antisymmetric part of u.T @ g, or vh @ g.T, over s[j]**2 - s[i]**2; the
    # rest is what of g lies outside the space that u, or vh, spans.

    def wrt_u(g):
        # (u @ K * s + rest / s) @ vh, K from u.T @ g
        g = _determined("svd", g, k, "full_matrices=False")
        inside = _t(u) @ g
        outside = _over(g - u @ inside, s[..., None, :])
        turned = u @ (_one_over_gaps(s * s) * (inside - _t(inside)))
        return (turned * s[..., None, :] + outside) @ vh

    def wrt_s(g):
        # u @ diag(g) @ vh
        return u * np.where(s == 0, 0, g)[..., None, :] @ vh

    def wrt_vh(g):
        # u @ (s * K @ vh + rest / s), K from vh @ g.T
        g = _t(_determined("svd", _t(g), k, "full_matrices=False"))
        inside = vh @ _t(g)
        outside = _over(g - _t(inside) @ vh, s[..., None])
        turned = (_one_over_gaps(s * s) * (inside - _t(inside))) @ vh
        return u @ (s[..., None] * turned + outside)

    return result, ((wrt_u,), (wrt_s,), (wrt_vh,))


@adapts(np.linalg.svd, lazy=False)
def _svd(a, full_matrices=True, compute_uv=True, hermitian=False):
    check_matrix(a, square=hermitian)
    if hermitian:
        result = _svd_of_symmetric(a)
    else:
        square = compute_uv and full_matrices and a.shape[-1] != a.shape[-2]
        result = svd(a, full_matrices=square)
    return result if compute_uv else result[1]


def _svd_of_symmetric(a):
    """Of eigenvalues the sizes, the largest first; their signs go into vh."""
    w, v = eigh(a)
    order = np.argsort(np.abs(data_of(w)))[..., ::-1]
    w = take_along_axis(w, order, -1)
    u = take_along_axis(v, order[..., None, :], -1)
    sign = np.copysign(1.0, data_of(w)).astype(w.dtype)
    return _SVDResult(u, absolute(w), _t(u * sign[..., None, :]))


@adapts(np.linalg.svdvals, lazy=False)
def _svdvals(x):
    return svd(x)[1]


@op(lazy=False)
def qr(x, *, complete=False):
    """x = q @ r, q of orthonormal columns and r an upper triangle; x is not wide."""
    full, full_r = result = np.linalg.qr(x, "complete" if complete else "reduced")
    n = x.shape[-1]
    q, r = full[..., :n], full_r[..., :n, :]  # below, r is 0
    # S is a lower triangle, and its mirror image

    def wrt_q(g):
        # (g - q @ S) @ inv(r).T, S from g.T @ q
        g = _determined("qr", g, n, 'mode="reduced"')
        return _t(np.linalg.solve(r, _t(g - q @ mirrored(_t(g) @ q))))

    def wrt_r(g):
        # q @ S @ inv(r).T, S from r @ g.T
        return _t(np.linalg.solve(r, _t(q @ mirrored(r @ _t(g[..., :n, :])))))

    return result, ((wrt_q,), (wrt_r,))


@adapts(np.linalg.qr, lazy=False)
def _qr(a, mode="reduced"):
    check_matrix(a)
    rows, columns = a.shape[-2:]
    if mode not in ("reduced", "complete", "r"):
        raise ValueError(f"mode {mode!r} has no rule; 'reduced', 'complete', 'r' have")
    complete = mode == "complete" and rows > columns
    result = qr(a if rows >= columns else a[..., :rows], complete=complete)
    if rows < columns:  # the rest of r follows from q
        rest = _t(result.Q) @ a[..., rows:]
        result = type(result)(result.Q, concatenate(result.R, rest, axis=-1))
    return result.R if mode == "r" else result


@op(np.linalg.slogdet, lazy=False)
def slogdet(x):
    """The sign of the determinant, a constant, and the logarithm of its size."""

    def wrt_logarithm(g):
        """g * inv(x).T"""
        return g[..., None, None] * _t(np.linalg.inv(x))

    return np.linalg.slogdet(x), (None, (wrt_logarithm,))


def check_matrix(x, square=False):
    """Raise ValueError if x is not a matrix, or a stack of them."""
    if x.ndim < 2 or (square and x.shape[-1] != x.shape[-2]):
        kind = "square matrix" if square else "matrix"
        raise ValueError(f"an array of shape {x.shape} is not a {kind}")


def folded(m, upper=False):
    """The gradient m of a symmetric matrix, as that of the triangle that is read."""
    n = m.shape[-1]
    given = {"dtype": m.dtype, "like": data_of(m)}
    tri = np.tri(n, **given) - np.eye(n, **given) / 2
    return (m + _t(m)) * (tri.T if upper else tri)


def _determined(caller, g, n, cure):
    """The first n columns of g; nothing may come to those that fill up the square."""
    if np.any(data_of(g)[..., n:] != 0):
        raise ValueError(
            f"{caller}: a gradient came to the vectors that fill up the square, and "
            f"they are not determined; pass {cure}, or use the first {n} only"
        )
    return g[..., :n]


def _over(x, y):
    """x / y, and 0 for 0 / 0: no gradient came."""
    return x / np.where((x == 0) & (y == 0), 1, y)


def _one_over_gaps(w):
    """1 / (w[j] - w[i]) for all pairs, and 0 on the diagonal."""
    gaps = w[..., None, :] - w[..., None]
    same = np.eye(w.shape[-1], dtype=w.dtype, like=data_of(w))
    return (1 - same) / (gaps + same)


def mirrored(m):
    """The lower triangle of m, and above the diagonal its mirror image."""
    n, given = m.shape[-1], {"dtype": m.dtype, "like": data_of(m)}
    return m * np.tri(n, **given) + _t(m * np.tri(n, k=-1, **given))


def _t(x):
    return x.swapaxes(-1, -2)
