"""Comparing any derivative with finite differences.

The slope of f along a direction d is (f(x + d) - f(x - d)) / 2, up to an error of third
order in d, whatever the rules say. The result of f is first multiplied by random
weights and summed, so that one backward pass tests every entry of it. A small argument
is moved entry by entry. The entries of a large one are moved together: a rule that is
wrong in one of them is wrong along the whole direction, and along the half of it with
the larger error, and along the worse half of that, which leads to the entry.

The step h = cbrt(eps) * max(1, |x|) balances that error against rounding (W. Press et
al., "Numerical Recipes", 3rd edition, section 5.7) if f is as large as its slopes and
its curvature. Otherwise h / 32 or 32 h does better; a wrong rule agrees with neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from engine.graph import backward_pass
from engine.recording import recording
from engine.tensor import Tensor

SMALL = 256  # entries: an argument of more is checked along directions
DIRECTIONS = 4  # along one of them, the errors of two entries may cancel
STEPS = np.cbrt(np.finfo(float).eps) * np.array([1, 1 / 32, 32])

Function = Callable[..., Any]


@recording()
def check_gradients(
    f: Function,
    *x: Any,
    order: int = 1,
    tolerance: float = 1e-6,
    rng: np.random.Generator | None = None,
) -> None:
    """Compare the gradients of f with central differences, in float64.

    An argument costs two calls of f for every entry; one of more than 256 entries costs
    eight in all. Two other steps are tried before a difference is reported, and in a
    large argument the entry is looked for, with up to 50 * log2(entries) calls.

    Args:
        f: a function of arrays, written in NumPy, of one array as result.
        x: where to check: numbers or arrays, at which f is smooth.
        order: 1 for first derivatives; 2 for those of the first derivatives as well.
        tolerance: largest difference allowed, relative to the larger of 1 and the
            largest slope of the argument. A mean over many entries wants a smaller one.
        rng: draws the weights; `numpy.random.default_rng(0)` if None.

    Raises:
        ValueError: if the order is not 1 or 2.
        AssertionError: naming the argument, its worst entry (of a large one, the worst
            of those found), and both numbers.
        TypeError: if f loses the graph: it does not return a Tensor for Tensors.
    """
    if type(order) is not int or order not in (1, 2):
        raise ValueError(f"check_gradients: order is {order!r}, and must be 1 or 2")
    if not callable(f):
        raise TypeError(f"check_gradients: f is {f!r:.60}, and must be a function")
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"check_gradients: rng is {rng!r:.60}; pass np.random.default_rng(seed)"
        )
    draw = partial(_weights, rng or np.random.default_rng(0))
    points = [_point(a) for a in x]
    result = f(*map(Tensor, points))
    if not isinstance(result, Tensor):
        raise TypeError(
            f"check_gradients: f returned a {type(result).__name__} for Tensors, and "
            "must return one; somewhere it left the graph, or nothing depends on x"
        )
    projected = _projected(f, points, draw)
    _compare("", projected, points, tolerance, draw)
    if order == 2:
        slope = _projected_slope(projected, points, draw)
        _compare("second derivative, ", slope, points, tolerance, draw)


def _point(x: Any) -> np.ndarray:
    """A copy of x in float64, which a complex array would lose half of."""
    array = np.array(x.data if isinstance(x, Tensor) else x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"check_gradients: {x!r:.60} is not an array of real numbers")
    return array.astype(np.float64)


def _compare(
    what: str, f: Function, points: list[np.ndarray], tolerance: float, draw: Function
) -> None:
    for i, gradient in enumerate(_gradients(f, points)):
        slopes = np.asarray(gradient.data if isinstance(gradient, Tensor) else gradient)
        finite = np.abs(slopes[np.isfinite(slopes)])
        allowed = tolerance * max(1.0, finite.max(initial=0.0))
        argument = _Argument(f, points, i, slopes, allowed)
        alone = [(*argument.along([e], 1.0), e) for e in argument.suspects(draw)]
        error, rule, differences, e = max(alone, key=itemgetter(0), default=(0.0,) * 4)
        if error > allowed:
            entry = ", ".join(map(str, np.unravel_index(int(e), slopes.shape)))
            raise AssertionError(
                f"check_gradients: {what}argument {i}, entry [{entry}]: the rule says "
                f"{rule:.9g}, central differences {differences:.9g}"
            )


def _weights(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Of either sign, and not near 0, which would hide what it multiplies."""
    return rng.uniform(0.5, 1.0, shape) * rng.choice([-1.0, 1.0], shape)


def _projected(f: Function, points: list[np.ndarray], draw: Function) -> Function:
    """The change of f times fixed random weights, summed: a function to a scalar."""
    start = f(*points)  # taken off, or a large f would be rounded away in the sum
    weights = draw(np.shape(start))
    return lambda *x: np.sum((f(*x) - start) * weights)


def _projected_slope(f: Function, points: list[np.ndarray], draw: Function) -> Function:
    """The slope of f along one random direction, as a function of the point."""
    directions = [draw(p.shape) for p in points]

    def slope(*x: Any) -> Any:
        along = (g * d for g, d in zip(_gradients(f, x), directions, strict=True))
        return sum(np.sum(product) for product in along)

    return slope


def _gradients(f: Function, x: Any) -> list[Any]:
    """Of f at x, as arrays; or as Tensors with a graph, where an x is a Tensor."""
    leaves = [a if isinstance(a, Tensor) else Tensor(a) for a in x]
    loss = f(*leaves)
    if not isinstance(loss, Tensor) or not loss.requires_grad:  # f is constant
        return [np.zeros(leaf.shape) for leaf in leaves]
    again = any(isinstance(a, Tensor) for a in x)
    reached = backward_pass(
        [loss], [None], leaves, create_graph=again, only_inputs=True
    )
    return [reached.get(leaf, np.zeros(leaf.shape)) for leaf in leaves]


class _Argument(NamedTuple):
    """The one that moves, its slopes by the rule, and what error they may have."""

    f: Function
    points: list[np.ndarray]
    i: int
    slopes: np.ndarray
    allowed: float

    def suspects(self, draw: Function) -> Iterator[int]:
        """All entries of a small one; those that directions lead to in a large one."""
        if self.slopes.size <= SMALL:
            yield from range(self.slopes.size)
            return
        for _ in range(DIRECTIONS):
            weights = draw((self.slopes.size,))
            some = np.arange(self.slopes.size)
            if self.along(some, weights)[0] > self.allowed:
                while some.size > 1:
                    halves = np.array_split(some, 2)
                    some = max(halves, key=lambda e: self.along(e, weights[e])[0])
                yield int(some[0])

    def along(self, entries: Any, weights: Any) -> tuple[float, ...]:
        """The error, the rule and the differences, per step of what moves least."""
        direction = weights * np.maximum(1.0, np.abs(self.points[self.i].flat[entries]))
        unit = np.abs(direction).min()
        tried = []
        with np.errstate(all="ignore"):  # a step may leave where f is defined
            rule = float(self.slopes.flat[entries] @ direction / unit)
            for h in STEPS:
                high, low = (self.moved(entries, by * direction) for by in (h, -h))
                differences = (high - low) / float(2 * h * unit)
                error = abs(rule - differences)
                tried.append((error if error < np.inf else np.inf, rule, differences))
                if error <= self.allowed:
                    break
        return min(tried, key=itemgetter(0))

    def moved(self, entries: Any, by: np.ndarray) -> float:
        points = [p.copy() for p in self.points]
        points[self.i].flat[entries] += by
        return float(self.f(*points))
