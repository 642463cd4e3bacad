"""Normalisation: signals of mean 0 and variance 1, then scaled and shifted.

All have `scale` and `shift`, which are learned, for each of d features. What is
normalised is each row (LayerNorm, RMSNorm), or each feature over the batch (BatchNorm).
Parameters are of float64, as those of `Lin.init`: a network of float32 casts `p.data`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import data_of, op, written
from nn.checks import check_sizes, not_negative, up_to_one
from nn.layer import Layer
from nn.module import parameter


@op()
def layer_norm(x, scale, shift, *, eps=1e-5):
    """(x - mean) / sqrt(variance + eps) * scale + shift, over the last axis.

    x is of shape (…, d), scale and shift of (d,). J. Ba, J. Kiros and G. Hinton, "Layer
    normalization" (2016), equation 4; the derivative is that of "Batch normalization".
    """
    check_features("layer_norm", x, -1, scale, shift)
    centred = x - x.mean(axis=-1, keepdims=True)
    deviation = size_of(centred, -1, eps)
    z = centred / deviation

    def wrt_x(g):
        """(g scaled, less mean and part along x) / std of x"""
        return without_mean_and_slope(g * scale, z, -1) / deviation

    def wrt_scale(g):
        """g · (x - mean) / std of x"""
        return g * z

    return z * scale + shift, (wrt_x, wrt_scale, lambda g: g)


@op()
def rms_norm(x, scale, *, eps=1e-5):
    """x / sqrt(mean of squares + eps) * scale, over the last axis.

    x is of shape (…, d), scale of (d,). B. Zhang and R. Sennrich, "Root mean square
    layer normalization" (2019), equation 4.
    """
    check_features("rms_norm", x, -1, scale)
    size = size_of(x, -1, eps)
    z = x / size

    def wrt_x(g):
        """(g scaled, less its part along x) / rms of x"""
        along = (g * scale * z).mean(axis=-1, keepdims=True)
        return (g * scale - z * along) / size

    def wrt_scale(g):
        """g · x / rms of x"""
        return g * z

    return z * scale, (wrt_x, wrt_scale)


@op()
def batch_norm(x, scale, shift, *, eps=1e-5):
    """(x - mean) / sqrt(variance + eps) * scale + shift, over the batch.

    x is of shape (n, d), or (n, d, …) as images have it; scale and shift of (d,). Means
    and variances are over all axes but the second. S. Ioffe and C. Szegedy, "Batch
    normalization" (2015), algorithm 1; the derivative is in section 3.
    """
    check_features("batch_norm", x, 1, scale, shift)
    axes, scale, shift = others(x), spread(scale, x), spread(shift, x)
    centred = x - x.mean(axis=axes, keepdims=True)
    deviation = size_of(centred, axes, eps)
    z = centred / deviation

    def wrt_x(g):
        """(g scaled, less mean and part along x) / std of x"""
        return without_mean_and_slope(g * scale, z, axes) / deviation

    def wrt_scale(g):
        """g · (x - mean) / std of x, Σ over the batch"""
        return (g * z).sum(axis=axes)

    return z * scale + shift, (wrt_x, wrt_scale, lambda g: g.sum(axis=axes))


@op()
def normalise(x, scale, shift, *, mean, var, eps=1e-5):
    """(x - mean) / sqrt(var + eps) * scale + shift: batch_norm, once it is trained.

    As `batch_norm`, with the mean and variance of each feature given, of shape (d,).
    """
    check_features("normalise", x, 1, scale, shift, mean, var)
    dtype = scale.dtype  # statistics widen no float32
    axes, scale, shift = others(x), spread(scale, x), spread(shift, x)
    deviation = np.sqrt(spread(var.astype(dtype), x) + float(eps))
    z = (x - spread(mean.astype(dtype), x)) / deviation

    def wrt_scale(g):
        """g · (x - mean) / std, Σ over the batch"""
        return (g * z).sum(axis=axes)

    return z * scale + shift, (
        lambda g: g * scale / deviation,
        wrt_scale,
        lambda g: g.sum(axis=axes),
    )


def size_of(x, axes, eps):
    """sqrt(mean of squares + eps); those of float16 are of float32, or end at 65504."""
    wide = x.astype(np.float32) if x.dtype.char == "e" else x
    size = np.sqrt((wide * wide).mean(axis=axes, keepdims=True) + float(eps))
    return size if size.dtype == x.dtype else size.astype(x.dtype)


def without_mean_and_slope(g, z, axes):
    """g less its mean, and less what of it goes with z: what comes through."""
    mean = g.mean(axis=axes, keepdims=True)
    return g - mean - z * (g * z).mean(axis=axes, keepdims=True)


def others(x):
    """All axes but the second, which is that of the features."""
    return (0, *range(2, x.ndim))


def spread(numbers, x):
    """Numbers of (d,), to go with x of (n, d, …)."""
    return numbers.reshape(numbers.shape + (1,) * (x.ndim - 2))


def check_features(caller: str, x: Any, axis: int, *numbers: Any) -> None:
    """Raise ValueError unless the numbers are one for each of x's features."""
    needed = "(…, d)" if axis == -1 else "(n, d) or (n, d, …)"
    if x.ndim < (1 if axis == -1 else 2):
        raise ValueError(f"{caller}: x has shape {x.shape}, and must have {needed}")
    words = ("scale", "shift", "mean", "var")
    for word, y in zip(words, numbers, strict=False):
        if y.shape != (x.shape[axis],):
            raise ValueError(
                f"{caller}: x has shape {x.shape}, {needed}, so {word} must have "
                f"({x.shape[axis]},); it has {y.shape}"
            )


