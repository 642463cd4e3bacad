"""Convolution: a weighted sum that slides along a sequence, and its mirror image."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.numpy_protocol import adapts
from engine.op import op
from engine.rules.arranging import flip
from engine.rules.shapes import as_arrays, at_least


@op(lazy=False)
def convolve(x, y):
    """Sum over i of x[i] * y[k - i], for all k where there is one; of two vectors."""
    return np.convolve(x, y), (
        lambda g: np.correlate(g, y, "valid"),
        lambda g: np.correlate(g, x, "valid"),
    )


@adapts(np.convolve, lazy=False)
def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    a, v = (at_least(1, x) for x in as_arrays(a, v))
    return _by_mode(a, v, mode, (min(a.size, v.size) - 1) // 2)


@adapts(np.correlate, lazy=False)
def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = as_arrays(a, v)
    middle = (v.size - 1) // 2 if v.size <= a.size else a.size // 2
    return _by_mode(a, flip(v), mode, middle)


def _by_mode(a: Any, v: Any, mode: str, middle: int) -> Any:
    """The convolution by NumPy's modes; "same" is as long as the longer of the two."""
    if a.ndim != 1 or v.ndim != 1 or not a.size or not v.size:
        raise ValueError(f"{a.shape} with {v.shape}: two vectors are needed, not empty")
    longer, shorter = max(a.size, v.size), min(a.size, v.size)
    parts = {
        "full": None,
        "same": slice(middle, middle + longer),
        "valid": slice(shorter - 1, longer),
    }
    if mode not in parts:
        raise ValueError(f"mode is {mode!r}, and must be one of {', '.join(parts)}")
    y = convolve(a, v)
    return y if mode == "full" else y[parts[mode]]
