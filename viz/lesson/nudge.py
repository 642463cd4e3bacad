"""The nudge: how far the loss moves when one number is moved a little.

A recorded graph can be run again. Each op's rule computes its value anew, in float64,
from operands of which one entry was moved; what does not depend on it keeps its value.
The quotient is the slope that the gradient claims, found without calculus.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of, topological_order
from viz.words.formula import RULE_ERRORS
from viz.words.numbers import is_numpy, number
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
        noise: how far rounding alone may move a quotient.
        eps: of the coarsest dtype, in which the gradient was computed.
    """

    step: float
    slope: float
    left: float
    right: float
    kink: bool
    noise: float
    eps: float

    def compared(self, gradient: float) -> str:
        """The slope beside a gradient: `nudged by 1e-6: 6.000 ✓`; or that there is a
        kink."""
        start = f"nudged by {number(self.step)}: "
        if self.kink:
            left, right = four_digits(self.left), four_digits(self.right)
            return f"{start}{left} to the left and {right} to the right, a kink"
        relative = max(_AGREE, 32 * self.eps)
        bound = relative * max(abs(self.slope), abs(gradient)) + self.noise
        sign = "✓" if abs(self.slope - gradient) <= bound else "✗"
        return f"{start}{four_digits(self.slope)} {sign}"


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
    size = max(1.0, abs(float(data[entry])))
    if stale_ids(order) or not np.isfinite(size):
        return None
    step = STEP * 10.0 ** np.floor(np.log10(size))
    moved = []
    for h in (-_FARTHER * step, -step, 0.0, step, _FARTHER * step):
        there = np.array(data)
        there[entry] += h
        moved.append(_loss_at(order, loss, x, there[()]))
    if not np.isfinite(moved).all():
        return None
    eps = max(float(np.finfo(node.dtype).eps) for node in (x, *order))
    return _judged(moved, float(step), eps)


def _judged(moved: list[float], step: float, eps: float) -> Nudge:
    """The slope from the losses at five places."""
    far_low, low, mid, high, far_high = moved
    noise = 64 * sys.float_info.epsilon * max(map(abs, moved)) / step
    noise += sys.float_info.min / step  # below it, floats have fewer digits
    left, right = (mid - low) / step, (high - mid) / step
    bend = abs(right - left)
    farther = abs(far_low - 2 * mid + far_high) / (_FARTHER * step)
    # A curve bends less over a shorter way, a kink does not.
    kink = bend > noise and bend > farther / 2
    return Nudge(step, (high - low) / (2 * step), left, right, kink, noise, eps)


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
