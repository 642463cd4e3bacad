"""Exponential, sine, Fresnel and elliptic integrals of `scipy.special`.

DLMF 6.2 (exponential, sine and cosine integrals), 8.19 (expn), 7.2 (Fresnel), 19.4 and
19.5 (elliptic; their slopes as hypergeometric functions hold at m = 0 too).
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from engine.op import op
from engine.rules.special.constants import must_be_constant


@op(special.exp1)
def exp1(x):
    """The integral of e ** -t / t from x to infinity."""
    return special.exp1(x), (lambda g: -g * np.exp(-x) / x,)


@op(special.expi)
def expi(x):
    """The integral of e ** t / t from -infinity to x."""
    return special.expi(x), (lambda g: g * np.exp(x) / x,)


@op(special.expn)
def expn(n, x):
    """The integral of e ** (-x t) / t ** n from 1 to infinity; n whole, a constant."""

    def slope(g):
        """-g * expn(n - 1, x)"""
        z = np.where(n == 0, x, 1)
        below_0 = np.exp(-z) * (1 + 1 / z) / z
        below_n = special.expn(np.where(n == 0, 0, n - 1), x)
        return -g * np.where(n == 0, below_0, below_n)

    return special.expn(n, x), (must_be_constant("expn", "n"), slope)


@op(special.sici, lazy=False)
def sici(x):
    """The integrals of sin(t) / t and of cos(t) / t."""
    return special.sici(x), (
        (lambda g: g * np.sinc(x / math.pi),),
        (lambda g: g * np.cos(x) / x,),
    )


@op(special.shichi, lazy=False)
def shichi(x):
    """The integrals of sinh(t) / t and of cosh(t) / t."""
    return special.shichi(x), (
        (lambda g: g * (special.exprel(x) + special.exprel(-x)) / 2,),
        (lambda g: g * np.cosh(x) / x,),
    )


@op(special.fresnel, lazy=False)
def fresnel(x):
    """The integrals of sin(pi t² / 2) and of cos(pi t² / 2) from 0 to x."""
    return special.fresnel(x), (
        (lambda g: g * np.sin(x * x * (math.pi / 2)),),
        (lambda g: g * np.cos(x * x * (math.pi / 2)),),
    )


@op(special.ellipk)
def ellipk(m):
    """The complete elliptic integral of the first kind, of the parameter m = k²."""
    return special.ellipk(m), (
        lambda g: g * special.hyp2f1(1.5, 1.5, 2, m) * (math.pi / 8),
    )


@op(special.ellipe)
def ellipe(m):
    """The complete elliptic integral of the second kind, of the parameter m = k²."""
    return special.ellipe(m), (
        lambda g: -g * special.hyp2f1(0.5, 1.5, 2, m) * (math.pi / 8),
    )


@op(special.ellipkinc)
def ellipkinc(x, m):
    """The elliptic integral of the first kind from 0 to x; m must be a constant."""
    return special.ellipkinc(x, m), (
        lambda g: g / np.sqrt(1 - m * np.sin(x) ** 2),
        must_be_constant("ellipkinc", "m"),
    )


@op(special.ellipeinc)
def ellipeinc(x, m):
    """The elliptic integral of the second kind from 0 to x; m must be a constant."""
    return special.ellipeinc(x, m), (
        lambda g: g * np.sqrt(1 - m * np.sin(x) ** 2),
        must_be_constant("ellipeinc", "m"),
    )
