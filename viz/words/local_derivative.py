"""The local derivative of an op for one operand: the factor of the chain rule.

Between one-element values it is a number (`×-3.0`); between arrays it is the rule's own
formula (`x.T @ g`), with the shapes of a matrix product, and the axes over which the
engine then sums because the operand had been broadcast (`Σ axis 0`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of, unbroadcast
from viz.words.formula import (
    RULE_ERRORS,
    closure_text,
    evaluated,
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


class Convention(NamedTuple):
    """A slope that a rule sets where its formula has no value.

    Attributes:
        slope: what the rule gives.
        formula: what its formula gives in that place: NaN, or an infinity.
        entries: in how many entries it is so.
        size: of how many.
    """

    slope: float
    formula: float
    entries: int
    size: int


def convention(node: Tensor, slot: int) -> Convention | None:
    """What a rule sets by convention; None if it follows its formula everywhere.

    The slope of `x ** 0`, say: `y * x ** (y - 1)` multiplies 0 by infinity at x = 0.
    """
    both = _by_rule_and_by_formula(node, slot)
    if both is None:
        return None
    rule, formula = both
    apart = np.isfinite(rule) & ~np.isfinite(formula)
    if not apart.any() or not (apart | _is_close(rule, formula)).all():
        return None  # in the latter case its words are another formula
    return Convention(rule[apart][0], formula[apart][0], int(apart.sum()), apart.size)


def follows_formula(node: Tensor, slot: int) -> bool:
    """Whether a closure's formula, evaluated, is what the closure gives.

    A lambda is its own formula. A docstring may say less than the code, and holds then
    only where both come to the same.
    """
    if not getattr(closure(node, slot), "__doc__", None):
        return True
    both = _by_rule_and_by_formula(node, slot)
    return both is not None and bool(_is_close(*both).all())


def _is_close(rule: np.ndarray, formula: np.ndarray) -> Any:
    eps = np.finfo(rule.dtype).eps if rule.dtype.kind == "f" else 0.0
    return np.isclose(rule, formula, rtol=max(1e-9, 32 * eps), equal_nan=True)


def _by_rule_and_by_formula(
    node: Tensor, slot: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """What a closure with a docstring gives for ones; by its code, and by its words."""
    fn = closure(node, slot)
    if not getattr(fn, "__doc__", None):
        return None
    rule = _carried(fn, node, _ones(node))
    letters = operand_letters(node)
    operands = dict(zip(letters, map(data_of, node.parents), strict=True))
    text = closure_text(fn, node.op, letters[slot])  # type: ignore[arg-type]
    if rule is None:
        return None
    formula = evaluated(fn, text, operands, _ones(node)[()])  # type: ignore[arg-type]
    # Else the words may be about vectors of which there are several.
    entrywise = node.size == 1 or rule.shape == node.shape
    known = formula is not None and formula.shape == rule.shape
    return (rule, formula) if entrywise and known else None


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
