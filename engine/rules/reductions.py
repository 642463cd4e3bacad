"""Reductions: many entries in, one out.

The gradient of the one goes back to all that it was made of.
"""

from __future__ import annotations

import math
from operator import index

import numpy as np

from engine.op import op


@op(np.sum)
def sum(x, *, axis=None, keepdims=False):
    """The sum over `axis` (an int, a tuple, or None for all)."""
    shape, kept = x.shape, kept_shape(x.shape, axis)

    def spread(g):
        return np.broadcast_to(g.reshape(kept), shape)

    return x.sum(axis=axis, keepdims=keepdims), (spread,)


@op(np.mean)
def mean(x, *, axis=None, keepdims=False):
    """The mean over `axis` (an int, a tuple, or None for all)."""
    shape, kept = x.shape, kept_shape(x.shape, axis)
    n = _entries_per_result(shape, kept)

    def spread(g):
        return np.broadcast_to((g / counted(n, x)).reshape(kept), shape)

    return x.mean(axis=axis, keepdims=keepdims), (spread,)


@op(np.var)
def var(x, *, axis=None, ddof=0, keepdims=False):
    """The variance over `axis`, divided by the number of entries less `ddof`."""
    kept = kept_shape(x.shape, axis)
    count = _entries_per_result(x.shape, kept)
    n = count - ddof

    def spread(g):
        """g.reshape(kept) * 2 / n * (x - mean(x, axis=axis, keepdims=True))"""
        return g.reshape(kept) * 2 / counted(n, x) * _centred(x, axis, count)

    return x.var(axis=axis, ddof=ddof, keepdims=keepdims), (spread,)


@op(np.std)
def std(x, *, axis=None, ddof=0, keepdims=False):
    """The square root of `var`; its slope is 0 where all entries are equal."""
    y = x.std(axis=axis, ddof=ddof, keepdims=keepdims)
    kept = kept_shape(x.shape, axis)
    count = _entries_per_result(x.shape, kept)
    n = count - ddof

    def spread(g):
        """g.reshape(kept) * (x - mean(x, axis=axis, keepdims=True)) / (n * y)"""
        c = _centred(x, axis, count)
        v = n * (c * c).sum(axis=axis, keepdims=True)  # (n * y) ** 2, and more precise
        return g.reshape(kept) * (v != 0) / np.sqrt(v + (v == 0)) * c

    return y, (spread,)


def _centred(x, axis, count):
    """x - mean, as precise as x: the first mean is rounded, and the second tiny."""
    x = x.astype(np.float32) if x.dtype.char == "e" else x
    centred = x - x.sum(axis=axis, keepdims=True) / count
    return centred - centred.sum(axis=axis, keepdims=True) / count


@op(np.cumsum)
def cumsum(x, *, axis=None):
    """The sum of each entry and those before it along `axis`; None: flattened."""
    shape = x.shape
    before = 0 if axis is None else axis % max(x.ndim, 1)  # axes in front of it
    back = (*[slice(None)] * before, slice(None, None, -1))

    def from_the_end(g):
        """g, summed from the end"""
        return g[back].cumsum(axis=axis)[back].reshape(shape)

    return x.cumsum(axis=axis), (from_the_end,)


def _entries_per_result(shape, kept):
    """How many entries one of the result is made of; 1 where there is none."""
    return max(math.prod(shape) // max(math.prod(kept), 1), 1)


def counted(n, x):
    """The number n to divide by: float16 would take one above 65504 for infinite."""
    return np.float32(n) if x.dtype.char == "e" else n


def kept_shape(shape, axis):
    """The shape of the result had the reduced axes been kept, with length 1."""
    if axis is None:
        return (1,) * len(shape)
    kept = list(shape)
    for i in axis if isinstance(axis, tuple) else (axis,):
        if kept:  # a number has no axes, and NumPy takes 0 and -1
            kept[index(i) % len(kept)] = 1
    return tuple(kept)
