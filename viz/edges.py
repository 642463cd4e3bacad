"""What an edge says: the local derivative of the op it runs into, for one operand.

The one idea: the chain rule multiplies along edges, so an edge shows the factor.
Between one-element values it is a number (`×-3.0`); between arrays the rule's own
formula (`x.T @ g`), with the shapes of a matrix product, and the axes over which the
engine then sums because the operand had been broadcast (`Σ axis 0`). Its width is that
of the gradient which the last pass carried along it.

The formula itself is found in formula.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import unbroadcast
from viz.cards import has_numbers
from viz.formula import RULE_ERRORS, closure_text, operand_letters, product_shapes
from viz.numbers import is_numpy, largest, number, plain, shape_of
from viz.walk import Edge


def edge_lines(edge: Edge) -> list[str]:
    """The label of an edge; no line where the operand wants no gradient."""
    node, slot = edge.head.held, edge.slot
    fn, shape = node.grad_fns[slot], shape_of(node.parents[slot])
    if fn is None:
        return []
    ones = np.ones_like(node.data) if is_numpy(node.data) else None
    gradient = _carried(fn, node, ones)
    if has_numbers(node) and gradient is not None and gradient.size == 1:
        return [f"×{number(gradient.item())}"]
    formula = closure_text(fn, node.op, operand_letters(node)[slot])
    summed = _summed(gradient.shape, shape) if gradient is not None else ""
    lines = [f"{formula}  {summed}" if summed else formula]
    shapes = product_shapes(fn, node.data) if is_numpy(node.data) else ""
    return [*lines, shapes] if shapes else lines


def edge_magnitude(edge: Edge) -> float:
    """The largest |gradient| that the last pass carried along an edge; 0 if none."""
    node, slot = edge.head.held, edge.slot
    fn = node.grad_fns[slot]
    if fn is None or node.grad is None:
        return 0.0
    share = _carried(fn, node, plain(node.grad))
    if share is None:
        return 0.0
    try:
        return largest(unbroadcast(share, shape_of(node.parents[slot])))
    except ValueError:  # a shape that broadcasting does not explain: a wrong rule
        return 0.0


def _carried(fn: Any, node: Any, gradient: Any) -> np.ndarray | None:
    """What a closure makes of a gradient; None where it makes nothing of it.

    It costs what the edge costs in a backward pass.
    """
    if not is_numpy(node.data):
        return None
    try:
        with np.errstate(all="ignore"):
            return np.asarray(plain(fn(np.asarray(gradient)[()])))
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
