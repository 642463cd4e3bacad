"""The array that writes: it computes, and writes down what it is asked.

It speaks NumPy's protocols, so rules and the backward pass run on it as on any array.
Every operation makes a step of its record.
"""

from __future__ import annotations

import dis
import functools
import operator
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from engine._node import Node
from engine._users_line import is_asked_by_user

if TYPE_CHECKING:
    from engine.written.record import Record, Step


_WORDS = "it makes words of numbers, as print does"


def steps_in(x: Any) -> Any:
    """x with steps in place of arrays that write."""
    return mapped(lambda w: w.step, x)


def values_in(x: Any) -> Any:
    """x with plain arrays in place of arrays that write."""
    return mapped(lambda w: w.step.value, x)


def mapped(fn: Callable[[Writing], Any], x: Any) -> Any:
    if isinstance(x, Writing):
        return fn(x)
    if type(x) in (tuple, list):
        return type(x)(mapped(fn, part) for part in x)
    if type(x) is dict:
        return {k: mapped(fn, v) for k, v in x.items()}
    if isinstance(x, slice):
        return slice(*(mapped(fn, part) for part in (x.start, x.stop, x.step)))
    return x


class Writing:
    """An array that computes, and writes down what it is asked."""

    __slots__ = ("__weakref__", "record", "step")
    is_number = False

    def __init__(self, record: Record, step: Step) -> None:
        self.record, self.step = record, step

    # --- facts about it, which are no steps of the program --------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.step.value)

    @property
    def dtype(self) -> np.dtype[Any]:
        value = self.step.value
        return value.dtype if hasattr(value, "dtype") else np.dtype(type(value))

    @property
    def ndim(self) -> int:
        return np.ndim(self.step.value)

    @property
    def size(self) -> int:
        return np.size(self.step.value)

    @property
    def base(self) -> Any:
        """Not None if it shows a part of another array."""
        return getattr(self.step.value, "base", None)

    @property
    def nbytes(self) -> int:
        return self.step.value.nbytes

    @property
    def itemsize(self) -> int:
        return self.step.value.itemsize

    def __len__(self) -> int:
        return len(self.step.value)

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        """What it stands for, if f asks, by isinstance; the engine sees what it is."""
        if not self.record.exact or not is_asked_by_user():
            return type(self)
        return type(self.step.value)

    # --- facts that the program holds to be so at other numbers, too ---------------

    def __bool__(self) -> bool:
        return self.record.holds(self.step, bool(self.step.value))

    def __index__(self) -> int:
        if self.dtype.kind not in "biu" or self.ndim:
            self.refuse("int(x)", "write x.astype(int), or np.floor(x)")
        return self.record.holds(self.step, int(self.step.value))

    def refuse(self, asked: str, cure: str) -> Any:
        """Raise where f asks for a plain number or array."""
        self.record.refused = error = self.record.error(
            f"{self.record.caller}: f asks for {asked}, which would be fixed in the "
            f"program; {cure}"
        )
        raise error

    __int__ = __index__

    def __format__(self, spec: str) -> str:
        if self.record.exact and is_asked_by_user():
            self.record.refused = TypeError(_WORDS)
        return repr(self)

    # --- others ---------------------------------------------------------------------

    def __repr__(self) -> str:
        if self.record.exact:  # a word made of its number would be fixed, unseen
            if is_asked_by_user():
                self.record.refused = TypeError(_WORDS)
            return f"<array of {self.dtype}, shape {self.shape}, that is recorded>"
        return f"Writing({self.step.value!r})"

    def __dlpack__(
        self,
    ) -> Any:  # whoever asks whether data is there asks for this name
        raise BufferError("an array that writes does not give its data away")

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"{self.record.caller}: an array that is recorded has no {name!r}; write "
            "it with NumPy's functions, such as np.sort(x) for x.sort()"
        )

    def of_numpy(self) -> Writing:
        """As NumPy's: a number of Python's as a float64."""
        value = self.step.value
        if type(value) not in (int, float, bool):
            return self
        step = self.step.__class__(
            "number", "np.float64", (self.step,), {}, np.float64(value)
        )
        return self.record.kept(step)

    def call_whole(self, error: Exception, rule: Any, arrays: Any, options: Any) -> Any:
        """What a rule gives that needs plain numbers, called as it is; or None."""
        if not isinstance(error, TypeError | AttributeError):
            return None
        from engine.written.whole import call_whole  # which imports this file

        self.record.refused = None

        return call_whole(self.record, rule, arrays, options)

    # --- steps ----------------------------------------------------------------------

    def __array_ufunc__(
        self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any
    ) -> Any:
        if any(isinstance(x, Node) for x in inputs):
            return NotImplemented
        if ufunc is np.power and isinstance(inputs[0], np.generic) and _is_operator():
            return self.__rpow__(inputs[0])  # that of scalars has other last bits
        called = method != "__call__"
        call = getattr(ufunc, method) if called else ufunc
        if method == "at":
            self.record.check_write(inputs[0])
        if self.record.exact and options.get("out") is not None:
            raise self.record.error(
                f"{self.record.caller}: f gives out= to {_name_of(ufunc)}, which "
                "writes into an array; use what it returns"
            )
        name = _name_of(ufunc) + (f".{method}" if called else "")
        value = call(*values_in(inputs), **values_in(options))
        kind = "set" if method == "at" else "function"
        own = None if _is_known(ufunc) else call  # of np.frompyfunc, for instance
        return self.record.add(kind, name, inputs, options, value, own)

    def __array_function__(
        self, function: Any, types: Any, args: Any, options: dict[str, Any]
    ) -> Any:
        if any(issubclass(t, Node) for t in types):
            return NotImplemented
        name = f"{function.__module__.replace('numpy', 'np', 1)}.{function.__name__}"

        self.record.check_call(function, args, options)

        def computed() -> Any:
            value = function(*values_in(args), **values_in(options))
            return self.record.add("function", name, args, options, value, function)

        if not name.startswith("np.linalg."):
            return computed()
        from engine.written.arguments import key_of  # which imports this file

        key = (name, key_of(steps_in([args, options])))
        return self.record.decomposed(key, computed)

    def __getitem__(self, index: Any) -> Any:
        value = self.step.value[values_in(index)]
        return self.record.add("index", "", (self, index), {}, value)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self.step.value)))

    def __setitem__(self, index: Any, value: Any) -> None:
        self.record.check_write(self)
        self.step.value[values_in(index)] = values_in(value)
        self.record.add("set", "", (self, index, value), {}, None)

    @property
    def T(self) -> Any:  # noqa: N802 - NumPy's name
        return self.record.add("attribute", "T", (self,), {}, self.step.value.T)

    @property
    def mT(self) -> Any:  # noqa: N802 - NumPy's name
        return self.record.add("attribute", "mT", (self,), {}, self.step.value.mT)

    def __abs__(self) -> Any:
        if isinstance(self.step.value, np.ndarray | np.generic):
            return np.absolute(self)
        step = self.step.__class__(
            "number", "abs", (self.step,), {}, abs(self.step.value)
        )
        return self.record.kept(step)

    __hash__ = object.__hash__


