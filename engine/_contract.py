"""What an operation takes, what a rule returns, and the errors if they do not.

op.py calls these functions only in unusual cases. An error says which op it was, what
came and what was needed; NumPy's own errors get the op's name and the shapes.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from numbers import Number
from operator import ne
from typing import Any

import numpy as np

from engine import numpy_protocol
from engine._node import becomes_array, data_of, is_array
from engine.tensor import Tensor, check_lengths

ndarray = np.ndarray
FLOATS = frozenset({np.float16, np.float32, np.float64, np.longdouble})
# The usual classes of plain operands; those of other classes are looked at first.
_NUMBERS = (t for t in np.sctypeDict.values() if issubclass(t, np.number | np.bool_))
PLAIN = frozenset({ndarray, float, int, bool, *_NUMBERS})
_PLAIN_OPTIONS = PLAIN | {type(None), type(...), slice, str}
_SEVERAL = (tuple, list)


def parameters(rule: Callable[..., Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a rule's operands (none for `*xs`) and of its options."""
    parameters = inspect.signature(rule).parameters.values()
    operands = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
    return operands, tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


def check_rule(rule: Any) -> None:
    """Raise if the function below @op() can't be a rule."""
    if not callable(rule) or not hasattr(rule, "__name__"):
        raise TypeError(f"op: a rule is {rule!r:.60}, and must be a function (def)")
    for p in inspect.signature(rule).parameters.values():
        if p.kind is p.POSITIONAL_OR_KEYWORD and p.default is not p.empty:
            raise TypeError(
                f"op: operand {p.name!r} of {rule.__name__} has a default, and "
                "operands have none; options have, after a *"
            )


def with_keywords(
    name: str,
    names: tuple[str, ...],
    operands: tuple[Any, ...],
    options: dict[str, Any],
) -> tuple[Any, ...]:
    """The operands, with those given by keyword moved from `options` to their place."""
    rest = names[len(operands) :]
    if any(n in options for n in rest):
        missing = [n for n in rest if n not in options]
        if missing:
            raise TypeError(f"{name}: operand {missing[0]!r} is missing")
        operands += tuple(options.pop(n) for n in rest)
    return operands


def check_options(name: str, known: tuple[str, ...], options: dict[str, Any]) -> None:
    for option, value in options.items():
        if option not in known:
            takes = f"its options are {', '.join(known)}" if known else "it has none"
            raise TypeError(
                f"{name}: {option!r} is not an option of this rule; {takes}"
            )
        if _holds_tensor(value):
            raise TypeError(
                f"{name}: option {option!r} is a Tensor, and an option is never "
                "differentiated; pass its array, t.data"
            )


def _holds_tensor(value: Any) -> bool:
    if value.__class__ in _PLAIN_OPTIONS:
        return False
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, _SEVERAL):
        return any(map(_holds_tensor, value))
    return type(value) is Tensor


def as_operand(name: str, x: Any, ufunc: bool, like: Any = None) -> Any:
    """A Tensor, number or array as it is; an array for what NumPy makes one of.

    An object with operators of its own, which may mean something else (a product of
    matrices, an alignment by labels), is never an operand of a rule. Arrays of
    libraries that speak NumPy's protocols are: their operators are NumPy's.

    Args:
        name: of the rule.
        x: one of its operands.
        ufunc: whether the rule is a ufunc of NumPy. Tables answer ufuncs themselves,
            with a table, so that an array in its place would be something else.

    Raises:
        TypeError: if x is neither a number nor an array, nor becomes one.
    """
    if x.__class__ is Tensor or x.__class__ in PLAIN or isinstance(x, Number):
        return x
    if is_array(x) or isinstance(x, np.ma.MaskedArray):  # the value will be refused
        return x
    table = hasattr(x, "__array_ufunc__") and not isinstance(x, np.matrix)
    if isinstance(x, list | tuple | range) or (
        becomes_array(x) and not (ufunc and table)
    ):
        try:
            return array_of(x, like)
        except (TypeError, ValueError) as error:  # rows of different lengths
            raise with_context(error, name, [x]) from error
    ways = (way for way in ("to_numpy", "toarray") if hasattr(x, way))
    raise TypeError(
        f"{name}: an operand is a {type(x).__name__}, which is neither a number nor an "
        "array" + "".join(f"; pass x.{way}()" for way in ways)
    )


