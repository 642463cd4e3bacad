"""Dtypes: the same numbers in another dtype."""

from __future__ import annotations

import numpy as np

from engine._node import Node
from engine.op import op


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


def asked(x, dtype):
    """x in the dtype that a caller asks for; None: in its own."""
    if isinstance(dtype, Node):  # NumPy would take its dtype
        raise TypeError("dtype is a Tensor, and must be a dtype such as np.float32")
    return x if dtype is None else cast(x, np.dtype(dtype))


def check_cast(x, dtype, casting):
    """Raise if the numbers of x do not go over to `dtype` by the rule `casting`."""
    if not np.can_cast(x.dtype, dtype, casting):
        raise TypeError(f"casting={casting!r} takes no {x.dtype} to {dtype}")
