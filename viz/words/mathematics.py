"""A record as a formula for people: `∂z · cos(x)`, where a program has `np.cos`.

A product is written `·`, a function without its module, π and log(2) as such; what only
fits shapes together (a copy along an axis that broadcasting makes anyway) is left out.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import written
from viz.words.numbers import number
from viz.words.text import quoted

UNWRITTEN = "…"  # stands for any other array
_MOST_ENTRIES = 4  # of an index that is written out
_MOST_DIGITS = 6  # of a number that is written in full
_CONSTANTS = {
    **{math.pi: "π", math.pi / 180: "π / 180", 180 / math.pi: "180 / π"},
    **{math.log(2): "log(2)", math.log(10): "log(10)"},
}
_FOLDED = {"+": operator.add, "-": operator.sub, "*": operator.mul}
_MODULES = re.compile(r"^(np|scipy)\.((linalg|special|fft)\.|lib\.\w+\.)?")
_NUMBER = re.compile(r"-?\d[\d.]*")


class Mathematics(written.Words):
    """Writes steps as formulas.

    Args:
        called: what steps are called.
    """

    def __init__(self, called: Mapping[written.Step, str]) -> None:
        super().__init__(called.get)
        self._called = called

    def whole(self, x: Any) -> str:
        """What an array that writes came to; a sum over axes, or a copy along them, is
        said behind it."""
        step = self._meant(x.step if isinstance(x, written.Writing) else x)
        if not isinstance(step, written.Step) or step in self._called:
            return self.text(step)
        if step.name == "np.broadcast_to":
            return f"{self.text(self._unspread(step))}, copied to {step.value.shape}"
        if step.name == "sum" and step.options.keys() == {"axis"}:
            return f"{self.text(step.args[0])}  {summed_over(step.options['axis'])}"
        return self.text(step)

    def factor(self, x: Any) -> str:
        """What a gradient is multiplied by; "" if that is not known."""
        if x is None:
            return ""
        text, binds = self._part(x.step if isinstance(x, written.Writing) else x)
        return f"({text})" if binds <= written.COMPARISON else text

    def text(self, x: Any, least: int = 0) -> str:
        """An argument; in parentheses if it binds less tightly than `least`."""
        text, binds = self._part(x)
        return f"({text})" if binds < least else text

    def _part(self, x: Any) -> tuple[str, int]:
        """An argument, and how tightly it binds."""
        x = self._meant(x)
        if not isinstance(x, written.Step):
            text = self._literal(x)
        elif x in self._called:
            text = self._called[x]
        else:
            return self.expression(x)
        negative = text.startswith("-") and _is_number(text)
        return text, written.UNARY if negative else written.ATOM

    def expression(self, step: written.Step) -> tuple[str, int]:
        """What a step computes, and how tightly that binds."""
        if step.kind == "input":  # an array that the rule made itself
            return UNWRITTEN, written.ATOM
        if step.name == "np.asarray":
            return self._part(step.args[0])
        return super().expression(step)

    def _binary(self, sign: str, x: Any, y: Any) -> tuple[str, int]:
        if sign == "@":
            return super()._binary(sign, x, y)
        x, y = self._unspread(x), self._unspread(y)
        left, right = self._number(x), self._number(y)
        if sign in _FOLDED and left is not None and right is not None:
            return self._part(_FOLDED[sign](left, right))
        if sign == "*" and left == 1:
            return self._part(y)
        if right == 1 and sign in ("*", "/", "**"):
            return self._part(x)
        if sign == "*" and left == -1:
            return f"-{self.text(y, written.UNARY)}", written.UNARY
        return super()._binary("·" if sign == "*" else sign, x, y)

    def _call(self, function: str, args: Any, step: written.Step) -> str:
        whole = step.options.get("axis") is None
        hidden = {"dtype", "keepdims"} if whole else {"dtype"}
        told = {k: v for k, v in step.options.items() if k not in hidden}
        short = written.Step(
            step.kind, step.name, step.args, told, step.value, step.call
        )
        return super()._call(_MODULES.sub("", function), args, short)

    def _literal(self, x: Any) -> str:
        if isinstance(x, np.ndarray):
            few = x.size <= _MOST_ENTRIES and x.dtype.kind in "iu"  # an index
            return self._literal(x.tolist()) if few else UNWRITTEN
        if isinstance(x, float | np.floating):
            known = _CONSTANTS.get(float(x), "")
            return known or (repr(float(x)) if _is_short(x) else number(x))
        return quoted(x) if isinstance(x, str) else super()._literal(x)

    def _number(self, x: Any) -> float | None:
        """The value of a number that stands in a formula as its digits."""
        x = self._meant(x)
        if isinstance(x, written.Step) and x not in self._called:
            parts = [self._number(part) for part in x.args if x.name in _FOLDED]
            known = len(parts) == 2 and None not in parts
            return _FOLDED[x.name](*parts) if known else None
        if isinstance(x, written.Step):
            text = self._called[x]
            return (float if "." in text else int)(text) if _is_number(text) else None
        return x if type(x) in (int, float) else None

    def _meant(self, x: Any) -> Any:
        """The step whose value a trivial one only repeats."""
        while isinstance(x, written.Step) and x not in self._called:
            other = written.repeated(x)
            if other is None:
                return x
            x = other
        return x

    def _unspread(self, x: Any) -> Any:
        """An operand as it was before it got axes that broadcasting adds anyway."""
        x = self._meant(x)
        while isinstance(x, written.Step) and x not in self._called and _is_spread(x):
            x = self._meant(x.args[0])
        return x


def summed_over(axes: Any) -> str:
    """The axes of a sum: `Σ axis 0`, `Σ axes 0, 1`."""
    axes = axes if isinstance(axes, tuple) else (axes,)
    return f"Σ {'axis' if len(axes) == 1 else 'axes'} {', '.join(map(str, axes))}"


def _is_spread(step: written.Step) -> bool:
    if step.name == "np.broadcast_to":
        return True
    shape = np.shape(step.args[0].value) if step.name == "reshape" else None
    if shape is None:
        return False
    extra = step.value.ndim - len(shape)
    return extra >= 0 and step.value.shape == (1,) * extra + shape


def _is_number(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text))


def _is_short(x: Any) -> bool:
    return math.isfinite(x) and len(repr(float(x))) <= _MOST_DIGITS


def product_shapes(x: Any, called: Mapping[written.Step, str]) -> str:
    """The shapes of the outermost matrix product in a formula: `(5, 64) @ (64, 3)`."""
    waiting = [x.step] if isinstance(x, written.Writing) else []
    for step in waiting:  # which grows
        if step in called:
            continue
        parts = [part for part in step.args if isinstance(part, written.Step)]
        if _is_product(step) and len(parts) == len(step.args) == 2:
            return " @ ".join(str(part.value.shape) for part in parts)
        waiting += parts
    return ""


def _is_product(step: written.Step) -> bool:
    return step.name in ("@", "np.matmul") or (
        step.name == "np.dot" and all(np.ndim(x.value) == 2 for x in step.args)
    )
