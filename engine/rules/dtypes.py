"""Dtypes: the same numbers in another dtype."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine._contract import array_of
from engine._node import Node, data_of
from engine.numpy_protocol import adapts
from engine.op import op

NUMBERS = frozenset({bool, int, float})  # of Python, which widen no dtype


@op(np.astype)
def astype(x, *, dtype):
    """x in another floating-point dtype; the gradient comes back in the old one."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(
            f"astype: {np.dtype(dtype)} has no gradient; to leave the graph, use "
            "t.data.astype"
        )
    return x.astype(dtype), (lambda g: g,)  # the pass casts g, on this edge as on any


@op(np.real)
def real(x):
    """The real part, which of a real array is all of it."""
    return np.real(x), (lambda g: g,)


def cast(x, dtype):
    """x in another dtype; x itself, where it has that."""
    return x if x.dtype == dtype else astype(x, dtype=dtype)


@adapts(np.real_if_close)
def _real_if_close(a: Any, tol: float = 100) -> Any:  # noqa: ARG001 - NumPy has it
    return a


def common_dtype(*xs):
    """The dtype that NumPy gives to all of them together; Python's numbers fit in."""
    known = (hasattr(x, "dtype") or isinstance(x, int | float | complex) for x in xs)
    pairs = zip(xs, known, strict=True)
    arrays = (data_of(x if fits else array_of(x)) for x, fits in pairs)
    return np.result_type(*arrays)


def asked(x, dtype):
    """x in the dtype that a caller asks for; None: in its own."""
    if isinstance(dtype, Node):  # NumPy would take its dtype
        raise TypeError("dtype is a Tensor, and must be a dtype such as np.float32")
    return x if dtype is None else cast(x, np.dtype(dtype))


def check_cast(x, dtype, casting):
    """Raise if the numbers of x do not go over to `dtype` by the rule `casting`."""
    if not np.can_cast(x.dtype, dtype, casting):
        raise TypeError(f"casting={casting!r} takes no {x.dtype} to {dtype}")
