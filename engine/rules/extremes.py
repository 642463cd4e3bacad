"""Extremes: the largest and the smallest entry.

The gradient goes to the entry that was chosen, in equal shares where several are equal.
"""

from __future__ import annotations

import numpy as np

from engine.op import op
from engine.rules.reductions import kept_shape


@op(np.max, np.amax)
def max(x, *, axis=None, keepdims=False):
    """The largest entry over `axis` (an int, a tuple, or None for all)."""
    y = x.max(axis=axis, keepdims=keepdims)
    return y, (_share(x, y, axis),)


@op(np.min, np.amin)
def min(x, *, axis=None, keepdims=False):
    """The smallest entry over `axis` (an int, a tuple, or None for all)."""
    y = x.min(axis=axis, keepdims=keepdims)
    return y, (_share(x, y, axis),)


def _share(x, y, axis):
    kept = kept_shape(x.shape, axis)

    def share(g):
        """g to the chosen entry, in equal shares at a tie"""
        chosen = x == y.reshape(kept)
        count = np.maximum(chosen.sum(axis=axis, keepdims=True), 1)  # NaN equals none
        return np.where(chosen, g.reshape(kept) / count, 0)

    return share
