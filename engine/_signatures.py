"""NumPy's functions: how they are called, and the arguments of a call sorted."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np


def _name(function: Any) -> str:
    """As a person writes it: "np.linalg.norm"."""
    name = function.__name__
    if _is_scipys(function):  # public, but for a few: zeta(s, x) calls _ufuncs._zeta
        public = getattr(sys.modules["scipy.special"], name, None) is function
        return f"scipy.special.{name}" if public else f"scipy.special._ufuncs.{name}"
    module = "np" if isinstance(function, np.ufunc) else function.__module__
    return f"{module.replace('numpy', 'np', 1)}.{name}"


def _is_scipys(function: Any) -> bool:
    ufuncs = sys.modules.get("scipy.special._ufuncs")
    name = getattr(function, "__name__", "")
    return ufuncs is not None and getattr(ufuncs, name, None) is function


@functools.cache
def _signature(function: Any) -> inspect.Signature:
    try:
        return inspect.signature(function)
    except ValueError:  # written in C, a function may have none
        return inspect.Signature()


def _arguments(
    function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Mapping[str, Any]:
    """By name, if the function has a signature."""
    try:
        return _signature(function).bind(*args, **kwargs).arguments
    except TypeError:
        return kwargs


def _by_name(
    function: Any,
    names: tuple[str, ...],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The operands, which have these names here, by position; the options by name."""
    signature = _signature(function)
    places = list(signature.parameters)[: len(names)]
    try:
        given = dict(signature.bind(*args, **kwargs).arguments)
        operands = tuple(given.pop(place) for place in places)
    except (TypeError, KeyError):
        operands = ()
    if len(operands) < len(names):
        raise TypeError(
            f"{_name(function)}: on Tensors it takes {len(names)} operands, "
            f"{', '.join(names)}"
        )
    return operands, _changed(function, given)


@functools.cache
def _places(composition: Callable[..., Any]) -> float:
    """How many arguments it takes by position."""
    kinds = [p.kind for p in _signature(composition).parameters.values()]
    several = inspect.Parameter.VAR_POSITIONAL in kinds
    return np.inf if several else kinds.count(inspect.Parameter.POSITIONAL_OR_KEYWORD)


def _rest_by_name(
    function: Any, n: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """The first n arguments by position, and the others by NumPy's names."""
    names = list(_signature(function).parameters)[n : len(args)]
    if n + len(names) < len(args) or not kwargs.keys().isdisjoint(names):
        return args, kwargs  # too many, or one twice: refused when they are bound
    return args[:n], kwargs | dict(zip(names, args[n:], strict=True))


def _changed(function: Any, options: dict[str, Any]) -> dict[str, Any]:
    """The options that are not what NumPy's function has by default."""
    known = _signature(function).parameters
    given = {n: v for n, v in options.items() if v is not np._NoValue}
    defaults = {n: known[n].default if n in known else np._NoValue for n in given}
    return {n: v for n, v in given.items() if not _is_default(v, defaults[n])}


def _is_default(value: Any, default: Any) -> bool:
    simple = isinstance(value, str | int) and isinstance(default, str | int)
    return value is default or (simple and value == default)
