"""A step of a program that is run, in Python's words: the same call, to the last bit.

A number of NumPy stays one wherever a number of Python would not give the same; what
has no name in Python (a dtype of others, a function) gets one in the program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine._once import once
from engine.written.record import Step
from engine.written.text import ATOM, UNARY, Words

_LOOSE = frozenset({"+", "-", "*", "/", "<", "<=", ">", ">=", "==", "!="})
_REDUCED = {
    "mean": "np.add.reduce",
    "sum": "np.add.reduce",
    "max": "np.maximum.reduce",
    "min": "np.minimum.reduce",
}
_WORDS = (int, float, bool, str, type(None), type(...))


class Exactly(Words):
    """Writes steps as they were asked.

    Args:
        name_of: the name of a step, or None if it is written out where it is used.
        bind: the name of what has no name in Python.
    """

    def __init__(
        self, name_of: Callable[[Step], str | None], bind: Callable[[Any], str]
    ) -> None:
        super().__init__(name_of)
        self._bind = bind

    def expression(self, step: Step) -> tuple[str, int]:
        if step.kind == "operator" and len(step.args) == 1:
            return f"{step.name}{self.text(step.args[0], UNARY)}", UNARY
        if step.kind == "operator":
            return self._binary(step.name, *_loosely(step))
        if step.kind == "function":
            return self._call(self._function(step), step.args, step), ATOM
        if step.kind == "number":
            return self._call(step.name, step.args, step), ATOM
        if step.kind == "method" and step.name in _REDUCED:
            reduced = self._reduced(step)
            if reduced:
                return reduced, ATOM if step.name != "mean" else 12
        if step.kind == "call":
            words = ", ".join(map(self._argument, step.args))
            call = self._bind(step.call)
            if step.name:  # it has effects
                return f"{self._bind(once)}({call}, {words})", ATOM
            return f"{call}({words})", ATOM
        if step.kind == "hook":
            given = f"{self._bind(step.call)}, {self.text(step.args[0])}"
            return f"{self._bind(_hooked())}({given}, {step.name!r})", ATOM
        if step.kind == "method" and step.name == "reshape":
            return self._call(
                f"{self.text(step.args[0], ATOM)}.reshape", step.args[1:], step
            ), ATOM
        return super()._of_one(step), ATOM

    def _function(self, step: Step) -> str:
        known: Any = np
        for part in step.name.split(".")[1:]:
            known = getattr(known, part, None)
        if step.name.startswith("np.") and known is not None:
            return step.name
        return self._bind(step.call)

    def _reduced(self, step: Step) -> str:
        """x.sum(axis=0) as the call that NumPy makes of it, which is sooner made."""
        x, *rest = step.args
        known = step.options.keys() <= {"axis", "keepdims"}
        if not known or not isinstance(x.value, np.ndarray):
            return ""
        axis = rest[0] if rest else step.options.get("axis")
        if len(rest) > 1 or isinstance(axis, Step):
            return ""
        if type(axis) is tuple and len(axis) == 1:
            axis = axis[0]
        of = ""
        if step.name == "mean":  # of float64 it is that
            if x.value.dtype != np.float64 or not np.size(step.value):
                return ""
            of = f" / {x.value.size // np.size(step.value)}"
        words = [self.text(x), f"axis={self.text(axis)}"]
        keep = step.options.get("keepdims")
        if keep is not np._NoValue and keep:
            words.append("keepdims=True")
        return f"{_REDUCED[step.name]}({', '.join(words)})" + of

    def _options(self, step: Step) -> list[str]:
        given = step.options.items()
        return [f"{k}={self.text(v)}" for k, v in given if v is not np._NoValue]

    def _literal(self, x: Any) -> str:
        if type(x) in (tuple, list):
            return super()._literal(x)
        name = x.__name__ if isinstance(x, type) else ""
        if name and getattr(np, name, None) is x:
            return f"np.{name}"
        if type(x) in _WORDS:
            return super()._literal(x)
        return self._bind(x)


def _hooked() -> Any:
    from engine.compilation.tape import hooked

    return hooked


def _loosely(step: Step) -> tuple[Any, ...]:
    """The operands, with Python's number for NumPy's where that is the same."""
    x, y = step.args
    if step.name not in _LOOSE:
        return x, y
    return _loose(x, y), _loose(y, x)


def _loose(x: Any, other: Any) -> Any:
    if isinstance(x, Step) and x.kind == "constant" and _is_wide(x.value, other):
        return x.value.item()
    return x.item() if _is_wide(x, other) else x


def _is_wide(x: Any, other: Any) -> bool:
    number = isinstance(other, Step) and isinstance(
        other.value, np.ndarray | np.generic
    )
    wide = number and other.value.dtype == np.float64 and other.kind != "constant"
    return wide and type(x) is np.float64 and bool(np.isfinite(x))
