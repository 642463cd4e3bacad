"""A gradient that was derived by hand, beside the one that the rules say.

Which mistake a wrong one comes from is looked for in mistakes/.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine._node import data_of

# Slopes below these are compared as if they were as large, for they may be rounding.
TINY, SMALL_BESIDE = 1e-6, 1e-3  # as they are, and relative to the largest slope


# What is said of the wrong gradient of an argument, by its place.
Explain = Callable[[int, np.ndarray], str]


def compare_by_hand(
    given: Any, slopes: list[np.ndarray], tolerance: float, explain: Explain
) -> float:
    """The largest error, relative to the slope of the entry.

    Args:
        given: a number or array for one argument; for several a tuple of them.
        slopes: by the rules, one array for each argument.
        tolerance: the largest error allowed.
        explain: says which mistake a wrong one comes from.

    Raises:
        AssertionError: naming the argument, and what is off in it.
    """
    parts = [given] if len(slopes) == 1 else given
    if not isinstance(parts, tuple | list) or len(parts) != len(slopes):
        raise ValueError(
            f"check_gradients: gradient is a {type(given).__name__}, and must be a "
            f"tuple of {len(slopes)}, one for each argument"
        )
    pairs = zip(map(_numbers, parts), slopes, strict=True)
    return max(
        (_compare(i, *pair, tolerance, explain) for i, pair in enumerate(pairs)),
        default=0.0,
    )


def _numbers(x: Any) -> np.ndarray:
    array = np.asarray(data_of(x))
    if array.dtype.kind not in "iuf":
        raise TypeError(
            f"check_gradients: gradient is {x!r:.60}, and must be real numbers"
        )
    return array.astype(np.float64)


def _compare(
    i: int, mine: np.ndarray, right: np.ndarray, tolerance: float, explain: Explain
) -> float:
    who = f"check_gradients: gradient of argument {i}"
    if mine.shape != right.shape:
        raise AssertionError(
            f"{who}: its shape is {mine.shape}, and the argument's {right.shape}"
            f"{explain(i, mine)}"
        )
    error = _error(mine, right)
    off = error > tolerance
    if off.any():
        worst = np.unravel_index(int(np.argmax(error)), error.shape)
        raise AssertionError(
            f"{who}: {_where(off, worst)}{mine[worst]:.9g} was given and f has "
            f"{right[worst]:.9g}{explain(i, mine)}"
        )
    return float(error.max(initial=0.0))


def _where(off: np.ndarray, worst: tuple[Any, ...]) -> str:
    if not off.ndim:
        return ""
    entry = f"[{', '.join(map(str, worst))}]"
    if off.sum() == 1:
        return f"1 of {off.size} entries is off; at {entry}, "
    return f"{off.sum()} of {off.size} entries are off; at {entry}, the worst, "


def _error(mine: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Of each entry, relative to its slope; infinite, where one is NaN."""
    slopes = np.abs(right)
    least = max(TINY, SMALL_BESIDE * slopes.max(initial=0.0))
    with np.errstate(invalid="ignore"):
        error = np.abs(mine - right) / np.maximum(slopes, least)
    return np.where(np.isnan(error), np.inf, error)
