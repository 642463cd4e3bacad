"""The steps of a tape without those that change no bit of a result.

Stricter than engine/written/tidy.py: what is done here leaves every value as it is, the
sign of a zero and the layout in memory included, for sums go along the layout.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from engine.written.arguments import key_of, parts, replaced
from engine.written.record import Step

# Kinds that are what they are: they begin the program, decide, or have effects.
APART = frozenset(
    {"input", "constant", "set", "value", "shape", "plain"}
    | {"rule", "back", "closure", "hook", "call", "reload"}
)
_LARGEST = 65_536  # entries of an array that is computed while recording, and kept
_STRETCHES = frozenset({"+", "-", "*", "/"})


class Exact:
    """The steps that remain.

    Args:
        steps: all of a tape, in order. They are changed.

    Attributes:
        steps: the rest, in order.
        anchored: the steps that look at an array which is written into: they stay
            where they are.
    """

    def __init__(self, steps: Sequence[Step]) -> None:
        self.steps: list[Step] = []
        self._same: dict[Step, Step] = {}
        self._known: dict[Any, Step] = {}
        self.anchored: set[Step] = set()
        # The arrays that a step writes into, and what shows a part of them.
        self._shown = {s.args[0] for s in steps if s.kind == "set"}
        for step in steps:
            self._add(step)

    def meant(self, step: Step) -> Step:
        """The step that stands for one."""
        return self._same.get(step, step)

    def _add(self, step: Step) -> None:
        step.args = replaced(self.meant, step.args)
        step.options = replaced(self.meant, step.options)
        if step.kind in APART:
            self.steps.append(step)
            return
        operands = list(parts([step.args, step.options]))
        if step in self._shown or not self._shown.isdisjoint(operands):
            self.anchored.add(step)  # what it sees may be from before a write
            if getattr(step.value, "base", None) is not None:
                self._shown.add(step)
            self.steps.append(step)
            return
        if _is_fixed(step, operands):
            step.kind, step.args, step.options = "constant", (), {}
            self.steps.append(step)
            return
        _as_operator(step)
        _as_method(step)
        other = None
        if self.anchored.isdisjoint(operands):  # else what they saw may have changed
            _sum_at_once(step)
            self._unstretch(step)
            other = _repeated(step)
        other = other or self._twin(step)
        if other is not None:
            self._same[step] = other
            other.users = other.users or step.users
        else:
            self.steps.append(step)

    def _twin(self, step: Step) -> Step | None:
        """An earlier step that computes the same; else this one is remembered."""
        key = (step.kind, step.name, key_of(step.args), key_of(step.options))
        twin = self._known.setdefault(key, step)
        return twin if twin is not step else None

    def _unstretch(self, step: Step) -> None:
        """Leave to NumPy what it does anyway: stretching an operand to the other."""
        if step.kind != "operator" or step.name not in _STRETCHES:
            return
        for i, x in enumerate(step.args):
            if len(step.args) == 2 and isinstance(x, Step) and _is_stretched(x):
                args = tuple(
                    x.args[0] if i == k else a for k, a in enumerate(step.args)
                )
                if self._gives_the_same(step, args):
                    step.args = args

    def _gives_the_same(self, step: Step, args: tuple[Any, ...]) -> bool:
        x, y = (a.value if isinstance(a, Step) else a for a in args)
        shape = np.broadcast_shapes(np.shape(x), np.shape(y))
        if shape != np.shape(step.value):
            return False
        with np.errstate(all="ignore"):
            value = _ARITHMETIC[step.name](x, y)
        return _alike(value, step.value)


_ARITHMETIC: dict[str, Any] = {
    **{"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide}
}
SIGNS = {f"np.{ufunc.__name__}": sign for sign, ufunc in _ARITHMETIC.items()}
SIGNS["np.matmul"] = "@"


def _as_operator(step: Step) -> None:
    """x * y for np.multiply(x, y), where one of them is NumPy's."""
    if step.kind != "function" or step.name not in SIGNS or step.options:
        return
    values = [x.value if isinstance(x, Step) else x for x in step.args]
    if len(values) == 2 and any(isinstance(x, np.ndarray | np.generic) for x in values):
        step.kind, step.name = "operator", SIGNS[step.name]


