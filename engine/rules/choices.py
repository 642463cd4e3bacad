"""Choices: functions that pass one of their operands on, entry by entry.

Where entries are equal, or at a kink, or where a limit is not a number, the slope is a
choice. These are ours, in all of this folder; the suite runs each line of the table:

    value                           at x =       the gradient
    np.maximum(x, 0)                0            0.5        (relu in nn: 0)
    np.minimum(x, [2, 0])           [2, 1]       [0.5, 0]
    np.maximum(x, 0)                nan          1          (relu in nn: 1)
    np.maximum(x, nan)              [2, nan]     [0, 0.5]
    np.fmax(x, nan)                 [2, nan]     [1, 0.5]
    np.max(x)                       [1, 3, 3]    [0, 0.5, 0.5]
    np.max(x)                       [1, nan, nan]    [0, 0.5, 0.5]
    np.ptp(x)                       [3, 3]       [0, 0]
    np.median(x)                    [1, 2, 2]    [0, 0.5, 0.5]
    np.median(x)                    [1, nan, 2, nan]    [0, 0.5, 0, 0.5]
    np.quantile(x, 0.75)            [2, 2, 0]    [0.5, 0.5, 0]
    np.quantile([0, 1, 5], x)       0.5          8          (0.4: 2)
    np.sort(x) @ [1, 10, 100]       [5, 2, 5]    [10, 1, 100]
    np.clip(x, 0, 1)                0            1
    np.clip(x, 0, 1)                nan          0
    np.heaviside(x, 0.5)            0            0
    np.clip([0, 1, 2], x, 3)        1            1          (to x, where x is bound)
    np.clip(0, x, 1)                1            1
    np.clip(0, x, -1)               1            0
    np.clip(0, 1, x)                -1           1
    np.abs(x)                       0            0
    np.hypot(x, 0)                  0            0
    np.copysign(x, -1)              0            0
    np.linalg.norm(x)               [0, 0]       [0, 0]
    np.linalg.norm(x, 1)            [0, 2]       [0, 1]
    np.std(x)                       [2, 2]       [0, 0]
    np.sqrt(x)                      0            inf
    np.cbrt(x)                      0            inf
    x ** 0                          0            0
    0 ** x                          2            0
    (-2) ** x                       3            nan
    np.prod(x)                      [2, 0, 3]    [0, 6, 0]
    np.einsum("ii", x)              [[1, 2], [3, 4]]    [[1, 0], [0, 1]]
    x % 2                           4            1
    np.interp(x, [0, 1, 2], [0, 1, 5])    1      4
    np.nan_to_num(x)                nan          0
    np.where(x > 0, np.log(x), 0)   0            nan
    np.where(x > 0, np.log(np.where(x > 0, x, 1)), 0)    0    0
    np.sqrt(np.maximum(x, 0))       -1           nan

Equal entries share a gradient equally where one of them is chosen by its size, so that
their order does not matter; `sort` moves them and keeps their order. The gradient of
the branch that `where` did not take is 0, not something times 0; the logarithm's own
rule divides that 0 by 0, and only a choice before the function, too, prevents that.
Every other choice multiplies by 0, which makes NaN of an infinite slope behind it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine._contract import of_library
from engine._node import Node, data_of
from engine.numpy_protocol import adapts, extends
from engine.op import op
from engine.rules.dtypes import cast, common_dtype
from engine.rules.shapes import as_array, unlisted


@op(np.maximum)
def maximum(x, y):
    """The larger of x and y, or NaN; half the gradient to each at a tie."""

    def wrt_x(g):
        """g * ((x > y) + (x == y) / 2)"""
        if type(y) in (int, float) and y == y:
            return g * np.where(x == y, 0.5, ~(x < y))
        return g * _taken(x, y, (x > y) | (x != x))

    def wrt_y(g):
        """g * ((y > x) + (x == y) / 2)"""
        return g * _taken(x, y, (y > x) | (y != y))

    return np.maximum(x, y), (wrt_x, wrt_y)


@op(np.minimum)
def minimum(x, y):
    """The smaller of x and y, or NaN; half the gradient to each at a tie."""

    def wrt_x(g):
        """g * ((x < y) + (x == y) / 2)"""
        if type(y) in (int, float) and y == y:
            return g * np.where(x == y, 0.5, ~(x > y))
        return g * _taken(x, y, (x < y) | (x != x))

    def wrt_y(g):
        """g * ((y < x) + (x == y) / 2)"""
        return g * _taken(x, y, (y < x) | (y != y))

    return np.minimum(x, y), (wrt_x, wrt_y)


@op(np.fmax)
def fmax(x, y):
    """The larger of x and y, or the one that is not NaN; half to each at a tie."""

    def wrt_x(g):
        """g * ((x > y) + (x == y) / 2)"""
        return g * _taken(x, y, (x > y) | (y != y))

    def wrt_y(g):
        """g * ((y > x) + (x == y) / 2)"""
        return g * _taken(x, y, (y > x) | (x != x))

    return np.fmax(x, y), (wrt_x, wrt_y)


@op(np.fmin)
def fmin(x, y):
    """The smaller of x and y, or the one that is not NaN; half to each at a tie."""

    def wrt_x(g):
        """g * ((x < y) + (x == y) / 2)"""
        return g * _taken(x, y, (x < y) | (y != y))

    def wrt_y(g):
        """g * ((y < x) + (x == y) / 2)"""
        return g * _taken(x, y, (y < x) | (x != x))

    return np.fmin(x, y), (wrt_x, wrt_y)


def _taken(x, y, first):
    """1 where `first` holds, and 1 / 2 where x and y are equal, or both NaN."""
    return np.where((x == y) | ((x != x) & (y != y)), 0.5, first)


@op()
def clip(x, *, a_min=-np.inf, a_max=np.inf):
    """x, but not below a_min nor above a_max, which are constants."""
    low = -np.inf if a_min is None else a_min
    high = np.inf if a_max is None else a_max
    return np.clip(x, low, high), (lambda g: g * ((x >= low) & (x <= high)),)


@op(np.heaviside)
def heaviside(x, y):
    """0 for x < 0, 1 for x > 0, and y for x = 0; its slope in x is 0."""
    return np.heaviside(x, y), (lambda g: 0 * g, lambda g: np.where(x == 0, g, 0))


@op(np.where)
def where(c, x, y):
    """x where the condition c holds, y elsewhere.

    The gradient of the other branch is 0, not something times 0; see the table above.
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
    largest = np.finfo(x.dtype).max
    over = largest if posinf is None else posinf
    under = -largest if neginf is None else neginf
    y = np.where(np.isnan(x), nan, x)
    y = np.where(x == np.inf, over, np.where(x == -np.inf, under, y))
    if y.shape != x.shape or y.dtype.kind != "f":
        raise ValueError(
            f"numbers of {y.dtype} and shape {y.shape} do not fit into an array of "
            f"{x.dtype} and shape {x.shape}"
        )
    return cast(y, x.dtype), (lambda g: np.where(finite, g, 0),)


