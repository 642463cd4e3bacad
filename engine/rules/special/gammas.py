"""Gamma and beta functions of `scipy.special`, and distributions that rest on them.

DLMF 5.2, 5.5, 5.12 (gamma, psi, beta), 5.15 (polygamma), 8.8 (incomplete gamma), 8.17
(incomplete beta), 25.11 (zeta). SciPy's `polygamma` is not a ufunc: for whole n > 0 it
is (-1) ** (n + 1) * n! * zeta(n + 1, x), and zeta has a rule.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from engine.op import op
from engine.rules.special.constants import must_be_constant


@op(special.gammaln)
def gammaln(x):
    """log |gamma(x)|"""
    return special.gammaln(x), (lambda g: g * special.psi(x),)


@op(special.loggamma)
def loggamma(x):
    """log(gamma(x)) for x > 0."""
    return special.loggamma(x), (lambda g: g * special.psi(x),)


@op(special.gamma)
def gamma(x):
    """The integral of t ** (x - 1) e ** -t from 0 to infinity, continued to x < 0."""
    y = special.gamma(x)
    return y, (lambda g: g * y * special.psi(x),)


@op(special.rgamma)
def rgamma(x):
    """1 / gamma(x)"""

    def slope(g):
        """-g * rgamma(x) * psi(x)"""
        low, high = np.where(x < 0.5, x, 0), np.where(x < 0.5, 1, x)
        reflected = special.gamma(1 - low) * np.cos(math.pi * low)  # finite at poles
        reflected = reflected - special.rgamma(low) * special.psi(1 - low)
        direct = -special.rgamma(high) * special.psi(high)
        return g * np.where(x < 0.5, reflected, direct)

    return special.rgamma(x), (slope,)


@op(special.psi)
def psi(x):
    """The slope of log(gamma(x)), also called digamma."""
    return special.psi(x), (lambda g: g * special.zeta(2, x),)


@op(special._ufuncs._zeta)
def zeta(s, x):
    """What `scipy.special.zeta(s, x)` calls: sum of (k + x) ** -s, s is a constant."""
    return special.zeta(s, x), (
        must_be_constant("zeta", "s"),
        lambda g: -g * s * special.zeta(s + 1, x),
    )


@op(special.beta)
def beta(a, b):
    """gamma(a) gamma(b) / gamma(a + b)"""
    y = special.beta(a, b)
    return y, (
        lambda g: g * y * (special.psi(a) - special.psi(a + b)),
        lambda g: g * y * (special.psi(b) - special.psi(a + b)),
    )


@op(special.betaln)
def betaln(a, b):
    """log |beta(a, b)|"""
    return special.betaln(a, b), (
        lambda g: g * (special.psi(a) - special.psi(a + b)),
        lambda g: g * (special.psi(b) - special.psi(a + b)),
    )


# --- incomplete, and their inverses ---------------------------------------------------


def gamma_density(a, x):
    """x ** (a - 1) e ** -x / gamma(a)"""
    return np.exp(special.xlogy(a - 1, x) - x - special.gammaln(a))


def beta_density(a, b, x):
    """x ** (a - 1) (1 - x) ** (b - 1) / beta(a, b)"""
    log_x, log_rest = special.xlogy(a - 1, x), special.xlog1py(b - 1, -x)
    return np.exp(log_x + log_rest - special.betaln(a, b))


@op(special.gammainc)
def gammainc(a, x):
    """The distribution function of a gamma variable; a must be a constant."""
    return special.gammainc(a, x), (
        must_be_constant("gammainc", "a"),
        lambda g: g * gamma_density(a, x),
    )


@op(special.gammaincc)
def gammaincc(a, x):
    """1 - gammainc(a, x); a must be a constant."""
    return special.gammaincc(a, x), (
        must_be_constant("gammaincc", "a"),
        lambda g: -g * gamma_density(a, x),
    )


@op(special.gammaincinv)
def gammaincinv(a, p):
    """The x of gammainc(a, x) = p; a must be a constant."""
    x = special.gammaincinv(a, p)
    return x, (
        must_be_constant("gammaincinv", "a"),
        lambda g: g / gamma_density(a, x),
    )


@op(special.gammainccinv)
def gammainccinv(a, p):
    """The x of gammaincc(a, x) = p; a must be a constant."""
    x = special.gammainccinv(a, p)
    return x, (
        must_be_constant("gammainccinv", "a"),
        lambda g: -g / gamma_density(a, x),
    )


@op(special.betainc)
def betainc(a, b, x):
    """The distribution function of a beta variable; a and b must be constants."""
    return special.betainc(a, b, x), (
        must_be_constant("betainc", "a"),
        must_be_constant("betainc", "b"),
        lambda g: g * beta_density(a, b, x),
    )


@op(special.betaincc)
def betaincc(a, b, x):
    """1 - betainc(a, b, x); a and b must be constants."""
    return special.betaincc(a, b, x), (
        must_be_constant("betaincc", "a"),
        must_be_constant("betaincc", "b"),
        lambda g: -g * beta_density(a, b, x),
    )


@op(special.betaincinv)
def betaincinv(a, b, p):
    """The x of betainc(a, b, x) = p; a and b must be constants."""
    x = special.betaincinv(a, b, p)
    return x, (
        must_be_constant("betaincinv", "a"),
        must_be_constant("betaincinv", "b"),
        lambda g: g / beta_density(a, b, x),
    )


# --- distribution functions -----------------------------------------------------------


@op(special.chdtr)
def chdtr(v, x):
    """Of a chi-square variable of v degrees of freedom, a constant."""
    return special.chdtr(v, x), (
        must_be_constant("chdtr", "v"),
        lambda g: g * gamma_density(v / 2, x / 2) / 2,
    )


@op(special.chdtrc)
def chdtrc(v, x):
    """1 - chdtr(v, x); v must be a constant."""
    return special.chdtrc(v, x), (
        must_be_constant("chdtrc", "v"),
        lambda g: -g * gamma_density(v / 2, x / 2) / 2,
    )


@op(special.stdtr)
def stdtr(v, x):
    """Of Student's t of v degrees of freedom, a constant."""

    def wrt_x(g):
        """g * (1 + x * x / v) ** (-(v + 1) / 2) / (sqrt(v) * beta(v / 2, 1 / 2))"""
        tail = (1 + x * x / v) ** (-(v + 1) / 2)
        return g * tail / (v**0.5 * special.beta(v / 2, 0.5))

    return special.stdtr(v, x), (must_be_constant("stdtr", "v"), wrt_x)


@op(special.pdtr)
def pdtr(k, m):
    """Of a Poisson variable of mean m, at k, a constant."""
    return special.pdtr(k, m), (
        must_be_constant("pdtr", "k"),
        lambda g: -g * gamma_density(np.floor(k) + 1, m),
    )


@op(special.pdtrc)
def pdtrc(k, m):
    """1 - pdtr(k, m); k must be a constant."""
    return special.pdtrc(k, m), (
        must_be_constant("pdtrc", "k"),
        lambda g: g * gamma_density(np.floor(k) + 1, m),
    )
