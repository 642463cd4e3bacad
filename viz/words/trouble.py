"""What is wrong with a tensor: where NaN or ∞ began, dead units, changed data.

Trouble spreads, and a person wants its origin, and the way that it took. A value that
is not finite though its operands are began here; if no value did, the same is asked of
the gradients, from the loss backwards. An infinity that a person wrote into a constant
(the mask of causal attention) is no trouble while it does not reach the result. A dead
unit is one whose op lets no gradient through for any example. And since a rule is pure,
running it again on its operands must give the value that the node holds: where it does
not, data was changed since.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from engine import Tensor, data_of
from viz.words.local_derivative import RULE_ERRORS, closure
from viz.words.numbers import is_finite, is_numpy

_ROUNDING = 64  # machine epsilons that two runs of one sum may differ by

# --- NaN and infinity -----------------------------------------------------------------


class Spread(NamedTuple):
    """Where NaN or ∞ began, and how it spread.

    Attributes:
        began: the `id()` of every tensor, or array, that it began in.
        way: the `id()` of an operand and of the op that used it, of each step on which
            it went on: from an origin to the result; or, where only gradients are not
            finite, back from op to operand.
    """

    began: set[int]
    way: set[tuple[int, int]]


def spread(order: list[Tensor]) -> Spread:
    """Where NaN or ∞ began in a graph, and how it spread.

    Args:
        order: the nodes, operands before what is computed from them.
    """
    values = spread_of_values(order)
    return values if values.began else _spread_of_gradients(order)


def spread_of_values(order: list[Tensor]) -> Spread:
    """The same of the values alone."""
    held = {id(x): x for node in order for x in (node, *node.parents)}
    bad = {key for key, x in held.items() if not is_finite(x)}
    bad -= _harmless(order, held, bad)
    began = {key for node in order for key in _origins_at(node, bad)}
    arrived, way = {id(order[-1])} & bad if order else set(), set()
    for node in reversed(order):
        if id(node) in arrived:
            steps = {(id(x), id(node)) for x in node.parents if id(x) in bad}
            arrived |= {operand for operand, _ in steps}
            way |= steps
    return Spread(began, way)


def _origins_at(node: Tensor, bad: set[int]) -> list[int]:
    """The node, if NaN or ∞ appears in it first; or the leaves that it came from."""
    if id(node) not in bad:
        return []
    came = [parent for parent in node.parents if id(parent) in bad]
    if not came:
        return [id(node)]
    return [id(x) for x in came if not getattr(x, "parents", ())]


def _harmless(order: list[Tensor], held: dict[int, Any], bad: set[int]) -> set[int]:
    """Of what is not finite, constants that become finite again, and what they became
    on the way there."""
    written = {key for key in bad if not getattr(held[key], "requires_grad", False)}
    if not written:  # nearly always
        return set()
    spoils = {id(order[-1])} & bad  # what NaN, or the result, followed from
    for node in reversed(order):
        if id(node) in bad and (id(node) in spoils or _has_nan(node)):
            infected = [x for x in node.parents if id(x) in bad]
            infected = [x for x in infected if _has_nan(x)] or infected  # NaN stays NaN
            spoils |= {id(node), *map(id, infected)}
    harmless = written - spoils
    for node in order:
        came = {id(x) for x in node.parents} & bad
        if id(node) in bad - spoils and came and came <= harmless:
            harmless.add(id(node))
    return harmless


def _has_nan(held: Any) -> bool:
    return bool(np.isnan(np.asarray(data_of(held))).any())


def _spread_of_gradients(order: list[Tensor]) -> Spread:
    """Where, going backward, the gradient first is not finite, and where it went on."""
    held = (x for node in order for x in (node, *node.parents))
    bad = {id(x) for x in held if isinstance(x, Tensor) and not is_finite(x.grad)}
    way = {
        (id(x), id(node))
        for node in order
        if id(node) in bad
        for x in node.parents
        if id(x) in bad
    }
    return Spread(bad - {operand for operand, _ in way}, way)


# --- dead and saturated units ---------------------------------------------------------

# The steepest slope of a function that is flat at both ends; and the share of it under
# which a unit learns next to nothing.
_STEEPEST = {"tanh": 1.0, "sigmoid": 0.25, "expit": 0.25}
_FLAT = 0.01


def dead_units(node: Tensor) -> tuple[int, int]:
    """How many units of an op let no gradient through, and how many units there are.

    Units are the entries of a vector, or the columns of a batch. (0, 0) for an op that
    compares nothing with 0, or whose units can't be counted.
    """
    return _units_below(node, rectified(node), 0.0)


def saturated_units(node: Tensor) -> tuple[int, int]:
    """How many units of a tanh or sigmoid let less than 1 % of the gradient through
    that they let through at 0, for every example; and how many there are."""
    steepest = _STEEPEST.get(node.op)
    fn = closure(node, 0) if steepest else None
    return _units_below(node, fn, _FLAT * (steepest or 0.0))


def _units_below(
    node: Tensor, fn: Callable[[Any], Any] | None, least: float
) -> tuple[int, int]:
    """How many units let at most `least` of a gradient of 1 through, of how many."""
    if fn is None or not is_numpy(node.data):
        return 0, 0
    try:
        passed = np.asarray(data_of(fn(np.ones_like(node.data))))
    except RULE_ERRORS:  # the data has changed since
        return 0, 0
    if passed.shape != node.shape or not passed.size:
        return 0, 0
    alive = np.asarray(
        (~(abs(passed) <= least)).any(axis=tuple(range(passed.ndim - 1)))
    )
    return int((~alive).sum()), alive.size


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
        if inherited or _is_off(node, known):
            stale.add(id(node))
    return stale


def suspects(
    order: list[Tensor], known: Mapping[int, bool] | None = None
) -> dict[int, bool]:
    """The leaves and arrays that may have been changed since something was computed
    from them, by `id()` -> whether nothing else can have been.

    Where the value of an op is not the one that its rule gives now, one of its operands
    was changed, or the value. A number that is no array can't be; an interior tensor
    can, if it does not agree with its own operands either.

    Args:
        order: as in `stale_ids`; also `known`.
    """
    off = [node for node in order if _is_off(node, known)]
    doubtful = {id(node) for node in off}
    used = {id(x) for node in off for x in node.parents}
    sure: set[int] = set()
    possible: list[set[int]] = []
    for node in off:
        leaves = {id(x) for x in node.parents if _is_open_leaf(x)}
        others = id(node) in used or any(id(x) in doubtful for x in node.parents)
        if len(leaves) == 1 and not others:
            sure |= leaves
        possible.append(leaves)
    unsure = {key for leaves in possible if not leaves & sure for key in leaves}
    return {key: key in sure for key in sure | unsure}


def _is_open_leaf(operand: Any) -> bool:
    """Whether it is a leaf, or an array that can be written into."""
    if isinstance(operand, Tensor):
        return not operand.parents
    return isinstance(operand, np.ndarray) and operand.flags.writeable


def _is_off(node: Tensor, known: Mapping[int, bool] | None) -> bool:
    """Whether an op is changed, by what is known, or else by its rule."""
    changed = None if known is None else known.get(id(node))
    return is_changed(node) if changed is None else changed


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
