"""What an edge says: the local derivative of the op it runs into, for one operand.

The one idea: the chain rule multiplies along edges, so an edge shows the factor.
Between one-element values it is a number (`×-3.0`); between arrays the rule's own
formula (`x.T @ g`), with the shapes of a matrix product, and the axes over which the
engine then sums because the operand had been broadcast (`Σ axis 0`). Its width is that
of the gradient which the last pass carried along it. Into a folded card the factor is
the product along all paths inside, where that is a number; else the gradient that comes
back is told, so that what enters and leaves a folded card is exact.

The formula itself is found in formula.py.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from engine import Tensor, unbroadcast
from viz.boxes import Box
from viz.cards import has_numbers
from viz.formula import (
    RULE_ERRORS,
    closure,
    closure_text,
    operand_letters,
    product_shapes,
)
from viz.numbers import (
    gradient_text,
    is_numpy,
    largest,
    number,
    plain,
    shape_of,
    size_of,
)
from viz.walk import Edge

GIVES = "gives ∂"  # what an edge into a folded card says of arrays


def edge_lines(edge: Edge) -> list[str]:
    """The label of an edge; no line where nothing goes back, or is not known yet."""
    if isinstance(edge.head.held, Box):
        return _folded_lines(edge.head.held, edge.operand)
    return local_lines(edge.head.held, edge.slot)


def local_lines(node: Tensor, slot: int) -> list[str]:
    """The local derivative of an op for an operand: its number, or its formula."""
    local = local_number(node, slot)
    if local is not None:
        return [f"×{number(local)}"]
    fn, shape = closure(node, slot), shape_of(node.parents[slot])
    if fn is None:
        return []
    gradient = _carried(fn, node, _ones(node))
    formula = closure_text(fn, node.op, operand_letters(node)[slot])
    summed = _summed(gradient.shape, shape) if gradient is not None else ""
    lines = [f"{formula}  {summed}" if summed else formula]
    shapes = product_shapes(fn, node.data) if is_numpy(node.data) else ""
    return [*lines, shapes] if shapes else lines


def local_number(node: Tensor, slot: int) -> float | None:
    """The local derivative where one number follows from one number; else None."""
    fn = closure(node, slot)
    gradient = _carried(fn, node, _ones(node)) if fn and has_numbers(node) else None
    alone = gradient is not None and gradient.size == 1
    return float(gradient.item()) if alone else None  # type: ignore[union-attr]


def edge_magnitude(edge: Edge) -> float:
    """The largest |gradient| that the last pass carried along an edge; 0 if none."""
    if isinstance(edge.head.held, Box):
        share = _given_back(edge.head.held, edge.operand)
    else:
        share = _share(edge.head.held, edge.slot)
    return 0.0 if share is None else largest(share)


def wants_gradient(edge: Edge) -> bool:
    """Whether a gradient goes back along an edge."""
    if not isinstance(edge.head.held, Box):
        return edge.head.held.grad_fns[edge.slot] is not None
    return bool(getattr(edge.operand, "requires_grad", False))


def _share(node: Any, slot: int, gradient: Any = None) -> np.ndarray | None:
    """What an op gives back to one operand; None where it gives nothing.

    Args:
        node: the op.
        slot: the place of the operand.
        gradient: of the op; that of the last pass if None.
    """
    fn = closure(node, slot)
    gradient = plain(node.grad) if gradient is None else gradient
    if fn is None or gradient is None:
        return None
    share = _carried(fn, node, gradient)
    if share is None:
        return None
    try:
        return unbroadcast(share, shape_of(node.parents[slot]))
    except ValueError:  # a shape that broadcasting does not explain: a wrong rule
        return None


# --- into a folded card -------------------------------------------------------------


def _folded_lines(box: Box, operand: Any) -> list[str]:
    """The local derivative of one output for one operand if it is a number; else what
    comes back to the operand from all the ops in the box."""
    if not getattr(operand, "requires_grad", False):
        return []
    outputs = box.outputs
    if len(outputs) == 1 and size_of(outputs[0]) == size_of(operand) == 1:
        derivative = _derivative(box, operand)
        return [] if derivative is None else [f"×{number(derivative.item())}"]
    share = _given_back(box, operand)
    return [] if share is None else [f"{GIVES} {gradient_text(share)}"]


def _given_back(box: Box, operand: Any) -> np.ndarray | None:
    """The sum of what the ops of a box gave back to an operand in the last pass."""
    if box.given is None:
        inside = {id(op) for op in box.ops}
        box.given = {}
        for op in box.ops:
            for slot, parent in enumerate(op.parents):
                if id(parent) not in inside:
                    _add(box.given, parent, _share(op, slot))
    return box.given.get(id(operand))


def _derivative(box: Box, operand: Any) -> np.ndarray | None:
    """The derivative of a box's one output, by the chain rule through its ops."""
    if box.slopes is None:
        (output,) = box.outputs
        box.slopes = {}
        if is_numpy(output.data):
            box.slopes[id(output)] = np.ones_like(output.data)
        for op in reversed(box.ops):
            gradient = box.slopes.pop(id(op), None)
            for slot, parent in enumerate(op.parents if gradient is not None else ()):
                _add(box.slopes, parent, _share(op, slot, gradient))
    return box.slopes.get(id(operand))


def _add(sums: dict[int, Any], operand: Any, share: np.ndarray | None) -> None:
    if share is not None:
        before = sums.get(id(operand))
        sums[id(operand)] = share if before is None else before + share


# --- an operand of an op -------------------------------------------------------------


def _ones(node: Tensor) -> Any:
    return np.ones_like(node.data) if is_numpy(node.data) else None


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
