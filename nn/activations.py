"""Activations: functions of each entry, and softmax, of each row.

The hyperbolic tangent is NumPy's own: `np.tanh`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import data_of, op
from nn.checks import as_float
from nn.layer import Layer


@op()
def relu(x):
    """The larger of x and 0; the slope at 0 is 0."""
    y = np.maximum(x, 0.0)

    def inside(g):
        """g * (x > 0)"""
        return g * (y != 0)  # which NaN passes, too

    return y, (inside,)


@op()
def leaky_relu(x, *, slope=0.01):
    """x where it is above 0, and slope * x elsewhere, at 0 too.

    A. Maas, A. Hannun and A. Ng, "Rectifier nonlinearities improve neural network
    acoustic models" (2013).
    """
    above = data_of(x) > 0
    return np.where(above, x, slope * x), (lambda g: np.where(above, g, slope * g),)


@op()
def sigmoid(x):
    """1 / (1 + e ** -x), without overflow; its slope is y * (1 - y)."""
    below = data_of(x) < 0
    small = np.exp(np.where(below, x, -x))  # -abs(x) has a kink at 0
    whole = 1 + small

    def slope(g):
        """g * y * (1 - y)"""
        return g * small / (whole * whole)  # precise where y rounds to 1, too

    return np.where(below, small, 1.0) / whole, (slope,)


@op()
def gelu(x, *, approximate="tanh"):
    """x times the share of a normal distribution that lies below x.

    D. Hendrycks and K. Gimpel, "Gaussian error linear units" (2016), section 2. With
    "tanh" it is their approximation, which differs by at most 5e-4 and needs NumPy
    only; with "none" it is exact, and needs SciPy. (In PyTorch "none" is the default.)
    """
    if approximate == "none":
        near = np.clip(x, -40.0, 40.0)  # beyond, the density is 0
        share = 0.5 * (1 + _erf(near / math.sqrt(2)))
        density = np.exp(-0.5 * near * near) / math.sqrt(2 * math.pi)

        def exact(g):
            """g · (share below x + x · density at x)"""
            return g * (share + near * density)

        return x * share, (exact,)
    if approximate != "tanh":
        raise ValueError(
            f'gelu: approximate is {approximate!r:.60}, and must be "tanh" or "none"'
        )
    c = math.sqrt(2 / math.pi)
    near = np.clip(x, -10.0, 10.0)  # beyond, t is -1 or 1
    t = np.tanh(c * (near + 0.044715 * near * near * near))
    slope = c * (1 + 3 * 0.044715 * near * near)

    def wrt_x(g):
        """g · (share below x + x · density at x), nearly"""
        return g * (0.5 * (1 + t) + 0.5 * near * (1 - t * t) * slope)

    return 0.5 * x * (1 + t), (wrt_x,)


def _erf(x):
    try:
        from scipy import special
    except ImportError:
        raise ImportError(
            'gelu: approximate="none" needs SciPy: pip install scipy; '
            'approximate="tanh" needs NumPy only'
        ) from None
    if x.dtype.char in "fd":
        return special.erf(x)
    return special.erf(x.astype(np.float64)).astype(x.dtype)  # it has no other dtypes


@op()
def softmax(x, *, axis=-1):
    """e ** x over its sum along the axis, without overflow: shares that add up to 1.

    J. Bridle, "Probabilistic interpretation of feedforward classification network
    outputs" (1990).

    An entry of -inf has the share 0. Where all are -inf, as where one is inf, there are
    no shares but NaN, with NumPy's warning.
    """
    e = np.exp(x - np.max(data_of(x), axis=axis, keepdims=True))
    y = e / e.sum(axis=axis, keepdims=True)

    def slopes(g):
        """y · (g - Σ g · y)"""
        return y * (g - (g * y).sum(axis=axis, keepdims=True))

    return y, (slopes,)


@op()
def log_softmax(x, *, axis=-1):
    """The logarithm of softmax, precise where a share is close to 0 or 1."""
    below = x - np.max(data_of(x), axis=axis, keepdims=True)
    e = np.exp(below)
    total = e.sum(axis=axis, keepdims=True)

    def slopes(g):
        """g - softmax(x) · Σ g"""
        return g - e / total * g.sum(axis=axis, keepdims=True)

    return below - np.log(total), (slopes,)


class ReLU(Layer):
    """The rectifier: the larger of the input and 0, entry by entry."""

    name = "ReLU"

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return relu(inp)


class LeakyReLU(Layer):
    """The input where it is above 0, and `slope` times the input elsewhere.

    Args:
        slope: below 0; a number.
    """

    name = "LeakyReLU"

    def __init__(self, *, slope: float = 0.01) -> None:
        self.slope = as_float("LeakyReLU", "slope", slope)

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return leaky_relu(inp, slope=self.slope)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(slope={self.slope})"


class Tanh(Layer):
    """The hyperbolic tangent, entry by entry: from -1 to 1."""

    name = "Tanh"

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return np.tanh(inp)


class Sigmoid(Layer):
    """The logistic function 1 / (1 + e ** -x), entry by entry: from 0 to 1."""

    name = "Sigmoid"

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return sigmoid(inp)


class GELU(Layer):
    """The Gaussian error linear unit, entry by entry.

    Args:
        approximate: "tanh", or "none" for the exact function, which needs SciPy; see
            `nn.gelu`.
    """

    name = "GELU"

    def __init__(self, *, approximate: str = "tanh") -> None:
        self.approximate = approximate

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return gelu(inp, approximate=self.approximate)

    def __repr__(self) -> str:
        how = "" if self.approximate == "tanh" else f"approximate={self.approximate!r}"
        return f"{type(self).__name__}({how})"


class Softmax(Layer):
    """Shares that add up to 1 along an axis. `CrossEntropy` takes logits, without it.

    Args:
        axis: which; the last, if it is left out.
    """

    name = "Softmax"

    def __init__(self, *, axis: int = -1) -> None:
        self.axis = axis

    _one_rule = True

    def forward(self, inp: Any) -> Any:
        """Any shape to the same shape."""
        return softmax(inp, axis=self.axis)

    def __repr__(self) -> str:
        which = "" if self.axis == -1 else f"axis={self.axis}"
        return f"{type(self).__name__}({which})"
