"""What part of an array another one is: `xs[0]`, `X[32:64]`, `X[:, 1]`.

A view that a program takes (`model(X[32:64])`) is a new object each time, which no
variable holds; but NumPy keeps what it is a view of, and where its memory begins.
"""

from __future__ import annotations

import numpy as np


def index_in(view: np.ndarray, whole: np.ndarray) -> str:
    """The index that gives `view`, if it is an entry or a slice along the first axis,
    or a column of a matrix; else ""."""
    base = view.base
    shares = base is not None and (base is whole or base is whole.base)
    if not shares or view.dtype != whole.dtype or not view.size or not whole.ndim:
        return ""
    offset, step = _address(view) - _address(whole), whole.strides[0]
    if step <= 0 or whole.strides[-1] <= 0 or offset < 0:
        return ""
    first, rest = divmod(offset, step)
    if rest == 0 and (view.shape, view.strides) == (whole.shape[1:], whole.strides[1:]):
        return f"[{first}]" if first < len(whole) else ""
    if view.strides == whole.strides and view.shape[1:] == whole.shape[1:]:
        stop = first + len(view)
        if rest or stop > len(whole):
            return ""
        return f"[{first or ''}:{stop if stop < len(whole) else ''}]"
    if whole.ndim == 2 and (view.shape, view.strides) == (whole.shape[:1], (step,)):
        column, rest = divmod(offset, whole.strides[1])
        return f"[:, {column}]" if not rest and column < whole.shape[1] else ""
    return ""


def _address(array: np.ndarray) -> int:
    return int(array.__array_interface__["data"][0])