def _sum_at_once(step: Step) -> None:
    """The sum without the axes that are taken away from it right after."""
    x = step.args[0] if step.args else None
    if step.kind != "method" or step.name != "reshape" or not isinstance(x, Step):
        return
    if x.kind != "method" or x.name != "sum" or not x.options.get("keepdims"):
        return
    if len([*operands(step), *operands(x)]) > 2:  # an axis or a shape is not fixed
        return
    axes = x.options.get("axis")
    shape = np.squeeze(x.value, axis=axes).shape
    if len(x.args) == 1 and shape and shape == step.value.shape:
        step.name, step.args, step.options = "sum", x.args, {"axis": axes}
        step.value = np.copy(step.value)  # which is no part of another array


def _as_method(step: Step) -> None:
    """x.sum(axis=0) for np.sum(x, axis=0), which is sooner called."""
    x = step.args[0] if len(step.args) == 1 else None
    array = isinstance(x, Step) and isinstance(x.value, np.ndarray)
    usual = step.options.keys() <= {"axis", "keepdims"}
    if array and usual and step.kind == "function" and step.name in _METHODS:
        step.kind, step.name = "method", step.name[3:]


_METHODS = frozenset({"np.sum", "np.max", "np.min", "np.mean"})


def _is_stretched(x: Step) -> bool:
    by = x.kind == "function" and x.name == "np.broadcast_to"
    return (
        by and isinstance(x.args[0], Step) and isinstance(x.args[0].value, np.ndarray)
    )


def _is_fixed(step: Step, operands: list[Step]) -> bool:
    """Whether its value follows from shapes and constants, which are fixed."""
    value = step.value
    small = isinstance(value, np.generic | float | int) or (
        # A stretched one may stand for an array whose numbers were let go (rows.py).
        isinstance(value, np.ndarray)
        and value.size <= _LARGEST
        and 0 not in value.strides
    )
    like = step.kind == "function" and step.name in ("np.zeros_like", "np.ones_like")
    like = like and not any(parts(step.options))  # its shape is fixed, too
    return small and (like or all(x.kind == "constant" for x in operands))


def _repeated(step: Step) -> Step | None:
    """The step whose value a trivial one only repeats; None if it is not trivial."""
    other = _perhaps_repeated(step)
    same = isinstance(other, Step) and _alike(other.value, step.value)
    return other if same else None


def _perhaps_repeated(step: Step) -> Any:
    """What a step repeats, if shape, dtype and layout are the same."""
    x: Any = step.args[0] if step.args else None
    kind, name = step.kind, step.name
    if kind == "operator" and len(step.args) == 1:
        twice = isinstance(x, Step) and x.kind == "operator" and len(x.args) == 1
        return x.args[0] if twice and x.name == name == "-" else name == "+" and x
    if kind == "operator":
        y = step.args[1]
        if name in ("*", "/", "**") and _is_one(y):
            return x
        return y if name == "*" and _is_one(x) else None
    if name == "np.multiply" and len(step.args) == 2 and _is_one(step.args[1]):
        return x if step.options.keys() == {"dtype"} else None
    if kind == "attribute" and getattr(x, "kind", "") == "attribute":
        return x.args[0] if name == x.name else None
    if len([*operands(step)]) > 1:  # a shape that is not fixed
        return None
    moved = kind == "function" and name in ("np.broadcast_to", "np.positive")
    return x if moved or (kind == "method" and name in _MAY_REPEAT) else None


_MAY_REPEAT = frozenset({"reshape", "astype", "copy", "squeeze", "ravel"})


def _is_one(x: Any) -> bool:
    """Whether it is the number 1, or an array of one 1."""
    if isinstance(x, Step):
        known = x.kind == "constant" and np.size(x.value) == 1
        return known and bool(np.all(x.value == 1))
    return isinstance(x, int | float | np.generic) and x == 1


def _alike(x: Any, y: Any) -> bool:
    """Whether two values are of one class, dtype and shape, and lie alike in memory."""
    if type(x) is not type(y) or np.shape(x) != np.shape(y):
        return False
    if not isinstance(x, np.ndarray):
        return True
    return x.dtype == y.dtype and x.strides == y.strides


def operands(step: Step) -> Iterator[Step]:
    """The steps that one needs."""
    return parts([step.args, step.options])
