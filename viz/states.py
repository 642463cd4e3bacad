"""What is remarkable about a tensor: where NaN or ∞ began, and units that are dead.

The one idea: trouble spreads, and a person wants its origin. A value that is not finite
though its operands are began here; if all values are finite, the same is asked of the
gradients, from the loss backwards. A dead unit is one whose op lets no gradient through
for any example.

Whether a value is out of date is asked in freshness.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from engine import Tensor
from viz.formula import RULE_ERRORS, closure
from viz.numbers import is_finite, is_numpy, plain

DEAD = "†"


def origins(order: list[Tensor]) -> set[int]:
    """The `id()` of every tensor, or array, in which NaN or ∞ began.

    Args:
        order: the nodes, operands before what is computed from them.
    """
    held = (x for node in order for x in (node, *node.parents))
    finite = {id(x): is_finite(x) for x in held}
    began = {key for node in order for key in _culprits(node, finite)}
    return began or _gradient_origins(order)


def _culprits(node: Tensor, finite: dict[int, bool]) -> list[int]:
    """The node if it is the first that is not finite; an operand that came so."""
    if finite[id(node)]:
        return []
    bad = [parent for parent in node.parents if not finite[id(parent)]]
    if not bad:
        return [id(node)]
    return [id(b) for b in bad if not getattr(b, "parents", ())]


def _gradient_origins(order: list[Tensor]) -> set[int]:
    """Where, going backward, the gradient first is not finite."""
    arrived: set[int] = set()  # operands to which it came from a node already so
    bad = [node for node in order if node.grad is not None and not is_finite(node.grad)]
    leaves = {
        id(parent): parent
        for node in order
        for parent in node.parents
        if isinstance(parent, Tensor) and not parent.parents
    }
    bad += [leaf for leaf in leaves.values() if not is_finite(leaf.grad)]
    for node in bad:
        arrived.update(map(id, node.parents))
    return {id(node) for node in bad} - arrived


def dead_units(node: Tensor) -> str:
    """`dead` for one unit, `3 of 8 units dead` for some, "" for none.

    Units are the entries of a vector, or the columns of a batch.
    """
    fn = rectified(node)
    if fn is None or not is_numpy(node.data):
        return ""
    try:
        passed = np.asarray(plain(fn(np.ones_like(node.data))))
    except RULE_ERRORS:  # the data has changed since
        return ""
    if passed.shape != node.shape or not passed.size:
        return ""
    alive = passed.any(axis=tuple(range(passed.ndim - 1))) if passed.ndim else passed
    dead = int((np.asarray(alive) == 0).sum())
    if not dead:
        return ""
    size = np.size(alive)
    return "dead" if size == 1 else f"{dead} of {size} units dead"


def rectified(node: Tensor) -> Callable[[Any], Any] | None:
    """The closure of what an op compares with 0; None of any other op."""
    if node.op == "relu":
        return closure(node, 0)
    if node.op != "maximum" or not any(map(_is_zero, node.parents)):
        return None
    return closure(node, 0) or closure(node, 1)


def _is_zero(operand: Any) -> bool:
    """Whether it is the constant 0, and no Tensor that happens to be."""
    if getattr(operand, "requires_grad", False):
        return False
    data = plain(operand)
    return is_numpy(data) and np.size(data) == 1 and not np.any(data)
