"""Numbers and arrays in tuples, lists and dicts of any depth: arguments and results.

A function is differentiated by the numbers and arrays in its arguments, in order, and
what comes back is put in the same form again; results are treated alike. A named tuple
stays one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from engine._node import data_of


def mapped(fn: Callable[[Any], Any], x: Any) -> Any:
    """fn of every number and array in x, in the form of x."""
    if isinstance(x, dict):
        return {k: mapped(fn, v) for k, v in x.items()}
    if isinstance(x, tuple | list):
        parts = [mapped(fn, v) for v in x]
        return type(x)(*parts) if hasattr(x, "_fields") else type(x)(parts)
    return fn(x)


def leaves(x: Any) -> list[Any]:
    """Every number and array in x, in order."""
    found: list[Any] = []
    mapped(found.append, x)
    return found


def directions(
    caller: str,
    x: Any,
    v: Any,
    what: str = "a direction",
    of: str = "the point",
    at: str = "",
) -> list[Any]:
    """The numbers and arrays of v, in the order of those of x; v must have its form.

    Args:
        caller: whom the error names.
        x: the form.
        v: what must have it.
        what: what the error calls v.
        of: what it calls x.
        at: where in x we are, as Python writes it: "['weights'][0]".
    """
    keys: Iterable[Any] = ()
    if isinstance(x, dict):
        fits, keys = isinstance(v, dict) and v.keys() == x.keys(), x
    elif isinstance(x, tuple | list):
        fits = isinstance(v, tuple | list) and len(v) == len(x)
        keys = range(len(x))
    else:
        fits = not isinstance(v, dict) and np.shape(data_of(v)) == np.shape(data_of(x))
        if fits:
            return [v]
    if not fits:
        raise ValueError(
            f"{caller}: {what} must have the form and the shapes of {of}; "
            f"{_form(v)} came for {_form(x)}" + (f", at {at}" if at else "")
        )
    parts = (directions(caller, x[k], v[k], what, of, f"{at}[{k!r}]") for k in keys)
    return [d for part in parts for d in part]


def _form(x: Any) -> str:
    if isinstance(x, dict):
        return f"a dict of {', '.join(map(repr, x))}"
    if isinstance(x, tuple | list):
        return f"a {type(x).__name__} of {len(x)}"
    return f"shape {np.shape(data_of(x))}"


def refilled(x: Any, leaves: Iterable[Any]) -> Any:
    """The form of x, filled with other numbers and arrays."""
    rest = iter(leaves)
    return mapped(lambda _: next(rest), x)
