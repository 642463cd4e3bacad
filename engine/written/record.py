"""The record: the steps that arrays that write have made, in order.

A step is one operation: what was called, and on what. The steps of a record are all
that was computed.
"""

from __future__ import annotations

import dis
import functools
import itertools
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import numpy as np

from engine._users_line import users_frames
from engine.written.array import Writing, mapped

SMALL = 16  # entries of an array that is written out


class Step:
    """One operation: what was called, on what, and what came out.

    Attributes:
        kind: "input" (an array that the program begins with), "operator", "function",
            "method", "attribute", "index", "item" (one of several results), "set" (a
            write into an array that the program made), "rule" (a rule that could not be
            written out) or "closure" (one of its).
        name: the operator's sign, or the name of the function, method or attribute.
        args: Steps, plain values, and tuples and lists of both.
        options: by name; the same.
        value: what came out: an array, a NumPy scalar, or a tuple of several.
        call: the function, where it has a signature; the rule or the closure.
        assigned: the variable of a rule that the value was stored in; or "".
        users: the variable of the user's program that it was stored in; or "".
    """

    __slots__ = (
        *("args", "assigned", "call", "kind"),
        *("name", "options", "users", "value"),
    )

    def __init__(
        self,
        kind: str,
        name: str,
        args: Any,
        options: dict[str, Any],
        value: Any,
        call: Any = None,
        assigned: str = "",
    ) -> None:
        self.kind, self.name, self.args, self.options = kind, name, args, options
        self.value, self.call, self.assigned, self.users = value, call, assigned, ""


class Record:
    """The steps that the arrays of one recording have made, in order.

    Args:
        of_function: whether the user's function is running: then its variables name
            steps, and arrays that it has from elsewhere are inputs of the program.

    Attributes:
        steps: in order.
        inputs: the arrays that the program begins with.
        compared: whether a value has decided which way the program went.
    """

    def __init__(self, *, of_function: bool = False) -> None:
        self.steps: list[Step] = []
        self.inputs: list[Step] = []
        self.compared = False
        self._of_function = of_function
        self._decompositions: dict[Any, Any] = {}
        self._known: dict[int, Writing] = {}
        self._last: tuple[Any, Step | None] = (None, None)

    def input(self, value: Any) -> Writing:
        """An array that the program begins with."""
        if id(value) not in self._known:
            self._known[id(value)] = made = self._kept(Step("input", "", (), {}, value))
            self.inputs.append(made.step)
        return self._known[id(value)]

    def close(self) -> None:
        """Forget the arrays that write, which refer to this record."""
        self._known.clear()
        self._decompositions.clear()
        self._last = (None, None)

    def add(
        self,
        kind: str,
        name: str,
        args: tuple[Any, ...],
        options: dict[str, Any],
        value: Any,
        call: Any = None,
    ) -> Any:
        """What came out of a step, as arrays that write."""
        if self._of_function:
            args, options = self._with_inputs(args), self._with_inputs(options)
        step = Step(kind, name, _steps_in(args), _steps_in(options), value, call)
        step.assigned = _assigned(sys._getframe(2))
        if self._of_function:
            self._name_by_user(step)
        return self._kept(step)

    def _with_inputs(self, x: Any) -> Any:
        """x with arrays from elsewhere as inputs; small ones are written out."""
        if isinstance(x, np.ndarray):
            return self._from_elsewhere(x)
        if type(x) in (tuple, list):
            return type(x)(map(self._with_inputs, x))
        if type(x) is dict:
            return {k: self._with_inputs(v) for k, v in x.items()}
        return x

    def _from_elsewhere(self, x: np.ndarray) -> Any:
        """An array as an input, as one turned, or as it is if it is small."""
        turned = self._known.get(id(x.base))
        if turned is not None and x.ndim == 2 and _is_transpose(x, x.base):
            return turned.T
        counted = x.dtype == int and np.array_equal(x, np.arange(x.size))
        return self.input(x) if x.size > SMALL and not counted else x

    def _name_by_user(self, step: Step) -> None:
        """The variable that the user's line stores the last step of its call in."""
        frame = users_frames()[0]
        place, before = self._last
        if before is not None and place == (frame, frame.f_lasti):
            before.users = ""
        step.users = _assigned(frame)
        self._last = ((frame, frame.f_lasti), step)

    def _kept(self, step: Step) -> Any:
        self.steps.append(step)
        value = step.value
        if isinstance(value, np.ndarray | np.generic):
            return Writing(self, step)
        if isinstance(value, tuple | list):
            parts = [
                self._kept(Step("item", str(i), (step,), {}, v))
                for i, v in enumerate(value)
            ]
            return (
                type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
            )
        return value

    def decomposed(self, key: Any, make: Callable[[], Any]) -> Any:
        """A decomposition, computed once: the rule of each of its results asks."""
        if key not in self._decompositions:
            self._decompositions[key] = make()
        return self._decompositions[key]


def _is_transpose(x: np.ndarray, base: Any) -> bool:
    same = x.__array_interface__["data"] == base.__array_interface__["data"]
    return same and x.shape == base.shape[::-1] and x.strides == base.strides[::-1]


def _steps_in(x: Any) -> Any:
    """x with steps in place of arrays that write."""
    return mapped(lambda w: w.step, x)


@functools.cache
def _stores(code: CodeType) -> dict[int, str]:
    """Where a code stores what it has just computed in a variable, and in which."""
    found = {}
    for before, after in itertools.pairwise(dis.get_instructions(code)):
        if after.opname.startswith(("STORE_FAST", "STORE_DEREF")):
            name = after.argval[0] if isinstance(after.argval, tuple) else after.argval
            found[before.offset] = name
    return found


def _assigned(frame: FrameType) -> str:
    """The variable that a frame stores the result of its present call in; or ""."""
    return _stores(frame.f_code).get(frame.f_lasti, "")
