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
    shape, kept = x.shape, _kept(x.shape, axis)

    def spread(g):
        """g to every summand"""
        return np.broadcast_to(g.reshape(kept), shape)

    return x.sum(axis=axis, keepdims=keepdims), (spread,)


@op(np.mean)
def mean(x, *, axis=None, keepdims=False):
    """The mean over `axis` (an int, a tuple, or None for all)."""
    shape, kept = x.shape, _kept(x.shape, axis)
    n = max(math.prod(shape) // max(math.prod(kept), 1), 1)  # 1: of nothing

    def spread(g):
        """g / n to every entry"""
        return np.broadcast_to((g / n).reshape(kept), shape)

    return x.mean(axis=axis, keepdims=keepdims), (spread,)


def _kept(shape, axis):
    """The shape of the result had the reduced axes been kept, with length 1."""
    if axis is None:
        return (1,) * len(shape)
    given = axis if isinstance(axis, tuple) else (axis,)
    axes = {index(i) % max(len(shape), 1) for i in given}
    return tuple(1 if i in axes else n for i, n in enumerate(shape))
