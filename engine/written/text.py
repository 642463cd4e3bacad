"""A step in Python's words: operators, calls and indices, with few parentheses.

`Words` asks whoever uses it what a step is called; a step without a name is written out
in place.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from engine.written.arguments import contents
from engine.written.record import Step

# How tightly operators bind; the numbers are only compared.
COMPARISON, UNARY, POWER, ATOM = 6, 13, 14, 20
_BINDS = {
    **dict.fromkeys(("<", "<=", ">", ">=", "==", "!="), COMPARISON),
    **{"|": 7, "^": 8, "&": 9, "+": 11, "-": 11, "**": POWER},
    **dict.fromkeys(("*", "·", "/", "//", "%", "@"), 12),
}
_SIGNS = {
    **{"np.add": "+", "np.subtract": "-", "np.multiply": "*", "np.divide": "/"},
    "np.matmul": "@",
}
_USUAL = (np.float64, np.int64, np.bool_)  # dtypes of Python's own numbers
_METHOD_DEFAULTS = {"axis": None, "keepdims": False, "ddof": 0}


class Words:
    """Writes steps as Python.

    Args:
        name_of: the name of a step, or None if it is written out where it is used.
        name_of_array: the same of a plain array, by its contents.

    Attributes:
        folded: what `expression` gives for steps without a name, as far as it is known.
    """

    def __init__(
        self,
        name_of: Callable[[Step], str | None],
        name_of_array: Callable[[Any], str | None] = lambda _: None,
    ) -> None:
        self._name_of, self._name_of_array = name_of, name_of_array
        self.folded: dict[Step, tuple[str, int]] = {}

    def text(self, x: Any, least: int = 0) -> str:
        """An argument; in parentheses if it binds less tightly than `least`."""
        if not isinstance(x, Step):
            known = isinstance(x, np.ndarray) and self._name_of_array(contents(x))
            text = known or self._literal(x)
            return f"({text})" if text[0] == "-" and least > UNARY else text
        name = self._name_of(x)
        if name is not None:
            return name
        text, binds = self.folded.get(x) or self.expression(x)
        return f"({text})" if binds < least else text

    def expression(self, step: Step) -> tuple[str, int]:
        """What a step computes, and how tightly that binds."""
        if step.kind == "operator" and len(step.args) == 1:
            # -x * y is the same number as -(x * y).
            least = _BINDS["*"] if step.name == "-" else UNARY
            return f"{step.name}{self.text(step.args[0], least)}", least
        if step.kind == "operator":
            return self._binary(step.name, *_numbers(step))
        if step.kind == "seed":
            dtype, number = step.value.dtype, step.value.ndim == 0
            return (f"np.{dtype}(1.0)" if number else self._literal(step.value)), ATOM
        if step.kind == "function":
            matrices = [
                a for a in step.args if isinstance(a, Step) and a.value.ndim == 2
            ]
            if step.name == "np.dot" and len(matrices) == 2:  # for which it is the same
                return self._binary("@", *step.args)
            if step.name in _SIGNS and len(step.args) == 2 and not step.options:
                return self._binary(_SIGNS[step.name], *_numbers(step))
            if step.name == "np.zeros" and type(step.args[-1]) is tuple:
                options = self._options(step)
                return (
                    f"np.zeros({', '.join([self._shape(*step.args), *options])})",
                    ATOM,
                )
            if step.name == "np.asarray" and isinstance(step.args[0], np.ndarray):
                return self._literal(step.args[0]), ATOM
            return self._call(step.name, _numbers(step), step), ATOM
        return self._of_one(step), ATOM

    def rule(self, rule: str, step: Step, name: Callable[[Step], str]) -> str:
        """A call of a rule, which returns its value and the closures.

        Args:
            rule: its name.
            step: the call.
            name: of a result; "_" for one that nobody needs.
        """
        words = [*map(self.text, step.args)]
        words += [f"{k}={self.text(v)}" for k, v in step.options.items()]
        made = ", ".join(_pattern(part, name) for part in step.value)
        return f"{made} = {rule}({', '.join(words)})"

    def statement(self, step: Step) -> str:
        """A write into an array, or what is held to be so."""
        if step.kind == "shape":
            return f"assert {self.text(step.args[0], ATOM)}.shape == {step.value}"
        if step.kind == "value":
            return f"assert {self._held(step.args[0], step.value)}"
        if step.name not in ("", "+=", "-="):
            return self._call(step.name, step.args, step)
        x, index, value = step.args
        place = f"{self.text(x, ATOM)}[{self._index(index)}]"
        return f"{place} {step.name or '='} {self.text(value)}"

    def _held(self, x: Step, value: bool | int) -> str:
        if type(value) is bool:
            return self.text(x) if value else f"not {self.text(x, COMPARISON)}"
        return f"{self.text(x, COMPARISON + 1)} == {value}"

    def _of_one(self, step: Step) -> str:
        x, *rest = step.args
        subject = self.text(x, ATOM)
        if step.kind == "index":
            return f"{subject}[{self._index(rest[0])}]"
        if step.kind == "item":
            return f"{subject}[{step.name}]"
        if step.kind == "attribute":
            return f"{subject}.{step.name}"
        if step.kind == "closure":
            return f"{subject}({self.text(rest[0])})"
        if step.name == "reshape":
            index = _new_axes(x.value.shape, step.value.shape)
            if index:
                return f"{subject}[{self._index(index)}]"
        return self._call(f"{subject}.{step.name}", rest, step)

    def _binary(self, sign: str, x: Any, y: Any) -> tuple[str, int]:
        binds = _BINDS[sign]
        # Equal ones group from the left, powers from the right, comparisons not at all.
        left = binds + (binds in (POWER, COMPARISON))
        right = UNARY if binds == POWER else binds + 1
        return f"{self.text(x, left)} {sign} {self.text(y, right)}", binds

    def _call(self, function: str, args: Any, step: Step) -> str:
        if step.name == "reshape" and len(args) == 1 and type(args[0]) is tuple:
            args = args[0] or args  # reshape(2, 3), but reshape(())
        words = [*map(self._argument, args), *self._options(step)]
        return f"{function}({', '.join(words)})"

    def _argument(self, x: Any) -> str:
        """An argument; an index with slices as np.s_ makes it."""
        slices = isinstance(x, slice) or (
            type(x) is tuple and any(isinstance(i, slice) for i in x)
        )
        return f"np.s_[{self._index(x)}]" if slices else self.text(x)

    def _options(self, step: Step) -> list[str]:
        given = {k: v for k, v in step.options.items() if not _is_default(step, k, v)}
        axes = given.get("axis")
        if type(axes) is tuple and len(axes) == 1:
            given["axis"] = axes[0]
        return [f"{name}={self.text(value)}" for name, value in given.items()]

    def _shape(self, shape: tuple[int, ...]) -> str:
        return self.text(shape[0] if len(shape) == 1 else shape)

    def _index(self, index: Any) -> str:
        if type(index) is not tuple or not index:
            return self._place(index)
        alone = len(index) == 1 and type(index[0]) is tuple  # x[(0, 1),] is not x[0, 1]
        return ", ".join(map(self._place, index)) + "," * alone

    def _place(self, index: Any) -> str:
        if isinstance(index, slice):
            ends = (index.start, index.stop)
            words = ":".join("" if x is None else self.text(x) for x in ends)
            return words if index.step is None else f"{words}:{self.text(index.step)}"
        return "..." if index is ... else self.text(index)

    def _literal(self, x: Any) -> str:
        """A plain value."""
        if isinstance(x, np.ndarray):
            if x.size == 0:  # whose list does not tell the shape
                return f"np.zeros({self.text(x.shape)}, dtype=np.{x.dtype})"
            for number, name in ((0.0, "zeros"), (1.0, "ones")):
                if x.size > 1 and x.dtype == np.float64 and _is_all(x, number):
                    return f"np.{name}({self._shape(x.shape)})"
            if x.ndim == 1 and np.array_equal(x, np.arange(x.size)) and x.dtype == int:
                return f"np.arange({x.size})"
            dtype = "" if x.dtype in _USUAL else f", dtype=np.{x.dtype}"
            return f"np.array({self.text(x.tolist())}{dtype})"
        if isinstance(x, _Exact):
            return f"np.{x.number.dtype}({self._literal(x.number.item())})"
        if isinstance(x, np.generic):
            return self._literal(x.item())
        if isinstance(x, float) and not math.isfinite(x):
            return f"-np.{-x}" if x < 0 else f"np.{x}"
        if isinstance(x, np.dtype):
            return f"np.{x.name}"
        if isinstance(x, type):
            return f"np.{x.__name__}" if issubclass(x, np.generic) else x.__name__
        if type(x) in (tuple, list):
            inside = ", ".join(map(self.text, x))
            if type(x) is list:
                return f"[{inside}]"
            return f"({inside},)" if len(x) == 1 else f"({inside})"
        return repr(x)


def _pattern(part: Any, name: Callable[[Step], str]) -> str:
    """The names that results are bound to."""
    if not isinstance(part, tuple):
        return name(part)
    inside = ", ".join(_pattern(p, name) for p in part)
    return f"({inside},)" if len(part) == 1 else f"({inside})"


def _new_axes(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[Any, ...]:
    """The index that makes one shape of the other by new axes: x[:, None]; or ()."""
    index: list[Any] = []
    rest = list(before)
    for n in after:
        old = bool(rest) and rest[0] == n
        if not old and n != 1:
            return ()
        index.append(slice(None) if old else None)
        del rest[: int(old)]
    while index and index[-1] is not None:
        index.pop()
    return tuple(index) if before and not rest else ()


def _is_all(x: np.ndarray, number: float) -> bool:
    return bool((x == number).all()) and not np.signbit(x).any()


class _Exact(NamedTuple):
    """A number of NumPy, which widens what it meets, where Python's would not."""

    number: Any


def _numbers(step: Step) -> tuple[Any, ...]:
    """The arguments of a step, with their numbers as they must be written.

    As Python's, unless they meet another dtype, such as float32.
    """
    if not any(map(_is_number, step.args)):
        return tuple(step.args)
    arrays = [x.value for x in step.args if isinstance(x, Step)]
    usual = all(getattr(x, "dtype", np.float64) in _USUAL for x in arrays)
    return tuple(_number(x, usual) if _is_number(x) else x for x in step.args)


def _is_number(x: Any) -> bool:
    return isinstance(x, np.generic) or (isinstance(x, np.ndarray) and not x.ndim)


def _number(x: Any, usual: bool) -> Any:
    return x.item() if usual and x.dtype in _USUAL else _Exact(x)


def _is_default(step: Step, option: str, value: Any) -> bool:
    """Whether an option need not be written."""
    if value is np._NoValue:
        return True
    if step.kind == "method":
        return option in _METHOD_DEFAULTS and value is _METHOD_DEFAULTS[option]
    try:
        default = inspect.signature(step.call).parameters[option].default
    except (KeyError, TypeError, ValueError):  # written in C, or it has no such name
        return False
    return default is value or (default is np._NoValue and value is False)
