"""The nudge: how far the loss moves when one number is moved a little.

A recorded graph can be run again. Each op's rule computes its value anew, in float64,
from operands of which one entry was moved; what does not depend on it keeps its value.
The quotient is the slope that the gradient claims, found without calculus. It is that
of the graph: what was computed outside of it, from a Tensor's data, stays as it was.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of, topological_order
from viz.words.local_derivative import RULE_ERRORS
from viz.words.numbers import is_numpy, largest, number
from viz.words.trouble import stale_ids

STEP = 1e-6  # for numbers around 1: between what rounding and what curvature does
_AGREE = 1e-4  # relative: more than a step changes, less than four digits show
_FARTHER = 8  # steps away: the losses there tell a kink from a curve


class Nudge(NamedTuple):
    """The slope of the loss, found by moving one entry by `step`, up and down.

    Attributes:
        step: how far it was moved.
        slope: the quotient, of both ways together.
        left: the quotient of the way down.
        right: of the way up.
        kink: whether these differ because the slope jumps here, not because it turns.
        jump: whether they differ because the loss itself jumps.
        noise: how far rounding alone may move a quotient.
        curved: how far the quotient may be from the slope for curvature alone.
        eps: of the coarsest dtype, in which the gradient was computed.
    """

    step: float
    slope: float
    left: float
    right: float
    kink: bool
    jump: bool
    noise: float
    curved: float
    eps: float

    def compared(self, gradient: float) -> str:
        """The slope beside a gradient: `nudged by 1e-6 in the recorded graph: 6.000 ✓`;
        or that there is none to compare with."""
        start = f"nudged by {number(self.step)} in the recorded graph:"
        if self.jump:
            return f"{start} the loss jumps here"
        if not self.kink:
            slope = four_digits(self.slope)
            return f"{start} {slope}{self._verdict(gradient, self.slope)}"
        left, right = four_digits(self.left), four_digits(self.right)
        start += f" {left} to the left and {right} to the right, a kink"
        least, most = sorted((self.left, self.right))
        wrong = self._verdict(gradient, min(max(gradient, least), most)) == " ✗"
        return start + (" ✗" if wrong else ": the slope is a convention")

    def _verdict(self, gradient: float, slope: float) -> str:
        apart = abs(slope - gradient)
        relative = max(_AGREE, 32 * self.eps)
        bound = relative * max(abs(slope), abs(gradient)) + self.curved
        if apart <= bound:
            return " ✓"
        return ", within rounding" if apart <= bound + self.noise else " ✗"


def nudged(loss: Tensor, x: Tensor, entry: tuple[int, ...] = ()) -> Nudge | None:
    """The slope of a loss by one entry of x, found by moving it.

    Args:
        loss: a Tensor of one element.
        x: what it was computed from, a leaf or not.
        entry: the index of the entry.

    Returns:
        None where no slope can be found: the arrays are another library's, the result
        is not finite, or data was changed since it was recorded.
    """
    data = _wide(x.data)
    order = [node for node in topological_order([loss]) if node.parents]
    if not all(is_numpy(data_of(y)) for node in order for y in (node, *node.parents)):
        return None
    if stale_ids(order) or not np.isfinite(data[entry]):
        return None
    size = max(1.0, abs(float(data[entry])))
    step = STEP * 10.0 ** np.floor(np.log10(size))
    moved = []
    for h in (-_FARTHER * step, -step, 0.0, step, _FARTHER * step):
        there = np.array(data)
        there[entry] += h
        moved.append(_loss_at(order, loss, x, there[()]))
    if not np.isfinite(moved).all():
        return None
    eps = max(float(np.finfo(node.dtype).eps) for node in (x, *order))
    widest = max(largest(node.data) for node in (x, *order))
    return _judged(moved, float(step), widest, eps)


def loss_at(
    order: list[Tensor], loss: Tensor, x: Tensor, entry: tuple[int, ...], by: float
) -> float | None:
    """The loss when one entry of x is larger by some amount.

    Args:
        order: the ops, operands before what is computed from them.
        loss: the last of them, or x.
        x: any Tensor of the graph.
        entry: the index of the entry.
        by: how much it is larger.

    Returns:
        None where the graph can't be run again, or the result is not finite.
    """
    if not all(is_numpy(data_of(y)) for node in order for y in (node, *node.parents)):
        return None
    there = np.array(_wide(x.data))
    there[entry] += by
    found = _loss_at(order, loss, x, there[()])
    return found if np.isfinite(found) else None


def _judged(moved: list[float], step: float, size: float, eps: float) -> Nudge:
    """The slope from the losses at five places.

    Args:
        moved: the losses, from left to right.
        step: how far apart the middle three are.
        size: of the largest number on the way.
        eps: as in the Nudge.
    """
    far_low, low, mid, high, far_high = moved
    noise = sys.float_info.epsilon * (64 * max(map(abs, moved)) + 4 * size) / step
    noise += sys.float_info.min / step  # below it, floats have fewer digits
    left, right = (mid - low) / step, (high - mid) / step
    slope, far = (high - low) / (2 * step), (far_high - far_low) / (2 * _FARTHER * step)
    bend = abs(right - left)
    farther = abs(far_low - 2 * mid + far_high) / (_FARTHER * step)
    # A curve bends less over a shorter way, a kink as much, and a jump more.
    kink = bend > max(noise, farther / 2)
    jump = kink and bend > 2 * farther
    # The error of a quotient grows by the square of the step.
    curved = 0.0 if kink else 2 * abs(far - slope) / _FARTHER**2
    return Nudge(step, slope, left, right, kink, jump, noise, curved, eps)


def _loss_at(order: list[Tensor], loss: Tensor, x: Tensor, data: Any) -> float:
    """The loss where x has other data."""
    again = {x: data}
    for node in order:
        if not any(_is_known(again, y) for y in node.parents):
            continue
        operands = [again[y] if _is_known(again, y) else _wide(y) for y in node.parents]
        try:
            with np.errstate(all="ignore"):
                value, _ = node.rule(*operands, **node.options or {})  # type: ignore[misc]
        except RULE_ERRORS:  # such as an index into another library's array
            return float("nan")
        again[node] = value
    return float(np.asarray(again[loss]).reshape(()))


def _is_known(again: dict[Tensor, Any], y: Any) -> bool:
    return isinstance(y, Tensor) and y in again


def _wide(x: Any) -> Any:
    """Data in float64, so that a nudge is larger than rounding."""
    data = data_of(x)
    kind = getattr(data, "dtype", np.dtype(int)).kind
    narrow = kind == "f" and data.dtype.itemsize < 8
    return data.astype(np.float64) if narrow else data


def four_digits(value: float) -> str:
    """A measured number with four significant digits: `6.000`."""
    text = f"{value + 0.0:#.4g}"  # zero has no sign
    return number(value) if "e" in text else text.rstrip(".")
