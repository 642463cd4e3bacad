"""What tests of programs on Python's floats share."""

import math
from typing import Any

import numpy as np

ULPS = 4
SPECIAL = [
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -2.5, 3.0, -7.0, 0.1, -0.3, 2.0**53),
    *(math.inf, -math.inf, math.nan, 1e308, -1e308, 1e-308, 5e-324, -5e-324, 710.0),
    *(-746.0, 1e16, -1e16, 1e-9),
]


def on_floats(fast: Any, *args: Any) -> bool:
    """Whether a compiled function computes these on Python's floats."""
    return "# NumPy says" in fast.source(*args)


def assert_same(x: Any, y: Any) -> None:
    """Of the same class and bits; any NaN is the same."""
    if isinstance(x, tuple | list):
        assert len(x) == len(y)
        for a, b in zip(x, y, strict=True):
            assert_same(a, b)
        return
    assert type(x) is type(y)
    if x != x and y != y:
        return
    assert np.asarray(x).tobytes() == np.asarray(y).tobytes(), (x, y)
