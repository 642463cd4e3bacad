"""Statistics: covariances, and sums of weights that are sorted into bins.

Bins are constants: an entry falls into one, and a small change leaves it there. What
moves the sum of a bin is the weights.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine._contract import of_library
from engine._node import data_of
from engine.numpy_protocol import adapts
from engine.rules.arithmetic import sqrt
from engine.rules.choices import clip
from engine.rules.diagonals import diagonal
from engine.rules.dtypes import asked, cast
from engine.rules.indexing import getitem, scatter
from engine.rules.joining import concatenate
from engine.rules.linear_algebra import matmul
from engine.rules.reductions import sum
from engine.rules.shapes import (
    as_array,
    as_arrays,
    at_least,
    expand_dims,
    squeeze,
)
from engine.tensor import Tensor

# --- covariance -----------------------------------------------------------------------


@adapts(np.cov, lazy=False)
def cov(
    m: Any,
    y: Any = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    x = _variables(m, y, rowvar, dtype)
    if not x.shape[0]:
        return matmul(x, x.T)
    like = of_library(x)
    fweights, aweights = (
        None if w is None else as_array(w, like) for w in (fweights, aweights)
    )
    given = {"fweights": data_of(fweights), "aweights": data_of(aweights)}
    for name, w in given.items():
        if w is not None and np.shape(w) != x.shape[1:]:
            raise ValueError(
                f"{name} of shape {np.shape(w)} for {x.shape[1]} observations: one "
                "weight for each is needed"
            )
    # Of one variable that is constant: NumPy's other checks of them, and its warning.
    np.cov(np.ones((1, x.shape[1]), like=like), bias=bias, ddof=ddof, **given)
    less = int(bias == 0) if ddof is None else ddof
    some = [w for w in (fweights, aweights) if w is not None]
    weights = [cast(as_array(w, like), np.float64) for w in some]
    if not weights:
        x = x - expand_dims(x.mean(axis=1), axis=1)
        return squeeze(matmul(x, x.T) * _one_over(x.shape[1] - less))
    w = weights[0] * weights[1] if weights[1:] else weights[0]
    middle, total = np.average(x, axis=1, weights=w, returned=True)
    x, count = x - expand_dims(middle, axis=1), total[0]
    if less:
        count = count - less * (1 if aweights is None else sum(w * weights[-1]) / count)
    return squeeze(matmul(x, (x * w).T) * _one_over(count))


def _variables(m: Any, y: Any, rowvar: bool, dtype: Any) -> Any:
    """A row for each variable, in the dtype asked for; None: in float64 at least."""
    parts = as_arrays(*((m,) if y is None else (m, y)))
    if any(x.ndim > 2 for x in parts):
        raise ValueError(f"m or y has {max(x.ndim for x in parts)} axes; 2 at most")
    wide = np.result_type(*[x.dtype for x in parts], np.float64)
    rows = [at_least(2, asked(x, wide if dtype is None else dtype)) for x in parts]
    if not rowvar:
        rows[0] = rows[0].T if parts[0].ndim == 2 else rows[0]
        rows[1:] = [x.T if x.shape[0] != 1 else x for x in rows[1:]]
    return concatenate(*rows, axis=0) if rows[1:] and rows[0].shape[0] else rows[0]


def _one_over(count: Any) -> Any:
    return 1 / count if count > 0 else np.true_divide(1, 0.0)


@adapts(np.corrcoef, lazy=False)
def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    spread = sqrt(diagonal(c))
    c = c / expand_dims(spread, axis=1) / expand_dims(spread, axis=0)
    return clip(c, a_min=-1, a_max=1)  # what is above is rounding


# --- bins -----------------------------------------------------------------------------


@adapts(np.bincount, lazy=False)
def _bincount(x: Any, /, weights: Any = None, minlength: int = 0) -> Any:
    x = data_of(x)
    counts = np.bincount(x, minlength=minlength)
    if weights is None or not np.size(x):  # then NumPy, too, counts in integers
        return counts
    weights = as_array(weights)
    if not np.can_cast(weights.dtype, np.float64):
        raise TypeError(f"weights of {weights.dtype}, which do not fit into float64")
    if weights.shape != np.shape(x):
        raise ValueError(f"{np.shape(x)} bins for weights of shape {weights.shape}")
    places = as_array(x).astype(int)
    return scatter(cast(weights, np.float64), index=places, shape=counts.shape)


@adapts(np.histogram, lazy=False)
def _histogram(
    a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> Any:
    _refuse_moving_edges(a, bins, range)
    x, bins, range = as_array(data_of(a)), data_of(bins), data_of(range)
    if not isinstance(weights, Tensor):
        return np.histogram(x, bins, range, density, weights)
    if weights.shape != x.shape:
        raise ValueError(f"weights of shape {weights.shape} for data of {x.shape}")
    if isinstance(bins, str):
        raise TypeError(f"bins {bins!r} are for data without weights; pass how many")
    edges = np.histogram_bin_edges(x, bins, range)
    if edges.size < 2 or np.isnan(edges).any():
        raise ValueError(f"edges of bins {edges}: two are needed, and none may be NaN")
    inside = (x >= edges[0]) & (x <= edges[-1])
    places = np.searchsorted(edges, x[inside], side="right") - 1
    last = edges.shape[0] - 2  # the last bin includes its right edge
    taken = cast(getitem(weights, index=inside), np.float64)
    counts = scatter(taken, index=np.minimum(places, last), shape=(last + 1,))
    counts = cast(counts, weights.dtype)
    if density:
        widths = np.asarray(np.diff(edges).astype(float), like=data_of(counts))
        counts = counts / widths / sum(counts)
    return counts, edges


def _refuse_moving_edges(a: Any, bins: Any, range: Any) -> None:
    for name, x in (("bins", bins), ("range", range)):
        several = x if isinstance(x, list | tuple) else [x]
        if any(isinstance(i, Tensor) and i.requires_grad for i in several):
            raise TypeError(f"{name} is a Tensor, and bins are constants: pass t.data")
    found = range is None and np.ndim(bins) == 0
    if found and isinstance(a, Tensor) and a.requires_grad:
        raise TypeError(
            "the edges of bins would move with the data; pass bins as a list of edges, "
            "or range=(first, last)"
        )
