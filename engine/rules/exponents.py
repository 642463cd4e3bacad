"""Exponents: exponential functions and logarithms, entry by entry."""

from __future__ import annotations

import numpy as np

from engine._contract import is_at_hand
from engine._node import data_of
from engine.op import op

LN2, LN10 = float(np.log(2)), float(np.log(10))
# Half of the largest number of each dtype.
HALVES = {np.dtype(t): np.finfo(t).max / 2 for t in "efdg"}
# The cosines of 128 angles: enough for Bessel's integral, wherever exp is finite.
COSINES = np.cos(np.pi * (np.arange(128) + 0.5) / 128)


@op(np.exp)
def exp(x):
    """e ** x"""
    y = np.exp(x)
    return y, (lambda g: g * y,)


@op(np.exp2)
def exp2(x):
    """2 ** x"""
    y = np.exp2(x)
    return y, (lambda g: g * y * LN2,)


@op(np.expm1)
def expm1(x):
    """e ** x - 1, precise near 0."""
    y = np.expm1(x)
    return y, (lambda g: g * (y + 1),)


@op(np.log)
def log(x):
    """The natural logarithm."""
    return np.log(x), (lambda g: g / x,)


@op(np.log2)
def log2(x):
    """The logarithm to base 2."""
    return np.log2(x), (lambda g: g / (x * LN2),)


@op(np.log10)
def log10(x):
    """The logarithm to base 10."""
    return np.log10(x), (lambda g: g / (x * LN10),)


@op(np.log1p)
def log1p(x):
    """log(1 + x), precise near 0."""
    return np.log1p(x), (lambda g: g / (1 + x),)


@op(np.logaddexp)
def logaddexp(x, y):
    """log(e ** x + e ** y), without overflow; finite for finite x and y."""
    z = np.logaddexp(x, y)

    def wrt_x(g):
        """g * np.exp(x - z)"""
        return g * _share(x, y, z.dtype, np.exp)

    def wrt_y(g):
        """g * np.exp(y - z)"""
        return g * _share(y, x, z.dtype, np.exp)

    return z, (wrt_x, wrt_y)


@op(np.logaddexp2)
def logaddexp2(x, y):
    """log2(2 ** x + 2 ** y), without overflow; finite for finite x and y."""
    z = np.logaddexp2(x, y)

    def wrt_x(g):
        """g * np.exp2(x - z)"""
        return g * _share(x, y, z.dtype, np.exp2)

    def wrt_y(g):
        """g * np.exp2(y - z)"""
        return g * _share(y, x, z.dtype, np.exp2)

    return z, (wrt_x, wrt_y)


def _share(x, y, dtype, exp):
    """exp(x) / (exp(x) + exp(y)), of any size: 1/2 at inf twice, 0 at -inf twice."""
    most = HALVES[dtype]  # no difference of two of these is infinite
    d = np.minimum(x, most) - np.minimum(np.maximum(y, -most), most)
    d = d.astype(np.float32) if d.dtype.char == "e" else d
    e = exp(np.minimum(d, 64.0))  # beyond, 1 + e is e
    return e / (1 + e)


def _finite(top):
    """The largest number in place of an infinity, which less itself is NaN; and it."""
    most = np.finfo(np.result_type(top.dtype, np.float16)).max
    return np.clip(top, -most, most), most


@op(np.i0, lazy=False)
def i0(x):
    """Bessel's I0: the mean of exp(x * cos a) over all angles a."""

    def slope(g):
        """g times I1(x), the mean of exp(x · cos a) · cos a"""
        rows = x[..., None]
        cosines = np.asarray(COSINES, like=data_of(rows))
        return g * np.mean(np.exp(rows * cosines) * cosines, axis=-1)

    return np.i0(x), (slope,)


@op()
def logsumexp(x, *, axis=None, keepdims=False):
    """log(sum of e ** x) over `axis`, without overflow; its slope is the softmax.

    NumPy has no such function: it is `engine.logsumexp`.
    """
    largest = np.max(data_of(x), axis=axis, keepdims=True)  # no slope depends on it
    if is_at_hand(largest) and np.isfinite(largest).all():  # as it nearly always is
        exps = np.exp(x - largest)
        total = np.sum(exps, axis=axis, keepdims=True)
        below = total
    else:
        top, most = _finite(largest)
        exps = np.exp(np.minimum(x, most) - top)
        total = np.sum(exps, axis=axis, keepdims=True)
        below = total + (top == -most)
    y = np.log(total) + largest
    kept = y.shape

    def softmax(g):
        """g.reshape(kept) * exp(x - y.reshape(kept))"""  # y is too coarse for it
        return g.reshape(kept) * (exps / below)

    return y if keepdims else np.squeeze(y, axis=axis), (softmax,)
