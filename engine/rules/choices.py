"""Choices: functions that pass one of their operands on, entry by entry.

The gradient goes to the entry that was chosen. Where two are equal the slope is a
choice of ours: `maximum` and its like share the gradient equally, so that swapping the
operands changes nothing; `clip` passes it on at a bound, as at any point inside.

The kinks, side by side:

    np.maximum(x, 0) at 0    0.5    (nn's relu: 0)
    np.clip at a bound       1
    np.abs, np.hypot at 0    0      (arithmetic.py, trigonometry.py)
"""

from __future__ import annotations

import numpy as np

from engine.op import op


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


@op(np.fmax)
def fmax(x, y):
    """The larger of x and y, or the one that is no NaN; half to each at a tie."""
    return np.fmax(x, y), (
        lambda g: g * ((x > y) + (x == y) / 2 + np.isnan(y)),
        lambda g: g * ((y > x) + (x == y) / 2 + np.isnan(x)),
    )


@op(np.fmin)
def fmin(x, y):
    """The smaller of x and y, or the one that is no NaN; half to each at a tie."""
    return np.fmin(x, y), (
        lambda g: g * ((x < y) + (x == y) / 2 + np.isnan(y)),
        lambda g: g * ((y < x) + (x == y) / 2 + np.isnan(x)),
    )


@op(np.clip)
def clip(x, *, a_min=-np.inf, a_max=np.inf):
    """x, but not below a_min nor above a_max, which are constants."""
    low = -np.inf if a_min is None else a_min
    high = np.inf if a_max is None else a_max
    return np.clip(x, low, high), (lambda g: g * ((x >= low) & (x <= high)),)


@op(np.where)
def where(c, x, y):
    """x where the condition c holds, y elsewhere.

    The gradient of the other branch is 0, not something times 0. A NaN that the other
    branch's own rule makes of that 0 (0 / 0 in a logarithm) stays one: there, choose
    before the function as well, `np.log(np.where(c, x, 1))`.
    """
    return np.where(c, x, y), (
        None,
        lambda g: np.where(c, g, 0),
        lambda g: np.where(c, 0, g),
    )


@op(np.nan_to_num)
def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None):
    """x with numbers in place of NaN and the infinities, where the slope is 0."""
    finite = np.isfinite(x)
    y = np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)
    return y, (lambda g: np.where(finite, g, 0),)
