"""The methods of ufuncs: `np.add.reduce`, `accumulate`, `reduceat` and `outer`.

One piece for every ufunc of two operands that has a rule. Where a rule is the same
function (np.add.reduce is np.sum), that is called; the others go entry by entry along
the axis, an op for each. `ufunc.at` is refused, for it writes into an array.
"""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from engine._node import data_of
from engine.numpy_protocol import adapts_method, at_once
from engine.rules.arithmetic import add
from engine.rules.arranging import take_along_axis
from engine.rules.choices import where as choose
from engine.rules.dtypes import NUMBERS, asked, check_cast, common_dtype
from engine.rules.exponents import logaddexp, logsumexp
from engine.rules.joining import concatenate
from engine.rules.options import begun, kept, mask
from engine.rules.reductions import kept_shape, sum
from engine.rules.shapes import (
    as_array,
    broadcast_to,
    known_order,
    merged,
    moveaxis,
    reshape,
)

# The same function by its other name; each comes back to a rule.
_REDUCED: dict[Any, Any] = {
    **{np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min},
    **{np.fmax: np.nanmax, np.fmin: np.nanmin},
}
_ACCUMULATED: dict[Any, Any] = {np.add: np.cumsum, np.multiply: np.cumprod}
_CHOOSING = (np.maximum, np.minimum, np.fmax, np.fmin)


@adapts_method("__call__")
def called(
    ufunc: np.ufunc,
    *inputs: Any,
    dtype: Any = None,
    casting: Any = "same_kind",
    where: Any = True,
    order: Any = "K",
    **rest: Any,
) -> Any:
    if where is not True:
        raise TypeError(
            "where= leaves entries without a value; write np.where(mask, result, other)"
        )
    known_order(order)
    rest.pop("subok", None)  # no array here is of a subclass
    arrays = [x if type(x) in NUMBERS else as_array(x) for x in inputs]
    to = common_dtype(*arrays) if dtype is None else dtype
    parts = [x if type(x) in NUMBERS else asked(x, to) for x in arrays]
    for x, y in zip(arrays, parts, strict=True):
        if type(x) not in NUMBERS:
            check_cast(x, y.dtype, casting)
    return ufunc(*(arrays if dtype is None else parts), **rest)


@adapts_method("outer")
def outer(ufunc: np.ufunc, a: Any, b: Any, *, dtype: Any = None) -> Any:
    a, b = kept(a, dtype=dtype), kept(b, dtype=dtype)
    return ufunc(reshape(a, shape=a.shape + (1,) * b.ndim), b)


@adapts_method("reduce")
def reduce(
    ufunc: np.ufunc,
    array: Any,
    *,
    axis: Any = 0,
    dtype: Any = None,
    keepdims: bool = False,
    initial: Any = np._NoValue,
    where: Any = True,
) -> Any:
    x = kept(array, dtype=dtype)
    if ufunc in _REDUCED:
        options = {} if initial is np._NoValue else {"initial": initial}
        options |= {} if where is True else {"where": where}
        return _REDUCED[ufunc](x, axis=axis, keepdims=keepdims, **options)
    initial = _initial(ufunc, initial, x, axis, where)
    if ufunc is np.logaddexp and x.size:
        y = logsumexp(kept(x, where, -np.inf), axis=axis, keepdims=keepdims)
        return begun(logaddexp, y, initial)
    rows, some = merged(x, axis), where
    if where is not True:
        some = merged(np.broadcast_to(mask(where, x), x.shape), axis)
    if rows.shape[-1] == 0:
        y = begun(add, sum(rows, axis=-1), initial)
    else:
        y = _one_by_one(ufunc, rows, initial, some)[-1]
    return reshape(y, shape=kept_shape(x.shape, axis)) if keepdims or not x.ndim else y


