"""The steps of a record, as one would write them: the same values in fewer words.

A pass makes steps that a person would not write: a copy to the same shape, a number
stretched to a shape just before it is multiplied, the same difference twice. All that
is done here leaves every value as it is, to the last bit; only a zero may change sign.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from engine.written.arguments import key_of, parts, replaced
from engine.written.record import Step
from engine.written.shorter import SHORTER, is_method, repeated

_BY_POSITION = ("input", "seed", "set", "value", "shape", "rule", "back", "closure")
_PLAIN_DTYPES = (np.dtype(bool), np.dtype(np.int64))


class Tidied:
    """The steps of a record without those that are trivial, in fewer words.

    Args:
        steps: all of a record, in order. They are changed.
        named: those that have a name of the user's, and so stay apart.
        results: those whose values are wanted.

    Attributes:
        steps: the rest, in order, with new ones between them.
        same: step -> the step that stands for it.
    """

    def __init__(
        self,
        steps: Sequence[Step],
        named: Collection[Step],
        results: Collection[Step] = (),
    ) -> None:
        self.steps: list[Step] = []
        self.same: dict[Step, Step] = {}
        self._named = named
        self._known: dict[Any, Step] = {}
        self._written_to = {s.args[0] for s in steps if s.kind == "set"}
        self._uses = Counter(results)
        for step in steps:
            self._uses.update(parts([step.args[step.kind == "set" :], step.options]))
        self._fillings: dict[Step, list[Step]] = {}
        self._place: dict[Step, int] = {}
        self._backward = False
        for step in steps:
            self._add(step)

    def meant(self, step: Step) -> Step:
        """The step that stands for one."""
        return self.same.get(step, step)

    def _add(self, step: Step) -> Step:
        """The step in the fewest words: itself, or one that stands for it."""
        step.args = replaced(self.meant, step.args)
        step.options = replaced(self.meant, step.options)
        self._backward = self._backward or step.kind == "seed"
        for shorter in SHORTER:
            shorter(step)
        if step.kind in ("operator", "function", "set"):
            self._unstretch(step)
        if self._backward:
            self._as_in_formulas(step)
        other = None if step in self._written_to else repeated(step)
        other = other or self._twin(step) or self._gathered(step)
        if other is not None:
            self.same[step] = other
            return other
        if step.kind == "set":
            self._fillings.setdefault(step.args[0], []).append(step)
        self._place[step] = len(self.steps)
        self.steps.append(step)
        return step

    def _twin(self, step: Step) -> Step | None:
        """An earlier step that computes the same; else this one is remembered."""
        if step.kind in _BY_POSITION or step in self._written_to:
            return None
        if self._written_to and not self._written_to.isdisjoint(
            parts([step.args, step.options])
        ):
            return None
        key = (step.kind, step.name, key_of(step.args), key_of(step.options))
        twin = self._known.setdefault(key, step)
        return twin if twin is not step and step not in self._named else None

    def _gathered(self, step: Step) -> Step | None:
        """The zeros that both parts of a sum are written into: x[i] += v."""
        if not self._backward or step.kind != "operator" or step.name != "+":
            return None
        x, y = step.args if len(step.args) == 2 else (None, None)
        if x is y or not (self._is_filled(x) and self._is_filled(y)):
            return None
        assert x is not None
        assert y is not None
        fillings = self._fillings[y]
        if self._place[x] > min(map(self._place.__getitem__, fillings)):
            return None
        for filling in fillings:
            _, index, value = filling.args
            minus = self._is_minus(value)
            filling.args = (x, index, value.args[0] if minus else value)
            filling.name = "-=" if minus != (filling.name == "-=") else "+="
        self._fillings[x] += self._fillings.pop(y)
        self._uses[x], x.value = self._uses[step], step.value
        return x

    def _is_filled(self, x: Any) -> bool:
        """Whether it is zeros that values were put into, and is used but once."""
        zeros = isinstance(x, Step) and x.name == "np.zeros" and x not in self._named
        puts = self._fillings.get(x, []) if zeros else []
        simple = all(put.name != "np.add.at" for put in puts)  # which adds up first
        return bool(puts) and simple and self._uses[x] == 1

    def _unstretch(self, step: Step) -> None:
        """Leave to NumPy what it does anyway: stretching an operand to the others."""
        if step.kind == "set":
            x, index, value = step.args
            while (narrow := self._narrower(value)) is not None:
                value = narrow
            # np.add.at leaves out some of what it stretches itself (NumPy 2.4).
            if step.name == "" or not np.ndim(getattr(value, "value", value)):
                step.args = (x, index, value)
            return
        if not _is_elementwise(step) or not _widens_nothing(step):
            return
        args = list(step.args)
        for i, x in enumerate(args):
            while (narrow := self._narrower(x)) is not None:
                if _shape_of([*args[:i], narrow, *args[i + 1 :]]) != step.value.shape:
                    break
                x = args[i] = narrow
        step.args = tuple(args)
        self._stretch_later(step)

    def _stretch_later(self, step: Step) -> None:
        """Compute with what was stretched, and stretch the result."""
        narrow = [self._narrower(x) or _if_number(x) for x in step.args]
        if None in narrow or tuple(narrow) == step.args or step in self._named:
            return
        if step.value.size == 0:  # which has no entry to compute with
            return
        inner = Step(step.kind, step.name, tuple(narrow), step.options, None, step.call)
        inner.value = _corner(step.value, _shape_of(narrow))
        small, shape = self._add(inner), step.value.shape
        step.kind, step.name, step.call = "function", "np.broadcast_to", np.broadcast_to
        step.args, step.options = (small, shape), {}

    def _narrower(self, x: Any) -> Step | None:
        """What NumPy would stretch to x by itself; None if x was not stretched."""
        if not isinstance(x, Step) or x in self._named or not x.args:
            return None
        inner = x.args[0]
        if x.kind == "function" and x.name == "np.broadcast_to":
            return inner if isinstance(inner, Step) else None
        if is_method(x, "reshape") and isinstance(inner, Step):
            added = x.value.ndim - inner.value.ndim
            if added > 0 and x.value.shape == (1,) * added + inner.value.shape:
                return inner
        return None

    def _as_in_formulas(self, step: Step) -> None:
        """2 x for x 2 and for x + x, a - b for a + -b, -(x / y) for -x / y."""
        x, y = (*step.args, None, None)[:2]
        if step.kind == "method" and self._is_minus(x):
            if step.name == "sum" or is_method(x.args[0], "sum"):
                self._minus_in_front(step)
        elif step.kind != "operator" or len(step.args) != 2:
            pass
        elif step.name in ("*", "/") and self._is_minus(x):
            self._minus_in_front(step)
        elif step.name == "/" and self._is_mean(x, y):
            step.kind, step.name, step.args = "method", "mean", x.args
            step.options = x.options
        elif step.name == "*" and isinstance(x, Step) and type(y) in (int, float):
            step.args = (y, x)
        elif step.name == "*" and _is_column(x) and _is_row(y):
            step.kind, step.name, step.args = "function", "np.outer", (x.args[0], y)
        elif step.name == "+" and type(y) in (int, float) and y < 0:
            step.name, step.args = "-", (x, -y)
        elif step.name == "+" and x is y and isinstance(x, Step):
            step.name, step.args = "*", (2, x)
        elif step.name == "+" and self._is_minus(y):
            step.name, step.args = "-", (x, y.args[0])
        elif step.name == "+" and self._is_minus(x):
            step.name, step.args = "-", (y, x.args[0])

    def _is_mean(self, x: Any, y: Any) -> bool:
        """Whether x / y is a sum, which nobody else needs, by how many it is of."""
        if not is_method(x, "sum") or self._uses[x] > 1 or x in self._named:
            return False
        wide = x.value.dtype == np.float64
        return wide and type(y) is int and y * x.value.size == x.args[0].value.size

    def _minus_in_front(self, step: Step) -> None:
        """-x.sum() for (-x).sum(): of the step's first argument."""
        args = (step.args[0].args[0], *step.args[1:])
        inner = Step(step.kind, step.name, args, step.options, -step.value)
        step.args = (self._add(inner),)
        step.kind, step.name, step.options = "operator", "-", {}

    def _is_minus(self, x: Any) -> bool:
        unary = isinstance(x, Step) and x.kind == "operator" and len(x.args) == 1
        return unary and x.name == "-" and x not in self._named


