"""Extremes: the largest and the smallest entry.

The gradient goes to the entry that was chosen, in equal shares where several are equal,
or NaN.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.reductions import kept_shape


@op(np.max, np.amax)
def max(x, *, axis=None, keepdims=False):
    """The largest entry over `axis` (an int, a tuple, or None for all)."""
    y = x.max(axis=axis, keepdims=keepdims)
    return y, (_share_or_nan(x, y, axis),)


@op(np.min, np.amin)
def min(x, *, axis=None, keepdims=False):
    """The smallest entry over `axis` (an int, a tuple, or None for all)."""
    y = x.min(axis=axis, keepdims=keepdims)
    return y, (_share_or_nan(x, y, axis),)


@op(np.nanmax)
def nanmax(x, *, axis=None, keepdims=False):
    """The largest entry that is a number, over `axis`."""
    y = np.nanmax(x, axis=axis, keepdims=keepdims)
    return y, (share(x, y, axis),)


@op(np.nanmin)
def nanmin(x, *, axis=None, keepdims=False):
    """The smallest entry that is a number, over `axis`."""
    y = np.nanmin(x, axis=axis, keepdims=keepdims)
    return y, (share(x, y, axis),)


@adapts(np.ptp)
def _ptp(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    largest = max(a, axis=axis, keepdims=keepdims)
    return largest - min(a, axis=axis, keepdims=keepdims)


def share(x, y, axis):
    """The closure of an entry y of x that was chosen by its size."""
    kept = kept_shape(x.shape, axis)

    def share(g):
        """g to the entry that was chosen; ties share it"""
        z = y.reshape(kept)
        chosen = (x == z) | ((x != x) & (z != z))  # only NaN is not equal to itself
        count = np.maximum(chosen.sum(axis=axis, keepdims=True), 1)
        return np.where(chosen, g.reshape(kept) / count, 0)

    return share


def _share_or_nan(x, y, axis):
    """The same, where y is NaN if any entry is, and then that entry was chosen."""
    kept = kept_shape(x.shape, axis)

    def share(g):
        """g to the entry that was chosen; ties share it"""
        chosen = (x == y.reshape(kept)) | (x != x)
        count = chosen.sum(axis=axis, keepdims=True)
        return np.where(chosen, g.reshape(kept) / count, 0)

    return share
