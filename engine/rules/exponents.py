"""Exponents: exponential functions and logarithms, entry by entry."""

from __future__ import annotations

import numpy as np

from engine._node import data_of
from engine.op import op

LN2, LN10 = float(np.log(2)), float(np.log(10))


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

    def wrt_x(g):
        """g / (1 + exp(y - x))"""
        return g * np.exp(-np.logaddexp(0, _gap(x, y))) * (x != -np.inf)

    def wrt_y(g):
        """g / (1 + exp(x - y))"""
        return g * np.exp(-np.logaddexp(0, _gap(y, x))) * (y != -np.inf)

    return np.logaddexp(x, y), (wrt_x, wrt_y)


@op(np.logaddexp2)
def logaddexp2(x, y):
    """log2(2 ** x + 2 ** y), without overflow; finite for finite x and y."""

    def wrt_x(g):
        """g / (1 + exp2(y - x))"""
        return g * np.exp2(-np.logaddexp2(0, _gap(x, y))) * (x != -np.inf)

    def wrt_y(g):
        """g / (1 + exp2(x - y))"""
        return g * np.exp2(-np.logaddexp2(0, _gap(y, x))) * (y != -np.inf)

    return np.logaddexp2(x, y), (wrt_x, wrt_y)


def _gap(x, y):
    """y - x, and 0 between infinities that are equal: less each other, they are NaN."""
    both = (x == y) & np.isinf(x)
    return np.where(both, 0, y) - np.where(both, 0, x)


@op()
def logsumexp(x, *, axis=None, keepdims=False):
    """log(sum of e ** x) over `axis`, without overflow; its slope is the softmax.

    NumPy has no such function: it is `engine.logsumexp`.
    """
    top = np.max(data_of(x), axis=axis, keepdims=True)  # no result depends on it
    below = x - np.where(np.isinf(top), 0, top)
    # Beside an infinity the numbers are nothing, and its like are its equals.
    below = np.where(x == np.inf, 0, np.where(top == np.inf, -np.inf, below))
    e = np.exp(below)
    total = np.sum(e, axis=axis, keepdims=True)
    y = np.log(total) + top
    kept = y.shape

    def softmax(g):
        """g * exp(x - y)"""  # which y is too coarse for
        return g.reshape(kept) * (e / np.where(total == 0, 1, total))

    return y if keepdims else np.squeeze(y, axis=axis), (softmax,)
