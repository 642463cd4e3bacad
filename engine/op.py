"""The @op decorator: it turns a rule into an operation, and alone makes nodes.

The one idea: a *rule* is a pure function of arrays that returns its value and, for each
operand, the backward closure. `op` unwraps the Tensors, runs the rule on their arrays
and remembers what a backward pass will need. A rule's parameters before the `*` are its
operands; those after it are options, which are never differentiated. A rule of several
results (matrices have them) returns a tuple of values, and for each its closures:

    @op(np.exp)                                       @op(np.sum)
    def exp(x):                                       def sum(x, *, axis=None): ...
        y = np.exp(x)
        return y, (lambda g: g * y,)

The rules themselves are in rules/; the closures are called in graph.py.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from engine import numpy_protocol
from engine.recording import state
from engine.tensor import Tensor, check_lengths, next_turn

Rule = Callable[..., tuple[Any, tuple[Callable[[Any], Any] | None, ...]]]
Operation = Callable[..., Any]

float64, ndarray = np.float64, np.ndarray
_TO_ARRAYS = frozenset({list, tuple, np.matrix})  # for a matrix * is another operation


def op(
    *numpy_functions: Callable[..., Any], lazy: bool = True
) -> Callable[[Rule], Operation]:
    """Make a rule differentiable, and have it stand for NumPy functions.

    Args:
        numpy_functions: those that arrive at the rule when a Tensor is among their
            arguments, such as `np.exp`. None are needed.
        lazy: whether the rule can be put off by an array library that computes later
            (Dask). If not, it is refused on arrays whose data is not at hand.

    Returns:
        A decorator. The decorated rule takes Tensors, arrays and numbers: called with a
        Tensor it returns a Tensor, without one the plain value.

    Raises:
        ValueError: if a NumPy function has a rule already.
    """

    for f in numpy_functions:
        if isinstance(f, FunctionType) and "numpy" not in f.__module__:
            raise TypeError("op: write @op() above a rule, with the parentheses")
        if not callable(f):
            raise TypeError(f"op: {f!r} is no function of NumPy; np.exp, say, is one")

    def decorate(rule: Rule) -> Operation:
        rule = rule if lazy else numpy_protocol.at_once(rule, rule.__name__)
        name = rule.__name__
        names, option_names = _parameters(rule)
        new = Tensor.__new__

        @functools.wraps(rule)
        def operation(*operands: Any, **options: Any) -> Any:
            if options:
                operands = _with_keywords(name, names, operands, options)
                _check_options(name, option_names, options)
            arrays: list[Any] = []
            constants: list[int] = []  # places of operands that want no gradient
            for x in operands:
                if x.__class__ is Tensor:
                    if not x.requires_grad:
                        constants.append(len(arrays))
                    x = x.data
                elif x.__class__ in _TO_ARRAYS:
                    return operation(*map(_as_array, operands), **options)
                else:
                    constants.append(len(arrays))
                arrays.append(x)
            try:
                value, grad_fns = rule(*arrays, **options)
            except (TypeError, ValueError, AttributeError, IndexError) as error:
                raise _explained(error, name, arrays) from error
            if grad_fns.__class__ is not tuple or len(grad_fns) != len(operands):
                _check_closures(name, value, grad_fns, len(operands))
            group = state()
            if len(constants) == len(operands) or group is False:
                return _constant(value, grad_fns, operands)
            if value.__class__ is not float64 and (
                value.__class__ is not ndarray or value.dtype.kind != "f"
            ):
                if isinstance(value, tuple):
                    return _several(value, grad_fns, operands, rule, options, constants)
                value = _real(value, name)
            if constants:
                grad_fns = _without(grad_fns, constants)
            node = new(Tensor)  # __init__ checks what a person passes; this is ours
            node.data = value
            node.parents = operands
            node.grad_fns = grad_fns
            node.rule = rule
            node.options = options or None
            node.requires_grad = True
            node.name = ""
            node._turn = next_turn()
            node.group = group
            node.grad = node._hooks = None
            return node

        operation.lazy = lazy  # type: ignore[attr-defined]  # for the list of rules
        for function in numpy_functions:
            numpy_protocol.register(function, operation, names, option_names)
        return operation

    return decorate


def _constant(value: Any, grad_fns: Any, operands: tuple[Any, ...]) -> Any:
    """Plain in, plain out; a Tensor in, a Tensor that wants no gradient out."""
    if not any(type(x) is Tensor for x in operands):
        return value
    if isinstance(value, tuple):
        _check_closures("a rule", value, grad_fns, len(operands))
        pairs = zip(value, grad_fns, strict=True)
        results = [v if f is None else _constant(v, f, operands) for v, f in pairs]
        return _like(value, results)
    return Tensor(value, requires_grad=False)


def _several(
    values: Any,
    grad_fns: Any,
    operands: Any,
    rule: Rule,
    options: dict[str, Any],
    constants: list[int],
) -> Any:
    """A node for every result of a rule; a result without closures as it is."""
    _check_closures(rule.__name__, values, grad_fns, len(operands))
    results = []
    for k, (value, fns) in enumerate(zip(values, grad_fns, strict=True)):
        if fns is not None:
            one = _result(rule, k, getattr(values, "_fields", None))
            _check_closures(one.__name__, value, fns, len(operands))
            value = Tensor(_real(value, one.__name__))
            value.rule, value.options = one, options or None
            value.parents, value.grad_fns = operands, _without(fns, constants)
            value.group = state() or None
        results.append(value)
    return _like(values, results)


def _result(rule: Rule, k: int, names: tuple[str, ...] | None) -> Rule:
    """The rule for one result of several: what runs again for higher derivatives."""

    @functools.wraps(rule)
    def one(*operands: Any, **options: Any) -> Any:
        values, grad_fns = rule(*operands, **options)
        return values[k], grad_fns[k]

    one.__name__ += f".{names[k]}" if names else f"[{k}]"
    return one


def _like(values: Any, results: list[Any]) -> Any:
    """The results in a tuple of the same kind, with the names of its fields if any."""
    return type(values)(*results) if hasattr(values, "_fields") else tuple(results)


def _check_closures(name: str, value: Any, grad_fns: Any, n: int) -> None:
    several = isinstance(value, tuple)
    wanted = len(value) if several else n
    if type(grad_fns) is not tuple or len(grad_fns) != wanted:
        each = f", and that for each of its {wanted} results" if several else ""
        raise TypeError(
            f"{name}: a rule returns its value and a tuple of {n} backward closures, "
            f"one per operand{each}; got {grad_fns!r}"
        )


def _without(grad_fns: Any, constants: list[int]) -> tuple[Any, ...]:
    """None for the closure of an operand that wants no gradient: it is freed here."""
    kept = list(grad_fns)
    for i in constants:
        kept[i] = None
    return tuple(kept)


def _parameters(rule: Rule) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of a rule's operands (none for `*xs`) and of its options."""
    parameters = inspect.signature(rule).parameters.values()
    operands = tuple(p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
    return operands, tuple(p.name for p in parameters if p.kind is p.KEYWORD_ONLY)


def _with_keywords(
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


def _check_options(name: str, known: tuple[str, ...], options: dict[str, Any]) -> None:
    for option, value in options.items():
        if option not in known:
            takes = f"its options are {', '.join(known)}" if known else "it has none"
            raise TypeError(f"{name}: {option!r} is no option of this rule; {takes}")
        if _holds_tensor(value):
            raise TypeError(
                f"{name}: option {option!r} is a Tensor, and an option is never "
                "differentiated; pass its array, t.data"
            )


def _holds_tensor(value: Any) -> bool:
    if isinstance(value, dict):
        value = tuple(value.values())
    if isinstance(value, tuple | list):
        return any(map(_holds_tensor, value))
    return type(value) is Tensor


def _as_array(x: Any) -> Any:
    """A list operand as the array that NumPy would make of it."""
    return np.asarray(x) if type(x) in _TO_ARRAYS else x


def _real(value: Any, name: str) -> Any:
    """The value of a node, if it is of floats: nothing else has a gradient."""
    if isinstance(value, np.floating):
        return value
    if isinstance(value, int | float):
        return np.float64(value)
    if isinstance(value, Tensor):  # NumPy summed objects, by their own arithmetic
        raise TypeError(
            f"{name}: an operand is an array of Tensors; np.stack makes it a Tensor"
        )
    dtype = getattr(value, "dtype", None)
    if dtype is None or dtype.kind != "f" or isinstance(value, np.ma.MaskedArray):
        came = f"{type(value).__name__} of {dtype}" if dtype else type(value).__name__
        raise TypeError(
            f"{name}: the result is a {came}, and only floats have gradients"
        )
    check_lengths(name, value)
    return value


def _explained(error: Exception, name: str, arrays: list[Any]) -> Exception:
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
