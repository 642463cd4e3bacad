"""NumPy's own functions on Tensors: `np.exp(t)`, `array * t`, `np.sum(t, axis=0)`.

NumPy passes a call with a Tensor among the arguments on to the Tensor (NEP 13 for
ufuncs, NEP 18 for other functions), and a table here says which rule stands for the
function. One whose derivative is zero (`np.sign`, a comparison) runs on the plain data.
A function that is in neither table is refused. A call with options that the rule does
not have (`np.sum(t, where=mask)`) goes to a composition that extends the rule.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from engine._cuts import note
from engine._no_rule import _CONSTANT_AT_ONCE, _WHY_NOT, CONSTANT
from engine._node import becomes_array, data_of
from engine._signatures import (
    _arguments,
    _by_name,
    _changed,
    _is_scipys,
    _name,
    _places,
    _rest_by_name,
    _signature,
)
from engine._users_line import users_frames


class Registered(NamedTuple):
    """The operation that stands for a NumPy function, and its parameters' names."""

    operation: Callable[..., Any]
    operands: tuple[str, ...]
    options: tuple[str, ...]


# What NumPy and Python raise at wrong arguments. Raised again with the name of the
# function in front, as a TypeError, ValueError or IndexError.
ARGUMENT_ERRORS = (
    *(TypeError, ValueError, AttributeError, LookupError),
    *(OverflowError, ZeroDivisionError),
)

_rules: dict[Any, Registered] = {}
_compositions: dict[Any, Callable[..., Any]] = {}
_extensions: dict[Any, Callable[..., Any]] = {}
_ufunc_methods: dict[str, Callable[..., Any]] = {}

# What every ufunc takes beside its operands, and no rule does.
UFUNC_OPTIONS = frozenset({"dtype", "casting", "order", "subok", "where"})


def register(
    function: Callable[..., Any],
    operation: Callable[..., Any],
    operands: tuple[str, ...],
    options: tuple[str, ...],
) -> None:
    """Have `operation` stand for a NumPy function; called by @op."""
    _import_rules_of_scipy(function)
    _refuse_twice("op", function)
    _rules[function] = Registered(operation, operands, options)


def adapts(
    function: Callable[..., Any], *, lazy: bool = True
) -> Callable[[Callable[..., Any]], Any]:
    """Have a Python function, composed of rules, stand for a NumPy function.

    Args:
        function: of NumPy; the names of its arguments are those of the composition.
        lazy: as in @op: whether it can wait until the data is computed.
    """

    def decorate(composition: Callable[..., Any]) -> Callable[..., Any]:
        _refuse_twice("adapts", function)
        composition = composition if lazy else at_once(composition, _name(function))
        composition.lazy = lazy  # type: ignore[attr-defined]  # for the list of rules
        _compositions[function] = composition
        return composition

    return decorate