# --- composed -------------------------------------------------------------------------


@adapts(np.clip)
def _clip(
    a: Any,
    a_min: Any = np._NoValue,
    a_max: Any = np._NoValue,
    *,
    min: Any = None,
    max: Any = None,
) -> Any:
    if (a_min is np._NoValue) != (a_max is np._NoValue):
        raise TypeError("a_min came without a_max, or a_max without a_min; give both")
    given = a_min is not np._NoValue
    if given and (min is not None or max is not None):
        raise ValueError("bounds came as a_min or a_max, and as min or max")
    low, high = map(unlisted, (a_min, a_max) if given else (min, max))
    if isinstance(low, Node) or isinstance(high, Node):
        return _between(as_array(a), low, high)
    return clip(as_array(a), a_min=low, a_max=high)


def _between(x: Any, low: Any, high: Any) -> Any:
    """x between bounds that have gradients; one that is NaN makes NaN, as in NumPy."""
    if low is not None:
        below = (x < low) | (low != low)
        x = where(below, low, x)
    if high is not None:
        above = (x > high) | (high != high)
        x = where(above, high, x)
    return x


@extends(np.nan_to_num)
def _nan_to_num(
    x: Any,
    copy: bool = True,
    nan: Any = 0.0,
    posinf: Any = None,
    neginf: Any = None,
) -> Any:
    if not copy:
        raise ValueError("copy=False would write into the array; leave it out")
    y = nan_to_num(x)
    for value, there in (
        (nan, np.isnan(x)),
        (posinf, np.isposinf(x)),
        (neginf, np.isneginf(x)),
    ):
        y = y if value is None else where(there, value, y)
    return cast(y, x.dtype)


@adapts(np.choose)
def _choose(a: Any, choices: Any, *, mode: Any = "raise") -> Any:
    if hasattr(choices, "ndim"):
        choices = np.unstack(choices)
    places: Any = np.choose(data_of(a), list(range(len(choices))), mode=mode)
    like, dtype = of_library(*choices), common_dtype(*choices)
    y, places = as_array(choices[0], like), np.asarray(places, like=like)
    for k, choice in enumerate(choices):
        y = where(places == k, choice, y)
    return cast(y, dtype)