def _initial(ufunc: np.ufunc, initial: Any, x: Any, axis: Any, where: Any) -> Any:
    """What the reduction begins with: None, if it is the first entry."""
    axes = range(x.ndim) if axis is None else axis
    if isinstance(axes, tuple | range) and len(axes) > 1 and ufunc.identity is None:
        raise ValueError(
            f"axis is {axis}, and the order matters to {ufunc.__name__}: one axis only"
        )
    if initial is not np._NoValue and initial is not None:
        return initial
    if x.size and where is True:  # of one entry NumPy's hypot gives the size
        return 0 if ufunc is np.hypot else None
    if ufunc.identity is None or initial is None:
        raise ValueError(
            f"nothing may be left of an array of shape {x.shape}, and "
            f"{ufunc.__name__} has no identity to begin with; give initial="
        )
    return ufunc.identity


def _one_by_one(ufunc: np.ufunc, rows: Any, initial: Any, some: Any = True) -> Any:
    """The running results along the last axis, and `initial` before them, if given."""
    entries = [rows[..., i] for i in range(rows.shape[-1])]
    places = [some if some is True else some[..., i] for i in range(len(entries))]
    if initial is not None:
        first = broadcast_to(as_array(initial), shape=rows.shape[:-1])
        entries, places = [kept(first, dtype=rows.dtype), *entries], [True, *places]

    def step(y: Any, entry: tuple[Any, Any]) -> Any:
        x, here = entry
        return ufunc(y, x) if here is True else choose(here, ufunc(y, x), y)

    pairs = zip(entries[1:], places[1:], strict=True)
    return list(itertools.accumulate(pairs, step, initial=entries[0]))


@adapts_method("accumulate")
def accumulate(ufunc: np.ufunc, array: Any, *, axis: Any = 0, dtype: Any = None) -> Any:
    x = kept(array, dtype=dtype)
    axis = _one_axis("accumulate", x, axis)
    if ufunc in _ACCUMULATED:
        return _ACCUMULATED[ufunc](x, axis=axis)
    if ufunc in _CHOOSING:
        return take_along_axis(x, _latest(ufunc, data_of(x), axis), axis)
    rows = moveaxis(x, axis, -1)
    if not x.size:
        return x
    y: Any = np.stack(_one_by_one(ufunc, rows, None), axis=-1)
    return moveaxis(y, -1, axis)


def _latest(ufunc: np.ufunc, x: Any, axis: int) -> Any:
    """Where the entry that was chosen stands; the last of those that are equal."""
    y = at_once(ufunc.accumulate, f"np.{ufunc.__name__}.accumulate")(x, axis=axis)
    chosen = (x == y) | ((x != x) & (y != y))
    length = [n if i == axis else 1 for i, n in enumerate(x.shape)]
    places = np.where(chosen, np.arange(x.shape[axis]).reshape(length), 0)
    return np.maximum.accumulate(places, axis=axis)


@adapts_method("reduceat")
def reduceat(
    ufunc: np.ufunc, array: Any, indices: Any, *, axis: Any = 0, dtype: Any = None
) -> Any:
    x = kept(array, dtype=dtype)
    axis = _one_axis("reduceat", x, axis)
    starts = np.asarray(indices).astype(int)
    n = x.shape[axis]
    if starts.ndim != 1 or ((starts < 0) | (starts >= n)).any():
        kind = ValueError if starts.ndim != 1 else IndexError
        raise kind(f"indices are {starts.tolist()}, and must be a row of 0 to {n - 1}")
    stops = [*starts.tolist(), n][1:]
    before = (slice(None),) * axis
    runs = [
        x[(*before, slice(i, max(j, i + 1)))]
        for i, j in zip(starts.tolist(), stops, strict=True)
    ]
    parts = [  # an entry that is alone is handed on as it is
        run if run.shape[axis] == 1 else reduce(ufunc, run, axis=axis, keepdims=True)
        for run in runs
    ]
    return concatenate(*parts, axis=axis) if parts else x[(*before, slice(0, 0))]


def _one_axis(method: str, x: Any, axis: Any) -> int:
    if not x.ndim:
        raise TypeError(f"cannot {method} on a scalar")
    axes = range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if len(axes) != 1:
        raise ValueError(f"{method} goes along one axis, and axis is {axis}")
    return axes[0]
