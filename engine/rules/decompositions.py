"""Decompositions: a matrix as a product of simpler ones, for stacks of matrices too.

What must stay true of the factors (a triangle, orthogonal columns) says which changes
of the matrix they can follow; the rest is the product rule.

cholesky, eigh and eigvalsh read one triangle of a symmetric matrix; the gradient is
that of the symmetric matrix, equal in both triangles. Where eigenvalues or singular
values are equal, the vectors that belong to them are not determined and have no slope:
their gradients are infinite or NaN. The values have a first derivative there.

Sources: I. Murray, "Differentiation of the Cholesky decomposition" (2016); M. Giles,
"An extended collection of matrix derivative results" (2008), section 3.1 (eigh);
J. Townsend, "Differentiating the singular value decomposition" (2016); S. Walter and
L. Lehmann, "Algorithmic differentiation of linear algebra functions with application
in optimum experimental design" (2010) (qr).
"""

from __future__ import annotations

import numpy as np

from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.joining import concatenate


@op(np.linalg.cholesky, lazy=False)
def cholesky(x, *, upper=False):
    """The lower triangle L of x = L @ L.T; or the upper one, L.T."""
    y = np.linalg.cholesky(x, upper=upper)
    low = _t(y) if upper else y

    def symmetric(g):
        """inv(L).T @ S @ inv(L), S from L.T @ g"""
        back = np.linalg.inv(low)
        # S is its lower triangle, halved and mirrored
        inside = _mirrored(_t(low) @ (_t(g) if upper else g))
        return _t(back) @ inside @ back / 2

    return y, (symmetric,)


@op(np.linalg.eigh, lazy=False)
def eigh(x, *, UPLO="L"):  # noqa: N803 - NumPy's name
    """The eigenvalues w of a symmetric matrix, ascending, and its eigenvectors v."""
    w, v = result = np.linalg.eigh(x, UPLO=UPLO)

    def wrt_values(g):
        """v @ diag(g) @ v.T"""
        return v * g[..., None, :] @ _t(v)

    def wrt_vectors(g):
        """v @ (v.T @ g / (w[j] - w[i])) @ v.T"""
        turned = v @ (_t(v) @ g * _one_over_gaps(w)) @ _t(v)
        return (turned + _t(turned)) / 2

    return result, ((wrt_values,), (wrt_vectors,))


@adapts(np.linalg.eigvalsh, lazy=False)
def _eigvalsh(a, UPLO="L"):  # noqa: N803 - NumPy's name
    return eigh(a, UPLO=UPLO)[0]


@op(lazy=False)
def svd(x):
    """x = u * s @ vh, with as many columns in u and rows in vh as values in s."""
    u, s, vh = result = np.linalg.svd(x, full_matrices=False)
    # K is the antisymmetric part of u.T @ g, or vh @ g.T, over s[j]**2 - s[i]**2; the
    # rest is what of g lies outside the space that u, or vh, spans.

    def wrt_u(g):
        """(u @ K * s + rest / s) @ vh, K from u.T @ g"""
        inside = _t(u) @ g
        outside = (g - u @ inside) / s[..., None, :]
        turned = u @ (_one_over_gaps(s * s) * (inside - _t(inside)))
        return (turned * s[..., None, :] + outside) @ vh

    def wrt_s(g):
        """u @ diag(g) @ vh"""
        return u * g[..., None, :] @ vh

    def wrt_vh(g):
        """u @ (s * K @ vh + rest / s), K from vh @ g.T"""
        inside = vh @ _t(g)
        outside = (g - _t(inside) @ vh) / s[..., None]
        turned = (_one_over_gaps(s * s) * (inside - _t(inside))) @ vh
        return u @ (s[..., None] * turned + outside)

    return result, ((wrt_u,), (wrt_s,), (wrt_vh,))


@adapts(np.linalg.svd, lazy=False)
def _svd(a, full_matrices=True, compute_uv=True):
    if not compute_uv:
        return svd(a)[1]
    check_matrix(a)
    if full_matrices and a.shape[-1] != a.shape[-2]:
        raise ValueError(
            f"the columns that fill up the square of a {a.shape} matrix are not "
            "determined; pass full_matrices=False"
        )
    return svd(a)


@adapts(np.linalg.svdvals, lazy=False)
def _svdvals(x):
    return svd(x)[1]


@op(lazy=False)
def qr(x):
    """x = q @ r, q of orthonormal columns and r an upper triangle; x is not wide."""
    q, r = result = np.linalg.qr(x)  # S: the lower triangle, and its mirror image

    def wrt_q(g):
        """(g - q @ S) @ inv(r).T, S from g.T @ q"""
        return _t(np.linalg.solve(r, _t(g - q @ _mirrored(_t(g) @ q))))

    def wrt_r(g):
        """q @ S @ inv(r).T, S from r @ g.T"""
        return _t(np.linalg.solve(r, _t(q @ _mirrored(r @ _t(g)))))

    return result, ((wrt_q,), (wrt_r,))


@adapts(np.linalg.qr, lazy=False)
def _qr(a, mode="reduced"):
    check_matrix(a)
    rows, columns = a.shape[-2:]
    if mode not in ("reduced", "r") and not (mode == "complete" and rows <= columns):
        raise ValueError(f"mode {mode!r} of a {a.shape} matrix has no rule; 'r' has")
    result = qr(a if rows >= columns else a[..., :rows])
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


def _one_over_gaps(w):
    """1 / (w[j] - w[i]) for all pairs, and 0 on the diagonal."""
    gaps, same = w[..., None, :] - w[..., None], np.eye(w.shape[-1], dtype=w.dtype)
    return (1 - same) / (gaps + same)


def _mirrored(m):
    """The lower triangle of m, and above the diagonal its mirror image."""
    n = m.shape[-1]
    lower = m * np.tri(n, dtype=m.dtype)
    return lower + _t(m * np.tri(n, k=-1, dtype=m.dtype))


def _t(x):
    return x.swapaxes(-1, -2)
