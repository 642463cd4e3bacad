"""Ranges: numbers from one to another, evenly spaced or by equal ratios."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.arithmetic import divide, power, subtract
from engine.rules.dtypes import asked, cast, common_dtype
from engine.rules.exponents import log10
from engine.rules.joining import concatenate
from engine.rules.shapes import as_arrays, at_least, broadcast_to, expand_dims, moveaxis


@op(lazy=False)
def linspace(start, stop, *, num, endpoint=True):
    """start + (stop - start) * t, for t from 0 to 1 along a new first axis."""
    y = np.linspace(start, stop, num, endpoint)
    t = np.linspace(0, 1, num, endpoint).reshape(-1, *(1,) * (y.ndim - 1))
    t = np.asarray(t, like=data_of(y))
    return y, (
        lambda g: (g * (1 - t)).sum(axis=0),
        lambda g: (g * t).sum(axis=0),
    )


# --- composed -------------------------------------------------------------------------


@adapts(np.linspace, lazy=False)
def _linspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    y = linspace(start, stop, num=num, endpoint=endpoint)
    y = asked(moveaxis(y, 0, axis), dtype)
    if not retstep:
        return y
    steps = num - 1 if endpoint else num
    return y, divide(subtract(stop, start), steps) if steps > 0 else np.nan


@adapts(np.logspace, lazy=False)
def _logspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    base: Any = 10.0,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    if np.ndim(base):
        n = max(map(np.ndim, (start, stop, base)))
        given = as_arrays(start, stop, base)
        start, stop, base = (at_least(n, x) for x in given)
        base = expand_dims(base, axis=axis)
    exponents = moveaxis(linspace(start, stop, num=num, endpoint=endpoint), 0, axis)
    return asked(power(base, exponents), dtype)


@adapts(np.geomspace, lazy=False)
def _geomspace(
    start: Any,
    stop: Any,
    num: int = 50,
    endpoint: bool = True,
    dtype: Any = None,
    axis: int = 0,
) -> Any:
    wide = common_dtype(start, stop, float(num), np.zeros((), dtype))
    if any(np.any(np.equal(x, 0)) for x in (start, stop)):
        raise ValueError("start and stop must not be 0: no ratio leads from there")
    start, stop = (cast(x, wide) for x in as_arrays(start, stop))
    sign = np.sign(start)
    start, stop = start / sign, stop / sign
    y = _logspace(log10(start), log10(stop), num, endpoint, dtype=wide)
    first, last = (
        expand_dims(broadcast_to(x, shape=y.shape[1:]), axis=0) for x in (start, stop)
    )
    if num > 0:  # the ends are met exactly
        rest = (y[1:-1], last) if endpoint and num > 1 else (y[1:],)
        y = concatenate(first, *rest)
    return asked(moveaxis(y * sign, 0, axis), wide if dtype is None else dtype)