class Number(Writing):
    """One that stands for a number: the pass tells numbers from arrays by the class."""

    __slots__ = ()
    is_number = True

    def __hash__(self) -> int:
        """Of a number that is looked up in a dict: it is held to be that one."""
        return hash(self.record.holds(self.step, self.step.value))


def _refused(asked: str, cure: str) -> Callable[..., Any]:
    def asks(self: Writing, *_: Any, **__: Any) -> Any:
        return self.refuse(asked, cure)

    return asks


_CURES = {
    "float(x)": "leave it out, x serves as the number; write np.exp(x) for "
    "math.exp(x), and np.stack([x, y]) for array[i] = x",
    "np.asarray(x)": "np.stack([x, y]) makes an array of several, np.ones(3) * x fills "
    "one; pass an array that is indexed by another, and a list of numbers as an array",
    "round(x)": "write np.round(x), or np.floor(x)",
    "x.item()": "leave it out, x serves as the number",
}
_ASKING = {
    **dict.fromkeys(("__float__", "__complex__"), "float(x)"),
    **dict.fromkeys(("__array__", "tolist"), "np.asarray(x)"),
    **dict.fromkeys(("__round__", "__trunc__", "__floor__", "__ceil__"), "round(x)"),
    "item": "x.item()",
}
for _name, _asked in _ASKING.items():
    setattr(Writing, _name, _refused(_asked, _CURES[_asked]))


def _is_operator() -> bool:
    """Whether __array_ufunc__ is called for x ** y, and not for np.power(x, y)."""
    frame = sys._getframe(3)  # below `_noted`
    return dis.opname[frame.f_code.co_code[frame.f_lasti]] == "BINARY_OP"


def _is_known(ufunc: np.ufunc) -> bool:
    """Whether it is found by its name, in NumPy or SciPy."""
    places = (np, *map(sys.modules.get, ("scipy.special", "scipy.special._ufuncs")))
    return any(getattr(place, ufunc.__name__, None) is ufunc for place in places)


