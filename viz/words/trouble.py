"""What is wrong with a tensor: where NaN or ∞ began, dead units, changed data.

Trouble spreads, and a person wants its origin. A value that is not finite though its
operands are began here; if all values are finite, the same is asked of the gradients,
from the loss backwards. A dead unit is one whose op lets no gradient through for any
example. And since a rule is pure, running it again on its operands must give the value
that the node holds: where it does not, data was changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine import Tensor, data_of
from viz.words.local_derivative import RULE_ERRORS, closure
from viz.words.numbers import is_finite, is_numpy

_ROUNDING = 64  # machine epsilons that two runs of one sum may differ by

# --- NaN and infinity -----------------------------------------------------------------


def origins(order: list[Tensor]) -> set[int]:
    """The `id()` of every tensor, or array, in which NaN or ∞ began.

    Args:
        order: the nodes, operands before what is computed from them.
    """
    held = (x for node in order for x in (node, *node.parents))
    finite = {id(x): is_finite(x) for x in held}
    began = {key for node in order for key in _value_origins(node, finite)}
    return began or _gradient_origins(order)


def _value_origins(node: Tensor, finite: dict[int, bool]) -> list[int]:
    """The node, if NaN or ∞ appears in it first; or the leaves that it came from."""
    if finite[id(node)]:
        return []
    bad = [parent for parent in node.parents if not finite[id(parent)]]
    if not bad:
        return [id(node)]
    return [id(b) for b in bad if not getattr(b, "parents", ())]


def _gradient_origins(order: list[Tensor]) -> set[int]:
    """Where, going backward, the gradient first is not finite."""
    arrived: set[int] = set()  # operands of nodes whose gradient is not finite
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


# --- dead units -----------------------------------------------------------------------


def dead_units(node: Tensor) -> tuple[int, int]:
    """How many units of an op let no gradient through, and how many units there are.

    Units are the entries of a vector, or the columns of a batch. (0, 0) for an op that
    compares nothing with 0, or whose units can't be counted.
    """
    fn = rectified(node)
    if fn is None or not is_numpy(node.data):
        return 0, 0
    try:
        passed = np.asarray(data_of(fn(np.ones_like(node.data))))
    except RULE_ERRORS:  # the data has changed since
        return 0, 0
    if passed.shape != node.shape or not passed.size:
        return 0, 0
    alive = np.asarray(passed.any(axis=tuple(range(passed.ndim - 1))))
    return int((alive == 0).sum()), alive.size


def rectified(node: Tensor) -> Callable[[Any], Any] | None:
    """The closure of what an op compares with 0; None for any other op."""
    if node.op == "relu":
        return closure(node, 0)
    if node.op != "maximum" or not any(map(_is_zero, node.parents)):
        return None
    return closure(node, 0) or closure(node, 1)


def _is_zero(operand: Any) -> bool:
    """Whether it is the constant 0, and not a Tensor that happens to be."""
    if getattr(operand, "requires_grad", False):
        return False
    data = data_of(operand)
    return is_numpy(data) and np.size(data) == 1 and not np.any(data)


# --- data that was changed since ------------------------------------------------------


def stale_ids(order: list[Tensor], known: Mapping[int, bool] | None = None) -> set[int]:
    """The `id()` of every op whose value no longer follows from the inputs.

    Hooks do not run, and no `.grad` is read or written.

    Args:
        order: the ops, operands before what is computed from them.
        known: `id()` of an op -> whether it is changed, where a rule ran again already.
    """
    stale: set[int] = set()
    for node in order:
        inherited = any(id(parent) in stale for parent in node.parents)
        changed = None if known is None else known.get(id(node))
        if inherited or (is_changed(node) if changed is None else changed):
            stale.add(id(node))
    return stale


def is_changed(node: Tensor) -> bool:
    """Whether the value of an op is not the one that its rule gives now."""
    operands = [data_of(parent) for parent in node.parents]
    if node.rule is None or not all(map(is_numpy, (node.data, *operands))):
        return False  # another library's arrays: looking would compute them
    try:
        with np.errstate(all="ignore"):
            value, _ = node.rule(*operands, **(node.options or {}))
    except RULE_ERRORS:
        return True  # the data no longer fits the rule
    values = value if isinstance(value, tuple) else (value,)  # svd and its like
    return not any(is_equal(value, node.data) for value in values)


def is_equal(value: Any, held: Any) -> bool:
    """Equal up to rounding, NaN included."""
    value, held = np.asarray(value), np.asarray(held)
    if value.shape != held.shape:
        return False
    if held.dtype.kind not in "fc" or (value == held).all():  # as it nearly always is
        return bool((value == held).all())
    finite = np.abs(held[np.isfinite(held)])
    bound = _ROUNDING * np.finfo(held.dtype).eps * finite.max(initial=0.0)
    return np.allclose(value, held, rtol=0.0, atol=float(bound), equal_nan=True)
