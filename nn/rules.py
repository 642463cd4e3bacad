"""The layers' calculus: each is one rule, so that each is one card in the picture.

`x` is a batch of shape (n, d): n examples in rows, d features in columns. As in
engine/rules/, `g` is the gradient of the final scalar with respect to the value. For
two matrices np.dot(x, w) is x @ w, and up to eight times as fast where one is thin.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine import Tensor, op


@op()
def lin(x, w, b):
    """x @ w + b, for x of shape (n, d), w of shape (d, k) and b of shape (k,)."""
    if x.ndim != 2 or b.ndim != 1 or x.shape[1:] + b.shape != w.shape:
        raise shape_error("lin", x, w, b)
    y = np.dot(x, w)
    if y.dtype is b.dtype:
        y += b
    else:
        y = y + b
    return y, (
        lambda g: np.dot(g, w.T),
        lambda g: np.dot(x.T, g),
        lambda g: g.sum(axis=0),
    )


@op()
def masked_linear(x, w, b, *, mask):
    """x @ (w * mask) + b: where the fixed `mask` is 0, the weight is left out.

    Shapes as in `lin`; the mask, of zeros and ones, has the shape of w.
    """
    if x.ndim != 2 or b.ndim != 1 or x.shape[1:] + b.shape != w.shape:
        raise shape_error("masked_linear", x, w, b)
    check_mask("masked_linear", mask, w.shape)
    kept = np.where(mask, w, 0.0)  # 0 * NaN is NaN
    y = np.dot(x, kept)
    if y.dtype is b.dtype:
        y += b
    else:
        y = y + b
    return y, (
        lambda g: np.dot(g, kept.T),
        lambda g: np.where(mask, np.dot(x.T, g), 0.0),
        lambda g: g.sum(axis=0),
    )


@op()
def relu(x):
    """The larger of x and 0; the slope at 0 is 0."""
    y = np.maximum(x, 0.0)

    def inside(g):
        """g * (x > 0)"""
        return g * (y != 0)  # which NaN passes, too

    return y, (inside,)


@op()
def exciter(x, *, low=-10.0, high=10.0):
    """x clamped to [low, high]; the gradient passes inside, bounds included."""
    y = np.minimum(np.maximum(x, low), high)
    return y, (lambda g: g * ((x >= low) & (x <= high)),)


@op()
def mse(output, target):
    """The mean squared error: mean((output - target) ** 2), a number.

    The shapes are equal, or (n, 1) for the output and (n,) for the target.
    """
    shape, wanted = output.shape, getattr(target, "shape", ())
    if shape != wanted and (len(shape) != 2 or shape != (*wanted, 1)):
        raise mse_shape_error(shape, wanted)
    difference = output.reshape(wanted) - target
    flat, n = difference.reshape(-1), difference.size
    if difference.dtype.char == "e":  # float16, whose sums and counts end at 65504
        loss, n = (flat * flat).mean(), np.float32(n)  # which adds in float32
    else:
        loss = np.dot(flat, flat) / n  # the sum of squares
    return loss, (
        lambda g: (2 * g / n * difference).reshape(shape),
        lambda g: -2 * g / n * difference,
    )


def as_float(caller: str, what: str, x: Any) -> float:
    """A Python number, which unlike one of NumPy's widens no float32."""
    if getattr(x, "shape", ()) != ():
        raise TypeError(f"{caller}: {what} has shape {x.shape}, and must be a number")
    try:
        return float(x)
    except OverflowError:
        raise ValueError(f"{caller}: {what} is too large for a float") from None
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{caller}: {what} is {x!r:.60}, and must be a number"
        ) from None


def check_mask(caller: str, mask: Any, shape: tuple[int, ...]) -> None:
    """Raise unless the mask is an array of zeros and ones, of the weight's shape."""
    if isinstance(mask, Tensor) or not hasattr(mask, "shape"):
        raise TypeError(
            f"{caller}: mask is a {type(mask).__name__}, and must be a plain array: it "
            "is fixed, and has no gradient"
        )
    if mask.shape != shape:
        cure = "; mask.T would fit" if mask.shape == shape[::-1] else ""
        raise ValueError(
            f"{caller}: mask has shape {mask.shape}, and must have w's, {shape}{cure}"
        )
    if mask.dtype.kind == "b":
        return
    if not isinstance(mask, np.ndarray) and not hasattr(mask, "__dlpack__"):
        raise TypeError(
            f"{caller}: mask is a {type(mask).__name__} of {mask.dtype} whose numbers "
            "are not known yet; pass mask != 0, which is boolean"
        )
    if not ((mask == 0) | (mask == 1)).all():
        raise ValueError(
            f"{caller}: mask holds {mask[(mask != 0) & (mask != 1)][0]}, and must hold "
            "zeros and ones; mask != 0 does"
        )


def check_weights(caller: str, w: Any, b: Any) -> None:
    """Raise ValueError unless w is a matrix (d, k), and b a vector (k,)."""
    if w.ndim != 2:
        cure = "; w[:, None] would, with k = 1" if w.ndim == 1 else ""
        raise ValueError(f"{caller}: w has shape {w.shape}, and must have (d, k){cure}")
    if b.shape != w.shape[1:]:
        cure = "; b.ravel() would fit" if b.size == w.shape[1] else ""
        raise ValueError(
            f"{caller}: b has shape {b.shape}, and must have {w.shape[1:]} to go with "
            f"w {w.shape}{cure}"
        )


def shape_error(caller: str, x: Any, w: Any, b: Any) -> ValueError:
    """The error that says which shape of a linear layer's operands is wrong."""
    if x.ndim != 2:
        return ValueError(
            f"{caller}: x has shape {x.shape}, and must be a batch of shape (n, d); "
            "for one example use x[None, :]"
        )
    check_weights(caller, w, b)
    (_, d), (e, k) = x.shape, w.shape
    cure = "; w.T would fit" if k == d else f"; w must have {d} rows"
    return ValueError(f"{caller}: x {x.shape} @ w {w.shape} needs {d} == {e}{cure}")


def mse_shape_error(output: tuple[int, ...], target: tuple[int, ...]) -> ValueError:
    """The error for an output and a target whose shapes do not go together."""
    same = math.prod(output) == math.prod(target)
    cure = f"target.reshape({output}) would fit" if same else "they differ in size"
    return ValueError(
        f"mse: output {output} against target {target}; they must be equal, or (n, 1) "
        f"against (n,); {cure}"
    )
