"""Sorting: entries in order, and those at a given rank.

A sort moves entries, and their gradients move back with them; equal entries keep their
order (as kind="stable"), so that each has a gradient of its own. What is found by its
rank (a median, a quantile) shares the gradient among the entries that are equal to it.

Quantiles lie between two ranks: R. Hyndman and Y. Fan, "Sample quantiles in statistical
packages" (1996).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from engine._node import Node, data_of
from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.arranging import take_along_axis
from engine.rules.choices import where
from engine.rules.dtypes import cast
from engine.rules.extremes import max, share
from engine.rules.joining import concatenate
from engine.rules.reductions import kept_shape, mean
from engine.rules.shapes import as_array, expand_dims, merged, reshape, unlisted


@op(lazy=False)
def order_statistic(x, *, k):
    """The entry of rank k (from 0, the smallest) along the last axis."""
    y = np.partition(x, k, axis=-1)[..., k]
    return y, (share(x, y, -1),)


@adapts(np.sort, lazy=False)
def _sort(
    a: Any, axis: int | None = -1, kind: Any = None, *, stable: bool | None = None
) -> Any:
    kind = "stable" if kind is None and stable is None else kind
    order = np.argsort(data_of(a), axis=axis, kind=kind, stable=stable)
    return take_along_axis(a, order, axis)


@adapts(np.partition, lazy=False)
def _partition(
    a: Any, kth: Any, axis: int | None = -1, kind: Any = "introselect"
) -> Any:
    order = np.argpartition(data_of(a), kth, axis=axis, kind=kind)
    return take_along_axis(a, order, axis)


@adapts(np.median, lazy=False)
def _median(a: Any, axis: Any = None, *, keepdims: bool = False) -> Any:
    if a.size == 0:
        return mean(a, axis=axis, keepdims=keepdims)  # NaN, with NumPy's warning
    return quantile(a, 0.5, axis, keepdims=keepdims)


@adapts(np.percentile, lazy=False)
def _percentile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    return quantile(a, by_hundred(q), axis, method=method, keepdims=keepdims)


def by_hundred(q: Any) -> Any:
    """Percentiles as quantiles; a Python number stays one, which widens no dtype."""
    return q / 100 if type(q) in (int, float) else np.true_divide(unlisted(q), 100)


@adapts(np.quantile, lazy=False)
def quantile(
    a: Any, q: Any, axis: Any = None, *, method: str = "linear", keepdims: bool = False
) -> Any:
    a, q = as_array(a), unlisted(q)
    _check_quantiles(q)
    axis = axis if axis is None else normalize_axis_tuple(axis, a.ndim)
    x = merged(a, axis)
    narrow = type(q) in (int, float) and a.dtype.kind == "f"
    if not isinstance(q, Node):
        q = np.asarray(q, dtype=a.dtype if narrow and a.dtype.char != "e" else None)
    ranks = _ranks(q, x.shape[-1], method)
    whole = method == "linear" and ranks.dtype.kind in "iu"
    dtype = a.dtype if narrow or whole else np.result_type(a.dtype, ranks.dtype)
    row = reshape(ranks, shape=-1)
    parts = [_at_rank(x, row[i]) for i in range(row.shape[0])]
    if method not in ("lower", "higher", "nearest"):  # which go between entries
        parts = [cast(y, dtype) for y in parts]
    missing = np.isnan(data_of(x)).any(axis=-1)
    if missing.any():  # then it is NaN, as the largest entry is
        parts = [where(missing, max(x, axis=-1), y) for y in parts]
    shape = kept_shape(a.shape, axis) if keepdims else parts[0].shape
    if ranks.ndim == 0:
        return reshape(parts[0], shape=shape) if keepdims else parts[0]
    if not parts:
        return np.empty(ranks.shape + shape, dtype)
    together = concatenate(*[expand_dims(y, axis=0) for y in parts])
    return reshape(together, shape=ranks.shape + shape)


def _check_quantiles(q: Any) -> None:
    if np.min(data_of(q)) < 0 or np.max(data_of(q)) > 1:
        raise ValueError(
            f"q is {q}; quantiles must lie between 0 and 1, and percentiles between 0 "
            "and 100"
        )
    if np.ndim(q) > 2:
        raise ValueError(f"q has shape {np.shape(q)}; two axes at most")


def _at_rank(x: Any, rank: Any) -> Any:
    """Between the entries of two ranks, for a rank that is not a whole number."""
    if isinstance(rank, Node) and x.shape[-1] > 1:
        return _along_ranks(x, rank)
    rank = data_of(rank).item()
    low, part = int(rank), rank % 1
    y = order_statistic(x, k=low)
    if not part:
        return y
    z = order_statistic(x, k=low + 1)
    return y / 2 + z / 2 if part == 1 / 2 else y + (z - y) * part


def _along_ranks(x: Any, rank: Any) -> Any:
    """The same, with a slope in the rank too: at a whole one that of the gap above."""
    low = np.minimum(np.floor(data_of(rank)).astype(int), x.shape[-1] - 2)
    y, z = order_statistic(x, k=low), order_statistic(x, k=low + 1)
    part = rank - low
    return y + (z - y) * part if part < 1 / 2 else z - (z - y) * (1 - part)


# The parameters alpha and beta of Hyndman and Fan, by NumPy's names.
_METHODS = {
    "linear": (1, 1),
    "weibull": (0, 0),
    "hazen": (1 / 2, 1 / 2),
    "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8),
    "interpolated_inverted_cdf": (0, 1),
}
_ROUNDED: dict[str, Any] = {
    "lower": np.floor,
    "higher": np.ceil,
    "nearest": np.rint,
    "midpoint": lambda ranks: (np.floor(ranks) + np.ceil(ranks)) / 2,
}


def _ranks(q: np.ndarray, n: int, method: str) -> np.ndarray:
    """Where in a sorted row of n the quantiles lie, from 0."""
    if method not in _METHODS and method not in _ROUNDED:
        known = ", ".join([*_METHODS, *_ROUNDED])
        raise TypeError(f"method {method!r} has no rule; these have: {known}")
    if n == 0:
        raise ValueError("an empty array has no quantiles")
    alpha, beta = _METHODS.get(method, (1, 1))
    if alpha == beta == 1:
        return _ROUNDED.get(method, np.positive)((n - 1) * q)
    return np.clip(n * q + (alpha + q * (1 - alpha - beta)) - 1, 0, n - 1)
