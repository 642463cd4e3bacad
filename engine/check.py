"""Comparing any derivative with finite differences, and with one derived by hand.

The result of f is first multiplied by random weights and summed, so that one backward
pass tests every entry of it. Where the differences come from, and when they are to be
believed, is in _differences.py; a gradient derived by hand is compared in _by_hand.py.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from engine import mistakes
from engine._by_hand import compare_by_hand
from engine._differences import DIRECTIONS, SMALL, Argument, Verdict
from engine._node import data_of
from engine.graph import backward_pass
from engine.recording import recording
from engine.tensor import Tensor

SAME = 1e-12  # relative: what two calls at one point may differ by; sums are rounded

Function = Callable[..., Any]


@recording()
def check_gradients(
    f: Function,
    *x: Any,
    order: int = 1,
    tolerance: float = 1e-6,
    rng: np.random.Generator | None = None,
    gradient: Any = None,
    **options: Any,
) -> None:
    """Compare the gradients of f with central differences, in float64.

    Prints one line that says what agreed, and how closely.

    An argument costs two calls of f for every entry; one of more than 256 entries costs
    eight in all. Before a difference is reported, other steps are tried, absolute ones
    and those relative to x, with up to 20 calls for an entry. In a large argument the
    entry is looked for, with up to 250 + 32 * log2(entries) calls.

    Args:
        f: a function of arrays, written in NumPy, of one array as result. Two calls at
            one point must give the same.
        x: where to check: numbers or arrays, at which f is smooth.
        order: 1 for first derivatives; 2 for those of the first derivatives as well.
        tolerance: largest difference allowed, relative to the slope of the entry. Where
            rounding hides so little, and in an argument of more than 256 entries, it is
            relative to the larger of 1 and the largest slope of the argument: a mean
            over many entries wants a smaller one.
        rng: draws the weights; `numpy.random.default_rng(0)` if None.
        gradient: the gradient of f as derived by hand, if that is to be checked: an
            array or number of the shape of x; for several x a tuple of them. Every
            entry is compared with f's. Then f must return one number.
        options: those of f. One with a name from above goes in another way:
            `functools.partial(f, order=...)`.

    Raises:
        AssertionError: naming the argument, its worst entry (of a large one, the worst
            of those found), and both numbers. Of a gradient derived by hand it says how
            many entries are off, and whether by a factor, the sign or a transposition.
        TypeError: if f loses the graph: it does not return a Tensor for Tensors.
        ValueError: if f can't be checked at x: two calls gave two values, f is not
            finite, a step leaves where it is defined, or it is too rough. If the order
            is not 1 or 2. With `gradient`, if f returns more than one number.
    """
    _check_options(f, order, rng)
    f = partial(f, **options) if options else f
    draw = partial(_weights, rng or np.random.default_rng(0))
    points = [_point(a) for a in x]
    start = _start(f, points)
    projected = _projected(f, start, draw)
    found = [_compare("", projected, points, tolerance, draw)]
    if order == 2:
        slope = _projected_slope(projected, points, draw)
        found.append(_compare("second derivative, ", slope, points, tolerance, draw))
    if gradient is not None:
        if np.size(start) != 1:
            raise ValueError(
                f"check_gradients: f returned shape {np.shape(start)}, and beside a "
                "gradient must return one number; sum it, or leave out gradient="
            )
        slopes = [np.asarray(data_of(g)) for g in _gradients(f, points)]
        error = compare_by_hand(
            gradient, slopes, tolerance, partial(_mistake, f, points)
        )
        found.append(_Agreement(error, DIRECTIONS))
    print(_summary(points, found, order, gradient is not None))


def _check_options(f: Any, order: Any, rng: Any) -> None:
    if type(order) is not int or order not in (1, 2):
        raise ValueError(f"check_gradients: order is {order!r}, and must be 1 or 2")
    if not callable(f):
        raise TypeError(f"check_gradients: f is {f!r:.60}, and must be a function")
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"check_gradients: rng is {rng!r:.60}; pass np.random.default_rng(seed)"
        )


def _point(x: Any) -> np.ndarray:
    """A copy of x in float64, which a complex array would lose half of."""
    array = np.array(x.data if isinstance(x, Tensor) else x)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"check_gradients: {x!r:.60} is not an array of real numbers")
    return array.astype(np.float64)


def _start(f: Function, points: list[np.ndarray]) -> Any:
    """The value of f, after a look at whether it has one and can be checked."""
    result = f(*map(Tensor, points))
    if not isinstance(result, Tensor):
        raise TypeError(
            f"check_gradients: f returned a {type(result).__name__} for Tensors, and "
            "must return one; somewhere it left the graph, or nothing depends on x"
        )
    start, again = (data_of(f(*(p.copy() for p in points))) for _ in range(2))
    if not np.all(np.isfinite(start)):
        raise ValueError(
            f"check_gradients: f is not finite at x, but {start!r:.60}; choose an x "
            "where it is"
        )
    size = np.max(np.abs(start), initial=0.0)
    if np.shape(start) != np.shape(again) or np.any(abs(again - start) > SAME * size):
        raise ValueError(
            "check_gradients: two calls of f at one point gave two values, so it is "
            "random or keeps a state; have each call draw from a generator of its own, "
            "np.random.default_rng(0)"
        )
    return start


class _Agreement(NamedTuple):
    """The largest error, relative to the slopes; along how many directions."""

    error: float
    directions: int


def _compare(
    what: str, f: Function, points: list[np.ndarray], tolerance: float, draw: Function
) -> _Agreement:
    """How closely all agree; an error where a rule is wrong."""
    found = _Agreement(0.0, DIRECTIONS)
    for i, gradient in enumerate(_gradients(f, points)):
        slopes = np.asarray(data_of(gradient))
        argument = Argument(f, points, i, slopes, tolerance)
        verdicts, along = argument.verdicts(draw)
        _raise_the_worst(f"check_gradients: {what}argument {i}", slopes, verdicts)
        errors = (found.error, *along, *(v.agreement for v in verdicts))
        few = len(along) if slopes.size > SMALL else DIRECTIONS
        found = _Agreement(max(errors), min(found.directions, few))
    return found


def _raise_the_worst(who: str, slopes: np.ndarray, verdicts: list[Verdict]) -> None:
    """Of the entries with a wrong rule the worst; else of those that tell nothing."""
    wrong = [v for v in verdicts if v.fault == "wrong"]
    faults = wrong or [v for v in verdicts if v.fault]
    if not faults:
        return
    worst = max(faults, key=lambda v: v.steps[0].error)
    entry = ", ".join(map(str, np.unravel_index(worst.entry, slopes.shape)))
    place = f"{who}, entry [{entry}]"
    said, least = worst.steps[0], min(worst.steps, key=lambda step: step.size)
    if worst.fault == "wrong":
        raise AssertionError(
            f"{place}: the rule says {said.rule:.9g}, central differences "
            f"{said.differences:.9g}"
        )
    if worst.fault == "undefined":
        raise ValueError(
            f"{place}: with a step of {least.size:.2g} f is not finite on one side, so "
            f"that differences tell nothing (the rule says {said.rule:.9g}); choose an "
            "x inside the domain of f"
        )
    other = worst.steps[1]
    raise ValueError(
        f"{place}: differences do not settle: {said.differences:.9g} with a step of "
        f"{said.size:.2g}, {other.differences:.9g} with {other.size:.2g} (the rule "
        f"says {said.rule:.9g}); f is rough at x, or much larger than its changes, or "
        "tolerance is too small"
    )


def _summary(
    points: list[np.ndarray], found: list[_Agreement], order: int, by_hand: bool
) -> str:
    sizes = [p.size for p in points]
    entries, arguments = _counted(sum(sizes), "entry"), _counted(len(sizes), "argument")
    agree = "agrees" if sum(sizes) == 1 else "agree"
    few = min(agreement.directions for agreement in found)
    of = "" if few == DIRECTIONS else f"{few} of "
    large = max(sizes, default=0) > SMALL
    along = f" along {of}{DIRECTIONS} directions" if large else ""
    closely = [f"to {_power_of_ten(agreement.error)}" for agreement in found]
    words = (
        f"check_gradients: {entries} of {arguments} {agree} with central differences"
        f"{along}, {closely[0]}"
    )
    words += f"; in second derivatives, {closely[1]}" if order == 2 else ""
    return words + (f"; with the gradient given, {closely[-1]}" if by_hand else "")


def _power_of_ten(error: float) -> str:
    """The next above it: the digits themselves would differ between machines."""
    return f"{10.0 ** math.ceil(math.log10(max(error, 1e-16))):.0e}"


def _counted(n: int, noun: str) -> str:
    plural = {"entry": "entries", "argument": "arguments"}
    return f"{n} {noun if n == 1 else plural[noun]}"


def _mistake(f: Function, points: list[np.ndarray], i: int, mine: np.ndarray) -> str:
    """The sentence for a wrong gradient of an argument, to go after what is off."""
    leaves = [Tensor(p) for p in points]
    found = mistakes.findings_of_function(f, points, i, mine, f(*leaves), leaves[i])
    texts = [x.text.rstrip(".") for x in found if x.kind != "entries"]
    if texts and texts[0].startswith("The answer has shape"):  # which is said before it
        return "; " + texts[0].partition(": ")[2]
    return "".join(f". {text}" for text in texts)


def _weights(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Of either sign, and not near 0, which would hide what it multiplies."""
    return rng.uniform(0.5, 1.0, shape) * rng.choice([-1.0, 1.0], shape)


def _projected(f: Function, start: Any, draw: Function) -> Function:
    """The change of f times fixed random weights, summed: a function to a scalar.

    The start is taken off, or a large f would be rounded away in the sum.
    """
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