def _is_column(x: Any) -> bool:
    """Whether it is a vector, as the column of a matrix."""
    if not isinstance(x, Step) or not x.args or not isinstance(x.args[0], Step):
        return False
    turned = x.kind == "index" or (x.kind == "method" and x.name == "reshape")
    vector = x.args[0].value
    return turned and vector.ndim == 1 and x.value.shape == (vector.size, 1)


def _is_row(x: Any) -> bool:
    return isinstance(x, Step) and np.ndim(x.value) == 1


def _is_elementwise(step: Step) -> bool:
    if step.kind == "operator":
        return step.name != "@" and len(step.args) in (1, 2)
    ufunc = getattr(np, step.name.removeprefix("np."), None)
    is_ufunc = isinstance(ufunc, np.ufunc) and ufunc.signature is None
    return step.name == "np.where" or (is_ufunc and not step.options)


def _widens_nothing(step: Step) -> bool:
    """Whether the operands have the dtype of the result, or one of whole numbers.

    Then the 1.0 that a pass begins with may stand for an array of its dtype.
    """
    known = all(
        isinstance(x, Step | int | float) and not isinstance(x, np.generic)
        for x in step.args
    )
    known = known and isinstance(step.value, np.ndarray)
    dtypes = {x.value.dtype for x in step.args if isinstance(x, Step)}
    floats = {d for d in dtypes if d not in _PLAIN_DTYPES}
    return known and len(floats) <= 1


def _shape_of(args: Sequence[Any]) -> tuple[int, ...]:
    shapes = [x.value.shape if isinstance(x, Step) else () for x in args]
    return np.broadcast_shapes(*shapes)


def _if_number(x: Any) -> Any:
    return None if isinstance(x, Step) and x.value.ndim else x


def _corner(value: np.ndarray, shape: tuple[int, ...]) -> Any:
    """The part of a stretched array that it was stretched from."""
    value = value[(0,) * (value.ndim - len(shape))]
    return value[tuple(slice(0, 1) if n == 1 else slice(None) for n in shape)][()]
