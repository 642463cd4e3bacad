"""The local derivative of an op for one operand, as a number, and what goes back.

Between one-element values the factor of the chain rule is a number (`×-3.0`); between
arrays it is a formula, which formula.py writes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor, data_of, unbroadcast
from viz.words.numbers import is_numpy, number, shape_of
from viz.words.operation import is_scalar_op

# What a rule may raise when it is run again: on data that has changed, or on arrays
# that write, which give no plain numbers.
RULE_ERRORS = (
    ArithmeticError,
    AttributeError,
    BufferError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)


def factor(local: float) -> str:
    """A local derivative that is a number, as a factor: `×-3.0`."""
    return f"×{number(local)}"


def local_number(node: Tensor, slot: int) -> float | None:
    """The local derivative where one number follows from one number; else None."""
    fn = closure(node, slot)
    gradient = _carried(fn, node, _ones(node)) if fn and is_scalar_op(node) else None
    alone = gradient is not None and gradient.size == 1
    return float(gradient.item()) if alone else None  # type: ignore[union-attr]


def given_back(node: Tensor, slot: int, gradient: Any = None) -> np.ndarray | None:
    """What an op gives back to one operand, in its shape; None where it gives nothing.

    Args:
        node: the op.
        slot: the place of the operand.
        gradient: of the op; that of the last pass if None.
    """
    fn = closure(node, slot)
    gradient = data_of(node.grad) if gradient is None else gradient
    if fn is None or gradient is None:
        return None
    share = _carried(fn, node, gradient)
    if share is None:
        return None
    try:
        return unbroadcast(share, shape_of(node.parents[slot]))
    except ValueError:  # a shape that broadcasting does not explain: a wrong rule
        return None


def closure(node: Any, slot: int) -> Callable[[Any], Any] | None:
    """The rule's own closure for an operand, without the checks of `debug()` around."""
    fn = node.grad_fns[slot]
    return getattr(fn, "unwatched", fn)


def _ones(node: Tensor) -> Any:
    return np.ones_like(node.data) if is_numpy(node.data) else None


def _carried(fn: Any, node: Tensor, gradient: Any) -> np.ndarray | None:
    """What a closure returns for a gradient; None if it fails.

    It costs what the edge costs in a backward pass.
    """
    if not is_numpy(node.data):
        return None
    try:
        with np.errstate(all="ignore"):
            return np.asarray(data_of(fn(np.asarray(gradient)[()])))
    except RULE_ERRORS:  # its formula is still there
        return None