def extends(
    function: Callable[..., Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Have a composition stand for a NumPy function with more options than its rule's.

    The rule stays what a call without them goes to. The composition takes all of
    NumPy's arguments, under NumPy's names; a Tensor may be among its options.
    """

    def decorate(composition: Callable[..., Any]) -> Callable[..., Any]:
        _extensions[function] = composition
        return composition

    return decorate


def adapts_method(name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Have a composition stand for a method of every ufunc that has a rule.

    It is called as composition(ufunc, *operands, **options): `np.add.reduce(t, axis=1)`
    as reduce(np.add, t, axis=1). `"__call__"` is a call with options of UFUNC_OPTIONS.
    """

    def decorate(composition: Callable[..., Any]) -> Callable[..., Any]:
        _ufunc_methods[name] = composition
        return composition

    return decorate


def at_once(operation: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The operation, refused on arrays whose data is not computed yet (DLPack)."""

    @functools.wraps(operation)
    def checked(*operands: Any, **options: Any) -> Any:
        _refuse_later(name, (*operands, *options.values()))
        return operation(*operands, **options)

    return checked


def _refuse_later(name: str, arguments: tuple[Any, ...]) -> None:
    for x in map(data_of, arguments):
        if hasattr(x, "__array_function__") and not hasattr(x, "__dlpack__"):
            raise TypeError(
                f"{name}: needs its data at once, and an array of "
                f"{type(x).__module__.partition('.')[0]} may have none yet; "
                "compute it first"
            )


def _refuse_twice(caller: str, function: Callable[..., Any]) -> None:
    if function in CONSTANT or function in _rules or function in _compositions:
        raise ValueError(f"{caller}: {_name(function)} has a rule already")


def call_ufunc(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`ufunc(*inputs)` by its rule: what `Tensor.__array_ufunc__` answers."""
    if method != "__call__":
        return _call_method(ufunc, method, inputs, kwargs)
    if ufunc in _rules and not kwargs:  # as nearly always
        return _rules[ufunc].operation(*inputs)
    _refuse_out(ufunc, kwargs)
    if ufunc not in CONSTANT and not UFUNC_OPTIONS.isdisjoint(kwargs):
        composition = _ufunc_methods["__call__"]
        return _run(_name(ufunc), composition, (ufunc, *inputs), kwargs)
    if ufunc in _compositions:
        return _composed(ufunc, inputs, kwargs)
    if ufunc not in _rules:
        _import_rules_of_scipy(ufunc)
    return _call(ufunc, inputs, kwargs)


def _import_rules_of_scipy(function: Any) -> None:
    """If it is one of SciPy's ufuncs: its rule is in a package that needs SciPy.

    Which is imported once, by name, since its files import this one.
    """
    if _is_scipys(function):
        importlib.import_module("engine.rules.special")


def _call_method(
    ufunc: np.ufunc, method: str, inputs: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`ufunc.method(*inputs)`, for a ufunc of two operands."""
    name = f"{_name(ufunc)}.{method}"
    known = ufunc in CONSTANT or ufunc in _rules or ufunc in _compositions
    if ufunc is np.floor_divide and method != "outer":
        known = False  # an entry that is alone is handed on: it is not constant
    if not known or method not in _ufunc_methods or ufunc.nin != 2 or ufunc.signature:
        scatter = (
            ", for it writes into an array; array + rules.scatter(t, index=index, "
            "shape=array.shape) is the sum"
        )
        raise TypeError(
            f"{name} has no rule on Tensors{scatter if method == 'at' else ''}"
        )
    if any(x is not None for x in kwargs.get("out", ())):
        _refuse_out(ufunc, kwargs)
    options = {n: v for n, v in kwargs.items() if n != "out"}
    if ufunc in CONSTANT:
        return _run(name, _on_data, (getattr(ufunc, method), *inputs), options)
    return _run(name, _ufunc_methods[method], (ufunc, *inputs), options)


def _on_data(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
    return function(
        *map(_data_in, args), **{k: _data_in(v) for k, v in options.items()}
    )


def call_function(
    function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """`function(*args)` by its rule: what `Tensor.__array_function__` answers."""
    if function in _compositions:
        return _composed(function, args, kwargs)
    if function in CONSTANT:
        _refuse_out(function, _arguments(function, args, kwargs))
    rule = _rules.get(function)
    if rule and (
        len(args) != len(rule.operands) or not kwargs.keys() <= set(rule.options)
    ):
        args, kwargs = _by_name(function, rule.operands, args, kwargs)
    if rule and kwargs:
        _refuse_out(function, kwargs)
        if function in _extensions and _exceeds(rule, kwargs):
            return _composed(function, args, kwargs)
    return _call(function, args, kwargs)


def _exceeds(rule: Registered, options: dict[str, Any]) -> bool:
    """Whether options came that the rule has not, or operands among its options."""
    return any(
        name not in rule.options or data_of(value) is not value
        for name, value in options.items()
    )


def _refuse_out(function: Any, given: Mapping[str, Any]) -> None:
    if given.get("out") is not None:
        raise TypeError(
            f"{_asked(function)}: writing into an array (out=, array += t) would drop "
            "the graph; write array = array + t"
        )


def _call(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if function in CONSTANT:
        note(function)
        if function in _CONSTANT_AT_ONCE:
            _refuse_later(_name(function), (*args, *kwargs.values()))
        try:
            return _on_data(function, *args, **kwargs)
        except ARGUMENT_ERRORS as error:
            raise _named(error, _name(function)) from error
    if function not in _rules:
        # array.clip(t) calls a ufunc that has no other name:
        shown = getattr(np, function.__name__, function)
        if isinstance(function, np.ufunc) and shown in _compositions:
            return _composed(shown, args, kwargs)
        module = getattr(function, "__module__", "")
        why = _WHY_NOT.get(function) or _WHY_NOT.get(module)
        cure = f"write one with @op({_name(function)}), or " if not why else ""
        raise TypeError(
            f"{_asked(function)} has no rule on Tensors{f': {why}' if why else ''}; "
            f"{cure}use t.data if no gradient is wanted"
        )
    return _rules[function].operation(*args, **kwargs)


def _asked(function: Any) -> str:
    """What the user called: a function of NumPy may have called this one."""
    called = users_frames()[1]
    name = called.f_code.co_name
    if called.f_globals.get("__name__", "").startswith("numpy"):
        for prefix, module in (("np.linalg", np.linalg), ("np", np)):
            if hasattr(module, name):
                return f"{prefix}.{name}"
    return _name(function)


def _data_in(x: Any) -> Any:
    """Plain data, in lists and tuples too: np.array_equiv hides what asarray says."""
    return type(x)(map(_data_in, x)) if type(x) in (list, tuple) else data_of(x)


def _with_arrays(x: Any) -> Any:
    """x, with arrays in place of tables that NumPy makes arrays of; in lists, too."""
    if type(x) in (list, tuple):
        return type(x)(map(_with_arrays, x))
    return np.asarray(x) if becomes_array(x) else x


def _composed(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    composition = _extensions.get(function) or _compositions[function]
    if not isinstance(function, np.ufunc):  # which a table answers itself
        args, kwargs = (
            _with_arrays(args),
            {n: _with_arrays(v) for n, v in kwargs.items()},
        )
    if len(args) > _places(composition):
        args, kwargs = _rest_by_name(function, _places(composition), args, kwargs)
    _refuse_out(function, kwargs)
    given = _changed(function, kwargs)
    return _run(_name(function), composition, args, given)


def _run(
    name: str,
    composition: Callable[..., Any],
    args: tuple[Any, ...],
    options: dict[str, Any],
) -> Any:
    """`composition(*args, **options)`; its errors begin with the name."""
    try:
        _signature(composition).bind(*args, **options)
    except TypeError as error:
        raise TypeError(f"{name}: on Tensors, {error}") from None
    try:
        return composition(*args, **options)
    except ARGUMENT_ERRORS as error:
        raise _named(error, name) from error


def _named(error: Exception, name: str) -> Exception:
    """The error, with the name of the function that was called in front."""
    words = str(error)
    return kind_of(error)(words if words.startswith(name) else f"{name}: {words}")


def kind_of(error: Exception) -> type[Exception]:
    """The kind that an error is raised again as; many of NumPy's own are private."""
    if isinstance(error, np.linalg.LinAlgError | np.exceptions.AxisError):
        return type(error)
    if isinstance(error, ValueError | OverflowError | ZeroDivisionError):
        return ValueError
    # Else of type: what came lacks what it needs.
    return IndexError if isinstance(error, IndexError) else TypeError
