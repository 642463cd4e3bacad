"""Error functions and the normal distribution of `scipy.special`.

DLMF 7.2 and 7.10 (erf, erfc, Dawson's integral); the normal distribution function is
ndtr(x) = erfc(-x / sqrt 2) / 2; T is in D. B. Owen, Ann. Math. Statist. 27, 1956.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from engine.op import op
from engine.rules.special.constants import ROOT_2, ROOT_2_PI, ROOT_PI


def density(x):
    """Of the standard normal distribution."""
    return np.exp(-x * x / 2) / ROOT_2_PI


@op(special.erf)
def erf(x):
    """The error function, 2 / sqrt(pi) times the integral of e ** -t² from 0 to x."""
    return special.erf(x), (lambda g: g * np.exp(-x * x) * (2 / ROOT_PI),)


@op(special.erfc)
def erfc(x):
    """1 - erf(x), precise for large x."""
    return special.erfc(x), (lambda g: -g * np.exp(-x * x) * (2 / ROOT_PI),)


@op(special.erfcx)
def erfcx(x):
    """e ** x² erfc(x); its slope is precise to 1e-16, in absolute value."""
    y = special.erfcx(x)
    return y, (lambda g: g * (2 * x * y - 2 / ROOT_PI),)


@op(special.erfi)
def erfi(x):
    """2 / sqrt(pi) times the integral of e ** t² from 0 to x."""
    return special.erfi(x), (lambda g: g * np.exp(x * x) * (2 / ROOT_PI),)


@op(special.dawsn)
def dawsn(x):
    """e ** -x² times the integral of e ** t² from 0 to x: Dawson's integral."""
    y = special.dawsn(x)
    return y, (lambda g: g * (1 - 2 * x * y),)


@op(special.erfinv)
def erfinv(x):
    """The inverse of erf; the slope at -1 and 1 is infinite."""
    y = special.erfinv(x)
    return y, (lambda g: g * np.exp(y * y) * (ROOT_PI / 2),)


@op(special.erfcinv)
def erfcinv(x):
    """The inverse of erfc; the slope at 0 and 2 is infinite."""
    y = special.erfcinv(x)
    return y, (lambda g: -g * np.exp(y * y) * (ROOT_PI / 2),)


@op(special.ndtr)
def ndtr(x):
    """The distribution function of the standard normal distribution."""
    return special.ndtr(x), (lambda g: g * density(x),)


@op(special.log_ndtr)
def log_ndtr(x):
    """log(ndtr(x)), precise where ndtr(x) is 0 or 1."""
    return special.log_ndtr(x), (
        lambda g: g / (special.erfcx(-x / ROOT_2) * math.sqrt(math.pi / 2)),
    )


@op(special.ndtri)
def ndtri(x):
    """The inverse of ndtr; the slope at 0 and 1 is infinite."""
    y = special.ndtri(x)
    return y, (lambda g: g * np.exp(y * y / 2) * ROOT_2_PI,)


@op(special.ndtri_exp)
def ndtri_exp(x):
    """The inverse of log_ndtr."""
    y = special.ndtri_exp(x)
    return y, (lambda g: g * special.erfcx(-y / ROOT_2) * math.sqrt(math.pi / 2),)


@op(special.owens_t)
def owens_t(h, a):
    """Owen's T: of two independent normal X and Y, P(X > h and 0 < Y < a X)."""
    return special.owens_t(h, a), (
        lambda g: -g * density(h) * special.erf(a * h / ROOT_2) / 2,
        lambda g: g * np.exp(-h * h * (1 + a * a) / 2) / (2 * math.pi * (1 + a * a)),
    )