def _name_of(ufunc: np.ufunc) -> str:
    """NumPy's or SciPy's name; SciPy has ufuncs that only its own functions call."""
    if getattr(np, ufunc.__name__, None) is ufunc:
        return f"np.{ufunc.__name__}"
    known = hasattr(sys.modules.get("scipy.special"), ufunc.__name__)
    return f"scipy.special.{'' if known else '_ufuncs.'}{ufunc.__name__}"


def _repeats(x: Writing, y: Any) -> bool:
    """Whether x * y is y, so many times: a list and an integer."""
    return isinstance(y, list | tuple | str | bytes) and isinstance(
        x.step.value, int | np.integer
    )


def _binary(sign: str, function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def forward(x: Writing, y: Any) -> Any:
        if isinstance(y, Node):
            return NotImplemented
        if sign == "*" and _repeats(x, y):
            return operator.index(x) * y
        value = function(x.step.value, values_in(y))
        return x.record.add("operator", sign, (x, y), {}, value)

    return forward


def _reflected(sign: str, function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def reflected(y: Writing, x: Any) -> Any:
        if sign == "*" and _repeats(y, x):
            return x * operator.index(y)
        value = function(values_in(x), y.step.value)
        return y.record.add("operator", sign, (x, y), {}, value)

    return reflected


def _unary(sign: str, function: Callable[[Any], Any]) -> Callable[..., Any]:
    def unary(x: Writing) -> Any:
        return x.record.add("operator", sign, (x,), {}, function(x.step.value))

    return unary


def _method(name: str) -> Callable[..., Any]:
    def method(x: Writing, *args: Any, **options: Any) -> Any:
        x.record.check_call(getattr(np, name, None), (x, *args), options)
        value = getattr(x.step.value, name)(*values_in(args), **values_in(options))
        return x.record.add("method", name, (x, *args), options, value)

    return method


def _in_place(sign: str, function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """x += y, which writes into an array, and gives another number of a number."""
    otherwise, write = getattr(operator, f"__{_NAMES[sign]}__"), function

    def in_place(x: Writing, y: Any) -> Any:
        if not x.record.exact or not isinstance(x.step.value, np.ndarray):
            return otherwise(x, y)
        x.record.check_write(x)
        write(x.step.value, values_in(y))
        x.record.add("set", "in place", (x, sign, y), {}, None)
        return x

    return in_place


def _noted(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method, whose errors are noted: f may catch one, and go another way."""

    @functools.wraps(method)
    def noted(x: Writing, *args: Any, **options: Any) -> Any:
        try:
            return method(x, *args, **options)
        except Exception as error:
            x.record.refused = error if x.record.exact else x.record.refused
            raise

    return noted


_ARITHMETIC = {
    **{"add": "+", "sub": "-", "mul": "*", "truediv": "/", "floordiv": "//"},
    **{"mod": "%", "pow": "**", "matmul": "@", "and": "&", "or": "|", "xor": "^"},
}
_NAMES = {sign: name for name, sign in _ARITHMETIC.items()}
_COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}
_UNARY = {"neg": "-", "pos": "+", "invert": "~"}
_METHODS = (
    *("sum", "mean", "var", "std", "max", "min", "cumsum", "any", "all", "reshape"),
    *("squeeze", "transpose", "swapaxes", "astype", "copy", "ravel", "flatten"),
    *("argmax", "argmin", "argsort", "nonzero", "prod", "cumprod", "dot", "clip"),
    *("round", "take", "repeat", "diagonal", "trace", "conj", "searchsorted"),
    *("compress", "choose", "argpartition"),
)

for _name, _sign in _ARITHMETIC.items():
    _function = getattr(operator, f"__{_name}__")
    setattr(Writing, f"__{_name}__", _binary(_sign, _function))
    setattr(Writing, f"__r{_name}__", _reflected(_sign, _function))
    setattr(Writing, f"__i{_name}__", _in_place(_sign, getattr(operator, f"i{_name}")))
for _name, _sign in _COMPARISONS.items():
    setattr(Writing, f"__{_name}__", _binary(_sign, getattr(operator, _name)))
for _name, _sign in _UNARY.items():
    setattr(Writing, f"__{_name}__", _unary(_sign, getattr(operator, _name)))
for _name in _METHODS:
    setattr(Writing, _name, _method(_name))
for _name in (
    *(f"__{way}{name}__" for name in _ARITHMETIC for way in ("", "r", "i")),
    *(f"__{name}__" for name in (*_COMPARISONS, *_UNARY, "abs", "getitem", "setitem")),
    *("__array_ufunc__", "__array_function__", *_METHODS),
):
    setattr(Writing, _name, _noted(getattr(Writing, _name)))
