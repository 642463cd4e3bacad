"""What NumPy's functions write into, which f must not ask for.

An option says so (`out=`, `overwrite_input=`), or it is all that the function does.
"""

from __future__ import annotations

import functools
import inspect
import sys
from typing import Any

import numpy as np

from engine.compilation.forms import Refused

_WRITERS = frozenset(
    {np.copyto, np.put, np.place, np.putmask, np.fill_diagonal, np.put_along_axis}
)
# Options by which a function writes, and what they are if it does not.
_OPTIONS: dict[str, Any] = {"out": None, "overwrite_input": False}
_OF_ONE = {np.nan_to_num: {"copy": True}}


def check_call(function: Any, args: Any, options: dict[str, Any]) -> None:
    """Raise if a function of NumPy's would write into one of its arguments.

    Args:
        function: or that of a method's name, whose first argument is the array.
        args: in a tuple.
        options: by name.
    """
    name = getattr(function, "__name__", "")
    if function in _WRITERS:
        raise Refused(
            f"compiled: f calls np.{name}, which writes into an array; build the new "
            "array, by np.where for instance"
        )
    for option, place, harmless in _writing_options(function):
        value = args[place] if place < len(args) else options.get(option, harmless)
        if value is not harmless:
            raise Refused(
                f"compiled: f gives {option}= to {name}, which writes into an array; "
                "use what it returns"
            )


@functools.cache
def _writing_options(function: Any) -> list[tuple[str, int, Any]]:
    """The options by which a function writes, their places, and what is harmless."""
    try:
        known = inspect.signature(function).parameters
    except (TypeError, ValueError):  # it is in compiled code, or there is none
        return []
    harmless = {**_OPTIONS, **_OF_ONE.get(function, {})}
    several = any(x.kind is x.VAR_POSITIONAL for x in known.values())
    return [
        (name, sys.maxsize if several else place, harmless[name])
        for place, name in enumerate(known)
        if name in harmless
    ]
