"""The local derivative of an op for one operand: the factor of the chain rule.

Between one-element values it is a number (`×-3.0`); between arrays it is the rule's own
formula (`x.T @ g`), with the shapes of a matrix product, and the axes over which the
engine then sums because the operand had been broadcast (`Σ axis 0`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor, data_of, unbroadcast
from viz.words.formula import (
    RULE_ERRORS,
    closure_text,
    operand_letters,
    product_shapes,
)
from viz.words.numbers import is_numpy, number, shape_of
from viz.words.operation import is_scalar_op


def local_lines(node: Tensor, slot: int) -> list[str]:
    """The local derivative of an op for an operand: its number, or its formula."""
    local = local_number(node, slot)
    if local is not None:
        return [factor(local)]
    fn, shape = closure(node, slot), shape_of(node.parents[slot])
    if fn is None:
        return []
    gradient = _carried(fn, node, _ones(node))
    formula = closure_text(fn, node.op, operand_letters(node)[slot])
    summed = _summed(gradient.shape, shape) if gradient is not None else ""
    lines = [f"{formula}  {summed}" if summed else formula]
    shapes = product_shapes(fn, node.data) if is_numpy(node.data) else ""
    return [*lines, shapes] if shapes else lines


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


def _summed(raw: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """The axes summed over to get from the closure's shape to the operand's."""
    extra = len(raw) - len(shape)
    if extra < 0 or raw == shape:
        return ""
    axes = [i for i in range(len(raw)) if i < extra or raw[i] != shape[i - extra]]
    word = "axis" if len(axes) == 1 else "axes"
    return f"Σ {word} {', '.join(map(str, axes))}"
