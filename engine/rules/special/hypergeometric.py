"""Hypergeometric functions of `scipy.special`, and polynomials that belong to them.

DLMF 13.3, 15.5 and 16.3 (slopes in the last operand; the others must be constants),
18.9 (polynomials). A polynomial of degree 0 has the slope 0.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from engine.op import op
from engine.rules.special.constants import must_be_constant


@op(special.exprel)
def exprel(x):
    """(e ** x - 1) / x, and 1 at 0."""
    return special.exprel(x), (lambda g: g * special.hyp1f1(2, 3, x) / 2,)


@op(special.hyp0f1)
def hyp0f1(b, x):
    """0F1(; b; x); b must be a constant."""
    return special.hyp0f1(b, x), (
        must_be_constant("hyp0f1", "b"),
        lambda g: g * special.hyp0f1(b + 1, x) / b,
    )


@op(special.hyp1f1)
def hyp1f1(a, b, x):
    """Kummer's 1F1(a; b; x); a and b must be constants."""
    return special.hyp1f1(a, b, x), (
        must_be_constant("hyp1f1", "a"),
        must_be_constant("hyp1f1", "b"),
        lambda g: g * (a / b) * special.hyp1f1(a + 1, b + 1, x),
    )


@op(special.hyp2f1)
def hyp2f1(a, b, c, x):
    """Gauss's 2F1(a, b; c; x); a, b and c must be constants."""
    return special.hyp2f1(a, b, c, x), (
        must_be_constant("hyp2f1", "a"),
        must_be_constant("hyp2f1", "b"),
        must_be_constant("hyp2f1", "c"),
        lambda g: g * (a * b / c) * special.hyp2f1(a + 1, b + 1, c + 1, x),
    )


@op(special.hyperu)
def hyperu(a, b, x):
    """Tricomi's U(a, b, x); a and b must be constants."""
    return special.hyperu(a, b, x), (
        must_be_constant("hyperu", "a"),
        must_be_constant("hyperu", "b"),
        lambda g: -g * a * special.hyperu(a + 1, b + 1, x),
    )


# --- polynomials ----------------------------------------------------------------------


def below(n):
    """n - 1, but 0 for 0: what stands before it is 0 then."""
    return np.where(n == 0, 0, n - 1)


@op(special.eval_legendre)
def eval_legendre(n, x):
    """Legendre's polynomial of degree n, a constant."""
    return special.eval_legendre(n, x), (
        must_be_constant("eval_legendre", "n"),
        lambda g: g * (n != 0) * (n + 1) / 2 * special.eval_jacobi(below(n), 1, 1, x),
    )


@op(special.eval_chebyt)
def eval_chebyt(n, x):
    """Chebyshev's polynomial of the first kind, of degree n, a constant."""
    return special.eval_chebyt(n, x), (
        must_be_constant("eval_chebyt", "n"),
        lambda g: g * n * special.eval_chebyu(below(n), x),
    )


@op(special.eval_chebyu)
def eval_chebyu(n, x):
    """Chebyshev's polynomial of the second kind, of degree n, a constant."""
    return special.eval_chebyu(n, x), (
        must_be_constant("eval_chebyu", "n"),
        lambda g: g * (n != 0) * 2 * special.eval_gegenbauer(below(n), 2, x),
    )


@op(special.eval_gegenbauer)
def eval_gegenbauer(n, a, x):
    """Gegenbauer's polynomial of degree n and parameter a, constants."""
    return special.eval_gegenbauer(n, a, x), (
        must_be_constant("eval_gegenbauer", "n"),
        must_be_constant("eval_gegenbauer", "a"),
        lambda g: g * (n != 0) * 2 * a * special.eval_gegenbauer(below(n), a + 1, x),
    )


@op(special.eval_jacobi)
def eval_jacobi(n, a, b, x):
    """Jacobi's polynomial of degree n and parameters a and b, constants."""

    def wrt_x(g):
        """g * (n + a + b + 1) / 2 * eval_jacobi(n - 1, a + 1, b + 1, x)"""
        lower = special.eval_jacobi(below(n), a + 1, b + 1, x)
        return g * (n != 0) * (n + a + b + 1) / 2 * lower

    constants = (must_be_constant("eval_jacobi", name) for name in ("n", "a", "b"))
    return special.eval_jacobi(n, a, b, x), (*constants, wrt_x)


@op(special.eval_hermite)
def eval_hermite(n, x):
    """Hermite's polynomial (of physics) of degree n, a constant."""
    return special.eval_hermite(n, x), (
        must_be_constant("eval_hermite", "n"),
        lambda g: g * 2 * n * special.eval_hermite(below(n), x),
    )


@op(special.eval_hermitenorm)
def eval_hermitenorm(n, x):
    """Hermite's polynomial (of probability) of degree n, a constant."""
    return special.eval_hermitenorm(n, x), (
        must_be_constant("eval_hermitenorm", "n"),
        lambda g: g * n * special.eval_hermitenorm(below(n), x),
    )


@op(special.eval_laguerre)
def eval_laguerre(n, x):
    """Laguerre's polynomial of degree n, a constant."""
    return special.eval_laguerre(n, x), (
        must_be_constant("eval_laguerre", "n"),
        lambda g: -g * (n != 0) * special.eval_genlaguerre(below(n), 1, x),
    )


@op(special.eval_genlaguerre)
def eval_genlaguerre(n, a, x):
    """Laguerre's polynomial of degree n and parameter a, constants."""
    return special.eval_genlaguerre(n, a, x), (
        must_be_constant("eval_genlaguerre", "n"),
        must_be_constant("eval_genlaguerre", "a"),
        lambda g: -g * (n != 0) * special.eval_genlaguerre(below(n), a + 1, x),
    )
