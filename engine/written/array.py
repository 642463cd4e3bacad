"""The array that writes: it computes, and writes down what it is asked.

It speaks NumPy's protocols, so rules and the backward pass run on it as on any array.
Every operation makes a step: what was called, and on what. The steps of a record, in
the order in which they were made, are all that was computed.
"""

from __future__ import annotations

import dis
import functools
import itertools
import operator
import sys
from collections.abc import Callable
from types import CodeType, FrameType
from typing import Any

import numpy as np

from engine._node import Node
from engine._users_line import users_frames

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
    return _mapped(lambda w: w.step, x)


def values_in(x: Any) -> Any:
    """x with plain arrays in place of arrays that write."""
    return _mapped(lambda w: w.step.value, x)


def _mapped(fn: Callable[[Writing], Any], x: Any) -> Any:
    if isinstance(x, Writing):
        return fn(x)
    if type(x) in (tuple, list):
        return type(x)(_mapped(fn, part) for part in x)
    if type(x) is dict:
        return {k: _mapped(fn, v) for k, v in x.items()}
    if isinstance(x, slice):
        return slice(*(_mapped(fn, part) for part in (x.start, x.stop, x.step)))
    return x


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


class Writing:
    """An array that computes, and writes down what it is asked."""

    __slots__ = ("record", "step")

    def __init__(self, record: Record, step: Step) -> None:
        self.record, self.step = record, step

    # --- facts about it, which are no steps of the program --------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return self.step.value.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.step.value.dtype

    @property
    def ndim(self) -> int:
        return self.step.value.ndim

    @property
    def size(self) -> int:
        return self.step.value.size

    def __len__(self) -> int:
        return len(self.step.value)

    def __bool__(self) -> bool:
        self.record.compared = True
        return bool(self.step.value)

    def __float__(self) -> float:
        raise TypeError(
            "code: a plain number was asked for, which would be fixed in the program; "
            "write np.exp(x) for math.exp(x). A rule that needs one is called as it is "
            "in code(loss), of a graph"
        )

    def __index__(self) -> int:
        return operator.index(self.step.value)

    def __repr__(self) -> str:
        return f"Writing({self.step.value!r})"

    def __dlpack__(
        self,
    ) -> Any:  # whoever asks whether data is there asks for this name
        raise BufferError("an array that writes does not give its data away")

    # --- steps ----------------------------------------------------------------------

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        if any(isinstance(x, Node) for x in inputs):
            return NotImplemented
        called = method != "__call__"
        call = getattr(ufunc, method) if called else ufunc
        home = "np" if getattr(np, ufunc.__name__, None) is ufunc else "scipy.special"
        name = f"{home}.{ufunc.__name__}" + (f".{method}" if called else "")
        value = call(*values_in(inputs), **values_in(options))
        kind = "set" if method == "at" else "function"
        return self.record.add(kind, name, inputs, options, value)

    def __array_function__(
        self, function: Any, types: Any, args: Any, options: dict[str, Any]
    ) -> Any:
        if any(issubclass(t, Node) for t in types):
            return NotImplemented
        name = f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"

        def computed() -> Any:
            value = function(*values_in(args), **values_in(options))
            return self.record.add("function", name, args, options, value, function)

        if not name.startswith("np.linalg."):
            return computed()
        key = (name, repr(_mapped(lambda w: id(w.step), [args, options])))
        return self.record.decomposed(key, computed)

    def __getitem__(self, index: Any) -> Any:
        value = self.step.value[values_in(index)]
        return self.record.add("index", "", (self, index), {}, value)

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.step.kind == "input":
            raise TypeError(
                "code: f writes into an array that it was given; copy it first"
            )
        self.step.value[values_in(index)] = values_in(value)
        self.record.add("set", "", (self, index, value), {}, None)

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        return self.record.add("attribute", "T", (self,), {}, self.step.value.T)

    __hash__ = object.__hash__


def _binary(sign: str, function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def forward(x: Writing, y: Any) -> Any:
        if isinstance(y, Node):
            return NotImplemented
        value = function(x.step.value, values_in(y))
        return x.record.add("operator", sign, (x, y), {}, value)

    return forward


def _reflected(sign: str, function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def reflected(y: Writing, x: Any) -> Any:
        value = function(values_in(x), y.step.value)
        return y.record.add("operator", sign, (x, y), {}, value)

    return reflected


def _unary(sign: str, function: Callable[[Any], Any]) -> Callable[..., Any]:
    def unary(x: Writing) -> Any:
        return x.record.add("operator", sign, (x,), {}, function(x.step.value))

    return unary


def _method(name: str) -> Callable[..., Any]:
    def method(x: Writing, *args: Any, **options: Any) -> Any:
        value = getattr(x.step.value, name)(*values_in(args), **values_in(options))
        return x.record.add("method", name, (x, *args), options, value)

    return method


_ARITHMETIC = {
    **{"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//"},
    **{"mod": "%", "pow": "**", "matmul": "@", "and": "&", "or": "|", "xor": "^"},
}
_COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_UNARY = {"neg": "-", "pos": "+", "invert": "~"}
_METHODS = (
    *("sum", "mean", "var", "std", "max", "min", "cumsum", "any", "all", "reshape"),
    *("squeeze", "transpose", "swapaxes", "astype", "copy"),
)

for _name, _sign in _ARITHMETIC.items():
    _function = getattr(operator, f"__{_name}__")
    setattr(Writing, f"__{_name}__", _binary(_sign, _function))
    setattr(Writing, f"__r{_name}__", _reflected(_sign, _function))
for _name, _sign in _COMPARISONS.items():
    setattr(Writing, f"__{_name}__", _binary(_sign, getattr(operator, _name)))
for _name, _sign in _UNARY.items():
    setattr(Writing, f"__{_name}__", _unary(_sign, getattr(operator, _name)))
for _name in _METHODS:
    setattr(Writing, _name, _method(_name))
