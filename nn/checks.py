"""Checks of what layers, losses and optimisers are given, and their errors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def as_float(caller: str, what: str, x: Any) -> float:
    """A Python number, which unlike one of NumPy's widens no float32."""
    if getattr(x, "shape", ()) != ():
        raise TypeError(f"{caller}: {what} has shape {x.shape}, and must be a number")
    try:
        return float(x)
    except OverflowError:
        raise ValueError(f"{caller}: {what} is too large for a float") from None
    except (TypeError, ValueError) as error:
        raise type(error)(
            f"{caller}: {what} is {x!r:.60}, and must be a number"
        ) from None


def positive(caller: str, what: str, x: Any) -> float:
    x = as_float(caller, what, x)
    if not 0 < x < math.inf:
        raise ValueError(f"{caller}: {what} is {x}, and must be positive and finite")
    return x


def not_negative(caller: str, what: str, x: Any) -> float:
    x = as_float(caller, what, x)
    if not 0 <= x < math.inf:
        raise ValueError(f"{caller}: {what} is {x}, and must be at least 0 and finite")
    return x


def under_one(caller: str, what: str, x: Any) -> float:
    x = as_float(caller, what, x)
    if not 0 <= x < 1:
        raise ValueError(f"{caller}: {what} is {x}, and must be from 0 to under 1")
    return x


def up_to_one(caller: str, what: str, x: Any) -> float:
    x = as_float(caller, what, x)
    if not 0 <= x <= 1:
        raise ValueError(f"{caller}: {what} is {x}, and must be from 0 to 1")
    return x


def count(caller: str, what: str, n: Any) -> int:
    check_sizes(caller, **{what: n})
    if n < 1:
        raise ValueError(f"{caller}: {what} is {n}, and must be at least 1")
    return int(n)


def check_sizes(caller: str, **sizes: Any) -> None:
    for name, n in sizes.items():
        if not isinstance(n, int | np.integer) or isinstance(n, bool):
            raise TypeError(f"{caller}: {name} is {n!r:.60}, and must be an int")
        if n < 0:
            raise ValueError(f"{caller}: {name} is {n}, and a size is not negative")


def check_rng(caller: str, rng: Any) -> None:
    """Raise TypeError unless rng is a random generator of NumPy."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{caller}: rng is {rng!r:.60}; pass np.random.default_rng(seed)"
        )


def refuse_sizes(
    caller: str, w: Any, sizes: str, *, what: str = "a weight", shape: str = ""
) -> None:
    """Raise ValueError if a number came where an array of weights belongs."""
    if np.ndim(w) == 0:
        of = f" of shape {shape}" if shape else ""
        raise ValueError(
            f"{caller}: {what} is {w!r:.60}, and must be an array{of}; "
            f"{caller}.init({sizes}, rng=np.random.default_rng(0)) makes one"
        )


def as_array(x: Any) -> Any:
    """Lists, numbers and tables of pandas as an array, and anything else as it is."""
    if isinstance(x, list | tuple | int | float | np.generic):
        return np.asarray(x)
    table = hasattr(x, "__array__") and not hasattr(x, "__array_function__")
    return np.asarray(x) if table else x