class LayerNorm(Layer):
    """Each row to mean 0 and variance 1, then scaled and shifted.

    Args:
        d: features, the length of the last axis.
        eps: is added to the variance, so that nothing is divided by 0.
        name: what the picture calls it.

    Attributes:
        scale, shift: parameters of shape (d,), which begin as ones and zeros.
    """

    def __init__(self, d: int, *, eps: float = 1e-5, name: str = "LayerNorm") -> None:
        self.name, self.eps = name, not_negative(type(self).__name__, "eps", eps)
        self.scale, self.shift = ones(type(self).__name__, d), zeros(d)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(…, d) to the same shape."""
        return layer_norm(inp, self.scale, self.shift, eps=self.eps)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.scale.size})"


class RMSNorm(Layer):
    """Each row to a mean square of 1, then scaled.

    Args:
        d: features, the length of the last axis.
        eps: is added to the mean square, so that nothing is divided by 0.
        name: what the picture calls it.

    Attributes:
        scale: a parameter of shape (d,), which begins as ones.
    """

    def __init__(self, d: int, *, eps: float = 1e-5, name: str = "RMSNorm") -> None:
        self.name, self.eps = name, not_negative(type(self).__name__, "eps", eps)
        self.scale = ones(type(self).__name__, d)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(…, d) to the same shape."""
        return rms_norm(inp, self.scale, eps=self.eps)


class BatchNorm(Layer):
    """Each feature to mean 0 and variance 1 over the batch, then scaled and shifted.

    While it is trained it also keeps running statistics; after `eval()` it normalises
    by these, so that an example's output does not depend on the others.

    Args:
        d: features: the length of the second axis, as in (n, d) or (n, d, h, w).
        momentum: the share of a new batch in the running statistics.
        eps: is added to the variance, so that nothing is divided by 0.
        name: what the picture calls it.

    Attributes:
        scale, shift: parameters of shape (d,), which begin as ones and zeros.
        mean, var: the running statistics, arrays of shape (d,); the variance is that
            with n - 1, an unbiased estimate.
    """

    _buffers = ("mean", "var")

    def __init__(
        self,
        d: int,
        *,
        momentum: float = 0.1,
        eps: float = 1e-5,
        name: str = "BatchNorm",
    ) -> None:
        who = type(self).__name__
        self.name, self.eps = name, not_negative(who, "eps", eps)
        self.momentum = up_to_one(who, "momentum", momentum)
        self.scale, self.shift = ones(who, d), zeros(d)
        self.mean, self.var = np.zeros(d), np.ones(d)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """(n, d) or (n, d, …) to the same shape."""
        if not self.training:
            statistics = {"mean": self.mean, "var": self.var}
            return normalise(inp, self.scale, self.shift, eps=self.eps, **statistics)
        x = data_of(inp)
        self._take_note(x if hasattr(x, "ndim") else np.asarray(x))
        return batch_norm(inp, self.scale, self.shift, eps=self.eps)

    def _take_note(self, x: Any) -> None:
        """Move the running statistics towards those of a batch."""
        check_features(type(self).__name__, x, 1, self.scale)
        if isinstance(x, written.Writing) and not x.record.exact:
            return  # of a call that viz.code makes, to write it down
        n = math.prod(x.shape[i] for i in others(x))
        if n < 2:
            raise ValueError(
                f"{type(self).__name__}: a batch of shape {x.shape} has {n} of each "
                "feature, and a variance needs two; take another batch_size, or call "
                "eval() on a network that is only used"
            )
        mean, var = x.mean(axis=others(x)), x.var(axis=others(x)) * (n / (n - 1))
        old = 1 - self.momentum
        self.mean = (old * self.mean + self.momentum * mean).astype(self.mean.dtype)
        self.var = (old * self.var + self.momentum * var).astype(self.var.dtype)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.scale.size})"


def ones(caller: str, d: Any) -> Any:
    check_sizes(caller, d=d)
    return parameter(np.ones(d))


def zeros(d: int) -> Any:
    return parameter(np.zeros(d))
