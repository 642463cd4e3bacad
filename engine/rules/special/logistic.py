"""Logistic functions, entropies and robust losses of `scipy.special`.

The slopes follow from the definitions in SciPy's documentation. That of x log(y) in x
is log(y), at x = 0 too: infinite where y is 0.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from engine.op import op
from engine.rules.exponents import LN2, LN10
from engine.rules.special.constants import quotient


@op(special.expit)
def expit(x):
    """1 / (1 + e ** -x), the logistic function."""
    return special.expit(x), (lambda g: g * special.expit(x) * special.expit(-x),)


@op(special.logit)
def logit(x):
    """log(x / (1 - x)); the slope at 0 and 1 is infinite."""
    return special.logit(x), (lambda g: g / (x * (1 - x)),)


@op(special.log_expit)
def log_expit(x):
    """log(1 / (1 + e ** -x)), without overflow."""
    return special.log_expit(x), (lambda g: g * special.expit(-x),)


@op(special.entr)
def entr(x):
    """-x log(x); the slope at 0 is infinite."""
    return special.entr(x), (lambda g: -g * (np.log(x) + 1),)


@op(special.xlogy)
def xlogy(x, y):
    """x log(y), and 0 where x is 0; there the slope in y is 0."""
    return special.xlogy(x, y), (
        lambda g: g * np.log(y),
        lambda g: g * quotient(x, y),
    )


@op(special.xlog1py)
def xlog1py(x, y):
    """x log(1 + y), and 0 where x is 0; there the slope in y is 0."""
    return special.xlog1py(x, y), (
        lambda g: g * np.log1p(y),
        lambda g: g * quotient(x, 1 + y),
    )


@op(special.rel_entr)
def rel_entr(x, y):
    """x log(x / y), and 0 where x is 0; there the slope in x is -inf, in y 0."""
    return special.rel_entr(x, y), (
        lambda g: g * (np.log(quotient(x, y)) + 1),
        lambda g: -g * quotient(x, y),
    )


@op(special.kl_div)
def kl_div(x, y):
    """x log(x / y) - x + y; where x is 0 the slope in x is -inf, in y 1."""
    return special.kl_div(x, y), (
        lambda g: g * np.log(quotient(x, y)),
        lambda g: g * (1 - quotient(x, y)),
    )


@op(special.huber)
def huber(d, x):
    """x ** 2 / 2 where |x| <= d, and d (|x| - d / 2) elsewhere."""
    return special.huber(d, x), (
        lambda g: g * np.maximum(np.abs(x) - d, 0),
        lambda g: g * np.where(np.abs(x) <= d, x, d * np.sign(x)),
    )


@op(special.pseudo_huber)
def pseudo_huber(d, x):
    """d (sqrt(d ** 2 + x ** 2) - d), which is smooth."""

    def wrt_d(g):
        """g * (h - d) ** 2 / h, where h = hypot(d, x)"""
        h = np.hypot(d, x)
        return g * quotient(quotient(x * x, h + d) ** 2, h)

    return special.pseudo_huber(d, x), (
        wrt_d,
        lambda g: g * d * quotient(x, np.hypot(d, x)),
    )


def _slope_in_power(logarithm, p):
    """log ** 2 * hyp1f1(2, 3, p * log) / 2, whose limit at -inf is 1 / p ** 2."""
    z = p * logarithm
    far = z == -np.inf  # SciPy's function does not come back from an infinity
    near = special.hyp1f1(2, 3, np.where(np.isfinite(z), z, 0))
    return np.where(
        far, 1 / np.where(far, p, 1) ** 2, np.where(far, 0, logarithm) ** 2 * near / 2
    )


@op(special.boxcox)
def boxcox(x, p):
    """(x ** p - 1) / p, and log(x) where p is 0."""
    return special.boxcox(x, p), (
        lambda g: g * x ** (p - 1),
        lambda g: g * _slope_in_power(np.log(x), p),
    )


@op(special.boxcox1p)
def boxcox1p(x, p):
    """((1 + x) ** p - 1) / p, and log(1 + x) where p is 0."""
    return special.boxcox1p(x, p), (
        lambda g: g * (1 + x) ** (p - 1),
        lambda g: g * _slope_in_power(np.log1p(x), p),
    )


@op(special.inv_boxcox)
def inv_boxcox(y, p):
    """(1 + p y) ** (1 / p), and e ** y where p is 0."""
    x = special.inv_boxcox(y, p)
    return x, (
        lambda g: g * x / (1 + p * y),
        lambda g: -g * x * y * y * special.hyp2f1(2, 2, 3, -p * y) / 2,
    )


@op(special.inv_boxcox1p)
def inv_boxcox1p(y, p):
    """(1 + p y) ** (1 / p) - 1, and e ** y - 1 where p is 0."""
    x = special.inv_boxcox1p(y, p)
    return x, (
        lambda g: g * (1 + x) / (1 + p * y),
        lambda g: -g * (1 + x) * y * y * special.hyp2f1(2, 2, 3, -p * y) / 2,
    )


@op(special.exp2)
def exp2(x):
    """2 ** x"""
    y = special.exp2(x)
    return y, (lambda g: g * y * LN2,)


@op(special.exp10)
def exp10(x):
    """10 ** x"""
    y = special.exp10(x)
    return y, (lambda g: g * y * LN10,)


@op(special.expm1)
def expm1(x):
    """e ** x - 1, precise near 0."""
    y = special.expm1(x)
    return y, (lambda g: g * (y + 1),)


@op(special.log1p)
def log1p(x):
    """log(1 + x), precise near 0."""
    return special.log1p(x), (lambda g: g / (1 + x),)


@op(special.cbrt)
def cbrt(x):
    """The cube root; its slope at 0 is infinite."""
    y = special.cbrt(x)
    return y, (lambda g: g / (3 * y * y),)


@op(special.cosm1)
def cosm1(x):
    """cos(x) - 1, precise near 0."""
    return special.cosm1(x), (lambda g: -g * np.sin(x),)


@op(special.wrightomega)
def wrightomega(x):
    """The solution y of y + log(y) = x."""
    y = special.wrightomega(x)
    return y, (lambda g: g * y / (1 + y),)
