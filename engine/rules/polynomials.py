"""Polynomials, as arrays of their coefficients; the highest power comes first."""

from __future__ import annotations

from operator import index
from typing import Any

import numpy as np

from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.rules.arithmetic import multiply
from engine.rules.convolution import convolve
from engine.rules.dtypes import cast
from engine.rules.joining import concatenate
from engine.rules.shapes import as_array, as_arrays, at_least, expand_dims


@adapts(np.polyval)
def _polyval(p: Any, x: Any) -> Any:
    p, x = as_arrays(p, x)
    if p.ndim == 0:
        raise ValueError("a number came for the coefficients, and a row is needed")
    y: Any = np.zeros_like(data_of(x))
    for i in range(p.shape[0]):
        y = y * x + p[i]
    return y


@adapts(np.vander)
def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:  # noqa: N803 - NumPy's name
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, and must be a row")
    count = x.shape[0] if N is None else index(N)
    if count < 0:
        raise ValueError(f"N is {N}, and a matrix has no less than 0 columns")
    x = cast(x, np.result_type(x.dtype, int))
    one = np.ones((), x.dtype, like=data_of(x))
    ones: Any = np.broadcast_to(one, (*x.shape, count))
    columns = [ones[:, 0], x][:count] if count else []
    while len(columns) < count:
        columns.append(multiply(columns[-1], x))
    if not columns:
        return ones
    columns = columns if increasing else columns[::-1]
    return concatenate(*[expand_dims(c, axis=1) for c in columns], axis=1)


@adapts(np.polyint)
def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    m = _order(m)
    if m == 0:
        return as_array(p)
    _check_row(p)
    like = data_of(p)
    k = np.zeros(m, like=like) if k is None else at_least(1, as_array(k, like))
    k = np.broadcast_to(k, (m,)) if k.shape[0] == 1 else k
    if k.shape[0] < m:
        raise ValueError(
            f"{k.shape[0]} constants k for {m} integrals: one, or one for each"
        )
    for i in range(m):
        p = concatenate(p / np.arange(p.shape[0], 0, -1, like=like), k[i : i + 1])
    return p


@adapts(np.polyder)
def _polyder(p: Any, m: int = 1) -> Any:
    _check_row(p)
    for _ in range(min(_order(m), p.shape[0])):  # then nothing is left
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1, like=data_of(p))
    return p


def _order(m: Any) -> int:
    if np.ndim(m):
        raise TypeError(f"m has shape {np.shape(m)}, and must be a number")
    if int(data_of(m)) < 0:
        raise ValueError(f"m is {m}; np.polyder is np.polyint of a negative order")
    return int(data_of(m))


@adapts(np.polyadd)
def _polyadd(a1: Any, a2: Any) -> Any:
    a1, a2 = _of_one_length(a1, a2)
    return a1 + a2


@adapts(np.polysub)
def _polysub(a1: Any, a2: Any) -> Any:
    a1, a2 = _of_one_length(a1, a2)
    return a1 - a2


@adapts(np.polymul, lazy=False)
def _polymul(a1: Any, a2: Any) -> Any:
    return convolve(*map(_without_leading_zeros, as_arrays(a1, a2)))


def _check_row(p: Any) -> None:
    if p.ndim != 1:
        raise ValueError(f"coefficients of shape {p.shape}, and they must be a row")


def _of_one_length(*polynomials: Any) -> list[Any]:
    """Both, with zeros in front of the one that is shorter."""
    xs = [at_least(1, p) for p in as_arrays(*polynomials)]
    most = max(x.shape[0] for x in xs)
    zeros = [np.zeros(most - x.shape[0], x.dtype, like=data_of(x)) for x in xs]
    return [concatenate(z, x) if z.size else x for z, x in zip(zeros, xs, strict=True)]


def _without_leading_zeros(p: Any) -> Any:
    p = at_least(1, p)
    _check_row(p)
    some = np.flatnonzero(data_of(p))
    return p[int(some[0]) if some.size else -1 :]
