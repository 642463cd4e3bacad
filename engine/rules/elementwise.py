"""Elementwise functions of one or two arrays.

Where a function has a kink, the slope there is a choice: `maximum` and `minimum` share
the gradient equally at a tie, so that swapping the operands changes nothing.
"""

from __future__ import annotations

import numpy as np

from engine.op import op


@op(np.exp)
def exp(x):
    """e ** x"""
    y = np.exp(x)
    return y, (lambda g: g * y,)


@op(np.log)
def log(x):
    """The natural logarithm."""
    return np.log(x), (lambda g: g / x,)


@op(np.tanh)
def tanh(x):
    """The hyperbolic tangent."""
    y = np.tanh(x)
    return y, (lambda g: g * (1 - y * y),)


@op(np.maximum)
def maximum(x, y):
    """The larger of x and y; half the gradient to each at a tie."""
    return np.maximum(x, y), (
        lambda g: g * ((x > y) + (x == y) / 2),
        lambda g: g * ((y > x) + (x == y) / 2),
    )


@op(np.minimum)
def minimum(x, y):
    """The smaller of x and y; half the gradient to each at a tie."""
    return np.minimum(x, y), (
        lambda g: g * ((x < y) + (x == y) / 2),
        lambda g: g * ((y < x) + (x == y) / 2),
    )


@op(np.astype)
def astype(x, *, dtype):
    """x in another floating-point dtype; the gradient comes back in the old one."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(
            f"astype: {np.dtype(dtype)} has no gradient; to leave the graph, use "
            "t.data.astype"
        )
    return x.astype(dtype), (lambda g: g,)  # the pass casts g, on this edge as on any
