"""Holding any derivative to finite differences.

The one idea: the slope of f along an entry of x is (f(x + h) - f(x - h)) / 2h up to an
error of order h**2, whatever the rules say. The result of f is first multiplied by
fixed random weights and summed, so that one backward pass tests every entry of it.

The step h = cbrt(eps) * max(1, |x|) balances that error against rounding (W. Press et
al., "Numerical Recipes", 3rd edition, section 5.7).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine.graph import backward_pass
from engine.recording import recording
from engine.tensor import Tensor


@recording()
def check_gradients(
    f: Callable[..., Any],
    *x: Any,
    order: int = 1,
    tolerance: float = 1e-6,
    rng: np.random.Generator | None = None,
) -> None:
    """Compare the gradients of f with central differences, entry by entry, in float64.

    Args:
        f: a function of arrays, written in NumPy, of one array as result.
        x: where to check: numbers or arrays, at which f is smooth. Every entry costs
            two calls of f.
        order: 1 for first derivatives; 2 for those of the first derivatives as well.
        tolerance: largest difference allowed, relative to the larger of 1 and the
            largest slope of the argument.
        rng: draws the weights; `numpy.random.default_rng(0)` if None.

    Raises:
        ValueError: if the order is another.
        AssertionError: naming the argument, its worst entry, and both numbers.
        TypeError: if f loses the graph, and returns no Tensor for Tensors.
    """
    if order not in (1, 2):
        raise ValueError(f"check_gradients: order is {order!r}, and must be 1 or 2")
    rng = rng or np.random.default_rng(0)
    points = [np.array(a, dtype=np.float64) for a in x]
    result = f(*map(Tensor, points))
    if not isinstance(result, Tensor):
        raise TypeError(
            f"check_gradients: f returned a {type(result).__name__} for Tensors; "
            "somewhere it left the graph"
        )
    projected = _projected(f, points, rng)
    _check("", projected, points, tolerance)
    if order == 2:
        slope = _projected_slope(projected, points, rng)
        _check("second derivative, ", slope, points, tolerance)


def _check(
    what: str, f: Callable[..., Any], points: list[np.ndarray], tolerance: float
) -> None:
    for i, slopes in enumerate(_gradients(f, points)):
        differences = _central_differences(f, points, i)
        _compare(f"{what}argument {i}", slopes, differences, tolerance)


def _projected(
    f: Callable[..., Any], points: list[np.ndarray], rng: np.random.Generator
) -> Callable[..., Any]:
    """f times fixed random weights, summed: a function to a scalar."""
    weights = rng.standard_normal(np.shape(f(*points)))
    return lambda *x: np.sum(f(*x) * weights)


def _projected_slope(
    f: Callable[..., Any], points: list[np.ndarray], rng: np.random.Generator
) -> Callable[..., Any]:
    """The slope of f along one random direction, as a function of the point."""
    directions = [rng.standard_normal(p.shape) for p in points]

    def slope(*x: Any) -> Any:
        along = (g * d for g, d in zip(_gradients(f, x), directions, strict=True))
        return sum(np.sum(product) for product in along)

    return slope


def _gradients(f: Callable[..., Any], x: Any) -> list[Any]:
    """Of f at x, as arrays; or as Tensors with a graph, where an x is a Tensor."""
    leaves = [a if isinstance(a, Tensor) else Tensor(a) for a in x]
    loss = f(*leaves)
    if not isinstance(loss, Tensor) or not loss.requires_grad:  # f is constant
        return [np.zeros(leaf.shape) for leaf in leaves]
    again = any(isinstance(a, Tensor) for a in x)
    reached = backward_pass([loss], [None], leaves, create_graph=again)
    return [reached.get(leaf, np.zeros(leaf.shape)) for leaf in leaves]


def _central_differences(
    f: Callable[..., Any], points: list[np.ndarray], i: int
) -> np.ndarray:
    slopes = np.zeros(points[i].shape)
    for entry in np.ndindex(points[i].shape):
        h = np.cbrt(np.finfo(float).eps) * max(1.0, abs(points[i][entry]))
        values = []
        for step in (h, -h):
            moved = [p.copy() for p in points]
            moved[i][entry] += step
            values.append(float(f(*moved)))
        slopes[entry] = (values[0] - values[1]) / (2 * h)
    return slopes


def _compare(who: str, slopes: Any, differences: np.ndarray, tolerance: float) -> None:
    slopes = np.asarray(slopes.data if isinstance(slopes, Tensor) else slopes)
    if not slopes.size:
        return
    finite = np.abs(differences[np.isfinite(differences)])
    error = np.abs(slopes - differences)
    error = np.where(np.isfinite(error), error, np.inf)
    if error.max() > tolerance * max(1.0, finite.max(initial=0.0)):
        worst = np.unravel_index(np.argmax(error), error.shape)
        entry = ", ".join(map(str, worst))
        raise AssertionError(
            f"check_gradients: {who}, entry [{entry}]: the rule says "
            f"{slopes[worst]:.9g}, central differences {differences[worst]:.9g}"
        )
