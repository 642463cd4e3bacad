"""Options: what NumPy's reductions take beyond what their rules do.

The rule stands for the call without them, and is fast; with `dtype`, `where`, `initial`
or a mean that is known already, one of these compositions does. An entry that `where`
leaves out counts as the number that changes nothing (0 in a sum), and has the slope 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine._contract import of_library
from engine._node import Node, data_of
from engine.numpy_protocol import extends
from engine.rules import choices, extremes, reductions
from engine.rules.arithmetic import add, sqrt
from engine.rules.dtypes import asked, astype, cast, check_cast
from engine.rules.shapes import as_array, as_arrays


def kept(x: Any, where: Any = True, neutral: Any = 0, dtype: Any = None) -> Any:
    """x in the dtype that is asked for, with a neutral number where it is left out."""
    x = asked(as_array(x), dtype)
    return x if where is True else choices.where(mask(where, x), x, neutral)


def mask(where: Any, x: Any) -> Any:
    """`where` as booleans; it may be smaller than x, and not larger."""
    some = as_array(data_of(where), of_library(x))
    if some.dtype != bool:  # NumPy takes a list of numbers, and counts them in a mean
        raise TypeError(f"where is of {some.dtype}, and must be boolean")
    if np.broadcast_shapes(some.shape, x.shape) != x.shape:
        raise ValueError(f"where has the shape {some.shape}, and the array {x.shape}")
    return some


def begun(operation: Any, y: Any, initial: Any) -> Any:
    """What a reduction gives that began with `initial`, in the dtype of y."""
    if initial is None:
        return y
    _, first = as_arrays(y, initial)
    if first.ndim:
        raise ValueError(f"initial has the shape {first.shape}, and must be a number")
    check_cast(first, y.dtype, "same_kind")
    wanted = isinstance(initial, Node)
    return operation(cast(first, y.dtype) if wanted else first.astype(y.dtype), y)


def counted(x: Any, where: Any, axis: Any, keepdims: bool) -> Any:
    """How many entries each of the result is made of, in a dtype that holds it."""
    like = of_library(x)
    every = np.ones((), bool, like=like) if where is True else mask(where, x)
    dtype = np.float32 if x.dtype.char == "e" else x.dtype
    n = np.sum(np.broadcast_to(every, x.shape), axis=axis, keepdims=keepdims)
    return n.astype(dtype)


# --- the compositions, each beside its rule's name ------------------------------------


@extends(np.sum)
def summed(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    initial: Any = None,
    where: Any = True,
) -> Any:
    x = kept(a, where, 0, dtype)
    return begun(add, reductions.sum(x, axis=axis, keepdims=keepdims), initial)


@extends(np.mean)
def averaged(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    keepdims: bool = False,
    where: Any = True,
) -> Any:
    x = kept(a, dtype=dtype)
    if where is True:
        return reductions.mean(x, axis=axis, keepdims=keepdims)
    wide = cast(x, np.dtype(np.float32)) if a.dtype.char == "e" else x
    total = summed(wide, axis, keepdims=keepdims, where=where)
    return cast(total / counted(x, where, axis, keepdims), x.dtype)


@extends(np.var)
def variance(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    where: Any = True,
    mean: Any = None,
    correction: Any = None,
) -> Any:
    ddof, x = free(ddof, correction), kept(a, dtype=dtype)
    if where is True and mean is None:
        return reductions.var(x, axis=axis, ddof=ddof, keepdims=keepdims)
    middle = averaged(x, axis, keepdims=True, where=where) if mean is None else mean
    if np.broadcast_shapes(np.shape(middle), x.shape) != x.shape:
        raise ValueError(f"mean has the shape {middle.shape}, and the array {x.shape}")
    away = kept(x - middle, where)
    squares = reductions.sum(away * away, axis=axis, keepdims=keepdims)
    n = counted(x, where, axis, keepdims) - ddof
    return cast(squares / np.maximum(n, 0), away.dtype)


@extends(np.std)
def deviation(a: Any, axis: Any = None, dtype: Any = None, **options: Any) -> Any:
    return root(variance(a, axis, dtype, **options))


def root(x: Any) -> Any:
    """The square root of a variance; its slope is 0 where all entries are equal."""
    some = x != 0
    return choices.where(some, sqrt(choices.where(some, x, 1.0)), 0.0)


def free(ddof: float, correction: float | None) -> float:
    """What is taken from the count of entries, by either of its two names."""
    if correction is None:
        return ddof
    if np.ndim(correction):
        raise TypeError(f"correction is {correction!r:.60}, and must be a number")
    if ddof != 0:
        raise ValueError("ddof and correction came, and are the same: give one")
    return correction


@extends(np.cumsum)
def running_sum(a: Any, axis: int | None = None, dtype: Any = None) -> Any:
    return reductions.cumsum(kept(a, dtype=dtype), axis=axis)


@extends(np.astype)
def _astype(x: Any, dtype: Any, *, copy: bool = True, device: Any = None) -> Any:
    if device not in (None, "cpu"):
        raise ValueError(f'device is {device!r}, and NumPy has "cpu" only')
    del copy  # nobody writes into either of the two
    return astype(x, dtype=dtype)


def _extreme(rule: Any, choose: Any, sign: int) -> Any:
    """The composition of one of the rules of extremes.py."""

    def extreme(
        a: Any,
        axis: Any = None,
        *,
        keepdims: bool = False,
        initial: Any = None,
        where: Any = True,
    ) -> Any:
        if where is not True and initial is None:
            raise ValueError("with where=, initial= is needed: all may be left out")
        x = kept(a, where, _outermost(a.dtype, sign))
        if x.size == 0 and initial is not None:
            none = reductions.sum(x, axis=axis, keepdims=keepdims)
            return begun(choose, none + _outermost(a.dtype, sign), initial)
        return begun(choose, rule(x, axis=axis, keepdims=keepdims), initial)

    return extreme


def _outermost(dtype: Any, sign: int) -> Any:
    """What no entry of the dtype lies beyond."""
    if dtype.kind == "f":
        return sign * np.inf
    limits = np.iinfo(dtype)
    return limits.max if sign > 0 else limits.min


for _function, _rule, _choose, _sign in (
    (np.max, extremes.max, choices.maximum, -1),
    (np.amax, extremes.max, choices.maximum, -1),
    (np.nanmax, extremes.nanmax, choices.fmax, -1),
    (np.min, extremes.min, choices.minimum, 1),
    (np.amin, extremes.min, choices.minimum, 1),
    (np.nanmin, extremes.nanmin, choices.fmin, 1),
):
    extends(_function)(_extreme(_rule, _choose, _sign))
