"""Bessel and Airy functions of `scipy.special`.

DLMF 10.6 and 10.29: the slope is that of the recurrences, half the difference (or sum)
of the orders on both sides. 9.2: Ai'' = x Ai. The order v must be a constant. A scaled
function is e ** -|x| I or e ** x K; where it has a kink, at 0, the slope is 0.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from engine.op import op
from engine.rules.special.constants import must_be_constant


@op(special.j0)
def j0(x):
    """J of order 0."""
    return special.j0(x), (lambda g: -g * special.j1(x),)


@op(special.j1)
def j1(x):
    """J of order 1."""
    return special.j1(x), (lambda g: g * (special.j0(x) - special.jv(2, x)) / 2,)


@op(special.jv)
def jv(v, x):
    """J of order v, a constant."""
    return special.jv(v, x), (
        must_be_constant("jv", "v"),
        lambda g: g * (special.jv(v - 1, x) - special.jv(v + 1, x)) / 2,
    )


@op(special.y0)
def y0(x):
    """Y of order 0."""
    return special.y0(x), (lambda g: -g * special.y1(x),)


@op(special.y1)
def y1(x):
    """Y of order 1."""
    return special.y1(x), (lambda g: g * (special.y0(x) - special.yv(2, x)) / 2,)


@op(special.yv)
def yv(v, x):
    """Y of order v, a constant."""
    return special.yv(v, x), (
        must_be_constant("yv", "v"),
        lambda g: g * (special.yv(v - 1, x) - special.yv(v + 1, x)) / 2,
    )


@op(special.yn)
def yn(n, x):
    """Y of order n, a whole number, a constant."""
    return special.yn(n, x), (
        must_be_constant("yn", "n"),
        lambda g: g * (special.yv(n - 1, x) - special.yv(n + 1, x)) / 2,
    )


@op(special.i0)
def i0(x):
    """I of order 0."""
    return special.i0(x), (lambda g: g * special.i1(x),)


@op(special.i1)
def i1(x):
    """I of order 1."""
    return special.i1(x), (lambda g: g * (special.i0(x) + special.iv(2, x)) / 2,)


@op(special.iv)
def iv(v, x):
    """I of order v, a constant."""
    return special.iv(v, x), (
        must_be_constant("iv", "v"),
        lambda g: g * (special.iv(v - 1, x) + special.iv(v + 1, x)) / 2,
    )


@op(special.k0)
def k0(x):
    """K of order 0."""
    return special.k0(x), (lambda g: -g * special.k1(x),)


@op(special.k1)
def k1(x):
    """K of order 1."""
    return special.k1(x), (lambda g: -g * (special.k0(x) + special.kv(2, x)) / 2,)


@op(special.kv)
def kv(v, x):
    """K of order v, a constant."""
    return special.kv(v, x), (
        must_be_constant("kv", "v"),
        lambda g: -g * (special.kv(v - 1, x) + special.kv(v + 1, x)) / 2,
    )


@op(special.kn)
def kn(n, x):
    """K of order n, a whole number, a constant."""
    return special.kn(n, x), (
        must_be_constant("kn", "n"),
        lambda g: -g * (special.kv(n - 1, x) + special.kv(n + 1, x)) / 2,
    )


# --- scaled ---------------------------------------------------------------------------


@op(special.i0e)
def i0e(x):
    """e ** -|x| I of order 0."""
    y = special.i0e(x)
    return y, (lambda g: g * (special.i1e(x) - np.sign(x) * y),)


@op(special.i1e)
def i1e(x):
    """e ** -|x| I of order 1."""
    y = special.i1e(x)
    return y, (
        lambda g: g * ((special.i0e(x) + special.ive(2, x)) / 2 - np.sign(x) * y),
    )


@op(special.ive)
def ive(v, x):
    """e ** -|x| I of order v, a constant."""
    y = special.ive(v, x)

    def wrt_x(g):
        """g * ((ive(v - 1, x) + ive(v + 1, x)) / 2 - sign(x) * y)"""
        mean = (special.ive(v - 1, x) + special.ive(v + 1, x)) / 2
        return g * (mean - np.sign(x) * y)

    return y, (must_be_constant("ive", "v"), wrt_x)


@op(special.k0e)
def k0e(x):
    """e ** x K of order 0."""
    y = special.k0e(x)
    return y, (lambda g: g * (y - special.k1e(x)),)


@op(special.k1e)
def k1e(x):
    """e ** x K of order 1."""
    y = special.k1e(x)
    return y, (lambda g: g * (y - (special.k0e(x) + special.kve(2, x)) / 2),)


@op(special.kve)
def kve(v, x):
    """e ** x K of order v, a constant."""
    y = special.kve(v, x)
    return y, (
        must_be_constant("kve", "v"),
        lambda g: g * (y - (special.kve(v - 1, x) + special.kve(v + 1, x)) / 2),
    )


# --- Airy -----------------------------------------------------------------------------


@op(special.airy, lazy=False)
def airy(x):
    """Ai, its slope, Bi, its slope: the solutions of y'' = x y."""
    ai, ai_slope, bi, bi_slope = special.airy(x)
    return (ai, ai_slope, bi, bi_slope), (
        (lambda g: g * ai_slope,),
        (lambda g: g * x * ai,),
        (lambda g: g * bi_slope,),
        (lambda g: g * x * bi,),
    )