def array_of(x: Any, like: Any = None) -> Any:
    """The array that NumPy makes of x; a Tensor, of a list that holds Tensors.

    It is of the library of the array `like`, if that is given.
    """
    if not (type(x) in (list, tuple) and _holds_tensor(x)):
        return np.asarray(np.asarray(x), like=like)
    rows: Any = [row if type(row) is Tensor else array_of(row) for row in x]
    return np.stack(rows)


def of_library(*xs: Any) -> Any:
    """The first array of another library than NumPy, or its Tensor's data; or None."""
    arrays = (d for d in map(data_of, xs) if hasattr(d, "__array_function__"))
    return next((d for d in arrays if type(d) is not ndarray), None)


def is_at_hand(x: Any) -> bool:
    """Whether a rule may go by the values of x: it is NumPy's, or writes.

    To ask another library would compute what it may compute later, or move it.
    """
    return isinstance(x, ndarray | np.generic) or hasattr(x, "call_whole")


def called_whole(error: Exception, rule: Any, arrays: Any, options: Any) -> Any:
    """What a rule gives that failed on arrays that write (engine/written); or None.

    They call it with their plain arrays if it asked them for plain numbers.
    """
    call = getattr(of_library(*arrays), "call_whole", None)
    return call and call(error, rule, arrays, options)


def check_closures(name: str, value: Any, grad_fns: Any, n: int) -> None:
    several = isinstance(value, tuple)
    wanted = len(value) if several else n
    if type(grad_fns) is not tuple or len(grad_fns) != wanted:
        each = f", and that for each of its {wanted} results" if several else ""
        raise TypeError(
            f"{name}: a rule returns its value and a tuple of {n} backward closures, "
            f"one per operand{each}; got {grad_fns!r}"
        )


def is_real(value: Any) -> bool:
    """Whether the value is of floats, and its lengths are known, as nearly always."""
    kind = value.__class__
    if kind is ndarray:
        return value.dtype.kind == "f"
    return kind in FLOATS or _is_real_elsewhere(value)


def _is_real_elsewhere(value: Any) -> bool:
    """The same of another library's array: or its rule would run once more."""
    kind = getattr(getattr(value, "dtype", None), "kind", None)
    known = kind == "f" and is_array(value) and value.__class__ is not Tensor
    return known and not any(map(ne, value.shape, value.shape))  # NaN: not known


def checked_value(value: Any, name: str, operands: tuple[Any, ...]) -> Any:
    """The value of a node, if it is of floats: nothing else has a gradient."""
    if isinstance(value, int | float):
        return np.float64(value)
    if hasattr(value, "of_numpy"):  # it writes
        value = value.of_numpy()
    if isinstance(value, Tensor):
        if any(type(x) is Tensor and type(x.data) is Tensor for x in operands):
            raise TypeError(
                f"{name}: the data of an operand is a Tensor itself; bind its array, "
                "p.data = t.data"
            )
        raise TypeError(  # NumPy summed objects, by their own arithmetic
            f"{name}: an operand is an array of Tensors; np.stack makes it a Tensor"
        )
    dtype = getattr(value, "dtype", None)
    kind = getattr(dtype, "kind", None)
    if kind != "f" or not is_array(value):
        came = f"{type(value).__name__} of {dtype}" if dtype else type(value).__name__
        if kind == "f":
            came += ", not a plain array (np.asarray(x), array.filled(0))"
        raise TypeError(
            f"{name}: the result is a {came}, and only floats have gradients"
        )
    check_lengths(name, value)
    return value


def with_context(error: Exception, name: str, arrays: list[Any]) -> Exception:
    """NumPy's error with the op's name and the shapes that came."""
    message = str(error)
    if "unpack" in message and getattr(error.__traceback__, "tb_next", 1) is None:
        return TypeError(f"{name}: a rule returns its value and a tuple of closures")
    if message.startswith(f"{name}:"):
        return type(error)(message)
    shapes = [str(getattr(x, "shape", "a " + type(x).__name__)) for x in arrays]
    if isinstance(error, AttributeError):
        return TypeError(f"{name}: needs arrays, got {', '.join(shapes)}; {message}")
    if len(arrays) > 1 and isinstance(error, ValueError) and "broadcast" in message:
        cure = "axes pair up from the right, and must be equal or one of them 1"
        return ValueError(f"{name}: {' with '.join(shapes)} does not broadcast: {cure}")
    kind = numpy_protocol.kind_of(error)
    return kind(f"{name}: {message} (operands: {', '.join(shapes)})")
