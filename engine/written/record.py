"""The record: the steps that arrays that write have made, in order.

A step is one operation: what was called, and on what. The steps of a record are all
that was computed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import FrameType
from typing import Any

import numpy as np

from engine._node import data_of
from engine._users_line import users_frames
from engine.written import array
from engine.written.array import Writing, steps_in
from engine.written.variables import variables_of

# Functions whose results have shapes that depend on the values of an argument: which.
_OF_OPEN_SHAPE = {
    **dict.fromkeys(("np.nonzero", "np.flatnonzero", "np.argwhere", "np.where"), 0),
    **dict.fromkeys(("np.extract", "np.compress", "np.unique", "np.bincount"), 0),
    **dict.fromkeys(("np.repeat", "np.delete"), 1),
}

_ARRAYS = array.__file__

SMALL = 16  # entries of an array that is written out


class Step:
    """One operation: what was called, on what, and what came out.

    Attributes:
        kind: "input" (an array that the program begins with), "operator", "function",
            "method", "attribute", "index", "item" (one of several results), "set" (a
            write into an array that the program made), "value" or "shape" (what is
            held to be so: a value, or a shape that depends on values), "rule" (one that
            could not be written out), "back" (a closure of it), "closure" (its call) or
            "seed" (the gradient that a pass begins with). Where a function is compiled
            also "constant" (an array from elsewhere), "number" (a function of Python's
            numbers), "plain" (a plain result, which is held), "hook" and "call" (what
            every run calls), or "reload" (what is looked up again after a hook).
        name: the operator's sign, or the name of the function, method or attribute. Of
            a write "" for x[i] = y, "+=" or "-=", "in place" for x += y, or the name of
            the function; of a call "" if it has no effects.
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
            steps, and shapes that it does not fix are held.

    Attributes:
        steps: in order.
        inputs: the arrays that the program begins with.
    """

    caller = "code"  # whom an error names
    error: type[TypeError] = TypeError  # its class
    refused: Exception | None = None  # what was raised last, which f may catch
    stacked = False  # whether rows were computed at once, which may round otherwise
    exact = False  # whether the program is run: then it writes in place where f does

    def __init__(self, *, of_function: bool = False) -> None:
        self.steps: list[Step] = []
        self.inputs: list[Step] = []
        self._of_function = of_function
        self._decompositions: dict[Any, Any] = {}
        self._known: dict[int, Writing] = {}
        self._last: tuple[Any, Step | None] = (None, None)
        self._outside = users_frames()[0] if of_function else None
        self._unnamed: set[Step] = set()

    @property
    def compared(self) -> bool:
        """Whether values have decided which way the program went, or a shape."""
        return any(step.kind in ("value", "shape") for step in self.steps)

    def input(self, value: Any) -> Writing:
        """An array that the program begins with."""
        if id(value) not in self._known:
            self._known[id(value)] = made = self.kept(Step("input", "", (), {}, value))
            self.inputs.append(made.step)
        return self._known[id(value)]

    def argument(self, value: Any) -> Writing:
        """An array that the function was given; it may be given twice."""
        self._known.pop(id(value), None)
        given = self.input(value)
        self._unnamed.add(given.step)
        return given

    def close(self) -> None:
        """Forget the arrays that write, which refer to this record."""
        self._known.clear()
        self._decompositions.clear()
        self._last = (None, None)
        self._outside = None

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
        args, options = self._with_inputs(args), self._with_inputs(options)
        step = Step(kind, name, steps_in(args), steps_in(options), value, call)
        step.assigned = _alone(variables_of(_rules_frame()))
        self.name_by_user(step)
        return self.kept(step)

    def check_write(self, x: Any) -> None:
        """Raise if an array that is written into is not the program's own."""
        if isinstance(x, Writing) and x.step.kind == "input":
            raise self.error(
                f"{self.caller}: f writes into an array that it was given; copy it "
                "first"
            )

    def check_call(self, function: Any, args: Any, options: dict[str, Any]) -> None:
        """Raise if a function of NumPy's would write into one of its arguments."""

    def call(self, fn: Callable[..., Any], *_: Any, **__: Any) -> Any:
        """A call that is not written down, so that its value would be fixed."""
        raise self.error(
            f"{self.caller}: {getattr(fn, '__name__', fn)} needs plain numbers, which "
            "would be fixed in the program"
        )

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
        """Random numbers, which are fixed in the program."""
        return rng.random(shape)

    def holds(self, step: Step, value: Any) -> Any:
        """The value that a step has here, and that the program depends on."""
        asked = sys._getframe(2).f_code
        self.steps.append(Step("value", "", (step,), {}, value, asked))
        return value

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
        if x.size <= SMALL or counted:
            return x
        given = self.input(x)
        if self._of_function and not given.step.users:
            given.step.users = _name_in(users_frames()[0], lambda y: y is x)
        return given

    def name_by_user(self, step: Step, parts: Sequence[Step] = ()) -> None:
        """The variable that the user's line stores the last step of its call in.

        Those of its several results, where it stores as many.
        """
        if not self._of_function:
            return
        frame = users_frames()[0]
        if frame is self._outside:  # the line that asked for the program
            return
        given: Any
        for given in step.args if self._unnamed else ():
            if not isinstance(given, Step) or given not in self._unnamed:
                continue
            given.users = _name_in(frame, partial(_holds, given))
            self._unnamed -= {given} if given.users else set()
        place, before = self._last
        if before is not None and place == (frame, frame.f_lasti):
            before.users = ""
        names = variables_of(frame)
        step.users = _alone(names)
        if len(parts) == len(names):
            for part, name in zip(parts, names, strict=True):
                part.users = name
        self._last = ((frame, frame.f_lasti), step)

    def kept(self, step: Step) -> Any:
        """What came out of a step, as arrays that write; keeps the step."""
        self.steps.append(step)
        value = step.value
        if isinstance(value, np.ndarray | np.generic):
            if self._of_function and value.ndim and _has_open_shape(step):
                self.steps.append(Step("shape", "", (step,), {}, value.shape))
            return Writing(self, step)
        if isinstance(value, tuple | list):
            parts = [
                self.kept(Step("item", str(i), (step,), {}, v))
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


def _rules_frame() -> FrameType:
    """The frame that asked an array that writes: a rule's, mostly."""
    frame = sys._getframe(2)
    while frame.f_code.co_filename == _ARRAYS and frame.f_back:
        frame = frame.f_back
    return frame


def _name_in(frame: FrameType, is_it: Callable[[Any], bool]) -> str:
    """The variable of a frame that an array is in; or ""."""
    return next((name for name, x in frame.f_locals.items() if is_it(x)), "")


def _holds(step: Step, x: Any) -> bool:
    return isinstance(data := data_of(x), Writing) and data.step is step


def _alone(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else ""


def _has_open_shape(step: Step) -> bool:
    """Whether the shape of what came out depends on values, not on shapes alone."""
    if step.kind == "item":
        return _has_open_shape(step.args[0])
    if step.kind == "index":
        index = step.args[1] if type(step.args[1]) is tuple else step.args[1:]
        return any(isinstance(i, Step) and i.value.dtype == bool for i in index)
    name = f"np.{step.name}" if step.kind == "method" else step.name
    place = _OF_OPEN_SHAPE.get(name)
    if place is None or place >= len(step.args):
        return False
    of_three = step.name == "np.where" and len(step.args) > 1
    return isinstance(step.args[place], Step) and not of_three


def _is_transpose(x: np.ndarray, base: Any) -> bool:
    same = x.__array_interface__["data"] == base.__array_interface__["data"]
    return same and x.shape == base.shape[::-1] and x.strides == base.strides[::-1]
