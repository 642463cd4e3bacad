"""Indexing: `x[index]`, and `scatter`, which puts a gradient back where it came from.

Each is the other's derivative. An entry that was taken twice gets both gradients.
"""

from __future__ import annotations

import numpy as np

from engine.op import op
from engine.tensor import Tensor

_ONCE = (
    int,
    slice,
    type(None),
    type(...),
)  # they take no entry twice; True is not an int here


@op()
def getitem(x, *, index):
    """x[index]: integers, slices, None, `...`, integer arrays and boolean masks."""
    shape = x.shape

    def put_back(g):
        """g, added where it was taken, 0 elsewhere"""
        return scatter(g, index=index, shape=shape)

    return x[index], (put_back,)


@op()
def scatter(x, *, index, shape):
    """Zeros of `shape` to which x is added at [index]; repeated places add up."""
    return _added_at(x, index, shape), (lambda g: g[index],)


def _added_at(x, index, shape):
    if type(x) is Tensor:  # the rule is run again, and a Tensor is not filled in place
        return scatter(x, index=index, shape=shape)
    parts = index if isinstance(index, tuple) else (index,)
    once = all(type(i) in _ONCE or isinstance(i, np.integer) for i in parts)
    if isinstance(x, np.ndarray | np.generic):
        y = np.zeros(shape, dtype=x.dtype)
    elif once or hasattr(x, "__dlpack__"):
        y = np.zeros_like(x, order="C", shape=shape)
    else:  # it may be computed later, and there is no lazy sum of this kind
        raise TypeError(
            f"scatter: an array of {type(x).__module__} can't be added to at an index "
            "that may repeat; index with integers and slices, or use np.where"
        )
    if x.size == 0:
        return y  # which nothing is added to: not all libraries can assign that
    if once and None in parts:  # an axis that y has not; not all libraries know that
        parts = tuple(i for i in parts if i is not None)
        if all(i is ... or i == slice(None) for i in parts):  # of new axes alone
            return x.reshape(shape)
        y[parts] = x.reshape(y[parts].shape)
    elif once:
        y[index] = x
    else:
        np.add.at(y, index, x)
    return y
