"""What an edge says: the local derivative of the op it runs into, for one operand.

The chain rule multiplies along edges, so an edge shows the factor. Into a folded card
the factor is the product along all paths inside, where that is a number; else it is the
gradient that comes back. So what enters and leaves a folded card is exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from viz.picture.loops import Variable
from viz.picture.scene import Edge, Fold
from viz.words.formula import Formulas
from viz.words.local_derivative import factor, given_back
from viz.words.names import Names
from viz.words.numbers import (
    NEARLY_ZERO,
    gradient_size,
    is_numpy,
    largest,
    number,
    size_of,
)
from viz.words.operation import operand_name

BACK = "◂ "  # towards the operand, before what goes back to it
GIVES = "gives ∂"  # what an edge into a folded card says of arrays


class EdgeWords(NamedTuple):
    """What the picture says of an edge.

    Attributes:
        edge: of the scene.
        lines: its label; none where nothing goes back, or is not known yet.
        wanted: whether a gradient goes back along it.
        factor: the local derivative, if it is a number.
        passes_on: whether what comes back goes on as it is: × 1.
    """

    edge: Edge
    lines: list[str]
    wanted: bool
    factor: float | None = None
    passes_on: bool = False


def worded_edges(
    edges: Iterable[Edge], formulas: Formulas, noise: float, within: dict[Fold, Within]
) -> list[EdgeWords]:
    """What the edges of a scene say, in their order.

    Args:
        edges: of the scene.
        formulas: what writes the derivatives of arrays.
        noise: the size below which a gradient is rounding noise.
        within: what is known of folds; what it lacks is added.
    """
    edges = list(edges)
    wanting: dict[Fold, list[Any]] = {}  # what of each fold's operands wants a gradient
    for edge in edges:
        fold = edge.head.held
        if isinstance(fold, Fold) and getattr(edge.operand, "requires_grad", False):
            wanting.setdefault(fold, []).append(edge.operand)
    for fold in wanting.keys() - within.keys():
        within[fold] = _within(fold, wanting[fold])
    return [_worded(edge, formulas, noise, within) for edge in edges]


def _worded(
    edge: Edge, formulas: Formulas, noise: float, within: Mapping[Fold, Within]
) -> EdgeWords:
    if isinstance(edge.head.held, Variable):
        return _into_loop(edge, edge.head.held, noise)
    if isinstance(edge.head.held, Fold):
        return _into_fold(edge, within.get(edge.head.held), noise)
    return _into_op(edge, formulas)


def aside(words: EdgeWords, names: Names) -> tuple[str, list[str]]:
    """The ident of the card that an edge runs into, and the label as that card says it,
    where it fits nowhere else: `◂ xc: ∂xhat / std`."""
    edge, (first, *rest) = words.edge, words.lines or [""]
    operand = operand_name(edge.operand, names) or f"operand {edge.slot + 1}"
    return edge.head.ident, [f"{BACK}{operand}: {first}", *rest]


def _into_op(edge: Edge, formulas: Formulas) -> EdgeWords:
    node = edge.head.held if edge.op is None else edge.op
    slot = edge.slot
    wanted = node.grad_fns[slot] is not None
    if edge.several:
        return EdgeWords(edge, _of_several(edge, formulas), wanted)
    lines, local = formulas.lines(node, slot), formulas.number(node, slot)
    # Only a formula has given its gradient a name.
    of_array = bool(lines) and local is None
    passes_on = lines == [formulas.gradient(node)] if of_array else local == 1
    return EdgeWords(edge, lines, wanted, local, passes_on)


def _of_several(edge: Edge, formulas: Formulas) -> list[str]:
    """`∂path[1 … 999]`: what goes back to several operands of an op."""
    slots = [one.slot for one in edge.several]
    one, other = slots[0], slots[-1]
    first, last = (formulas.lines(edge.head.held, i)[:1] for i in (one, other))
    text, end = f"{one}]", f"{other}]"  # of what an operand gets: one entry
    before = first[0].removesuffix(text) if first else ""
    if other - one == len(slots) - 1 and last == [before + end] != first:
        return [f"{before}{one} … {end}"]
    return [f"{len(slots):,} operands"]


def _into_loop(edge: Edge, variable: Variable, noise: float) -> EdgeWords:
    """What goes back to what a loop begins with, from the ops that take it as that."""
    if not getattr(edge.operand, "requires_grad", False):
        return EdgeWords(edge, [], wanted=False)
    given: dict[int, np.ndarray] = {}
    for op, slot in variable.begun:
        if op.parents[slot] is edge.operand:
            _add(given, edge.operand, given_back(op, slot))
    share = given.get(id(edge.operand))
    lines = [] if share is None else [f"{GIVES} {gradient_size(share, noise)}"]
    return EdgeWords(edge, lines, wanted=True)


# --- into a folded card -------------------------------------------------------------


class Within(NamedTuple):
    """What the ops of a fold do to gradients, by the `id()` of each operand.

    Attributes:
        given: the sum of what they gave back in the last pass.
        slopes: the derivative of the fold's one output by each operand, if these are
            numbers.
    """

    given: dict[int, np.ndarray]
    slopes: dict[int, np.ndarray]


def _within(fold: Fold, operands: Iterable[Any]) -> Within:
    """What comes back through a fold to its operands from outside."""
    outputs = fold.outputs
    alone = len(outputs) == 1 and size_of(outputs[0]) == 1
    has_slopes = alone and any(size_of(operand) == 1 for operand in operands)
    return Within(_given(fold), _slopes(fold) if has_slopes else {})


def _into_fold(edge: Edge, within: Within | None, noise: float) -> EdgeWords:
    """The local derivative of one output for one operand if it is a number; else what
    comes back to the operand from all the ops in the fold."""
    fold, operand = edge.head.held, edge.operand
    if within is None or not getattr(operand, "requires_grad", False):
        return EdgeWords(edge, [], wanted=False)
    if edge.several:
        return EdgeWords(edge, _largest_given(edge, within, noise), wanted=True)
    share = within.given.get(id(operand))
    outputs = fold.outputs
    if len(outputs) == 1 and size_of(outputs[0]) == size_of(operand) == 1:
        slope = within.slopes.get(id(operand))
        if slope is None:
            return EdgeWords(edge, [], wanted=True)
        local = slope.item()
        return EdgeWords(edge, [factor(local)], True, local, local == 1)
    lines = [] if share is None else [f"{GIVES} {gradient_size(share, noise)}"]
    return EdgeWords(edge, lines, wanted=True)


def _largest_given(edge: Edge, within: Within, noise: float) -> list[str]:
    """The largest of what comes back to several operands."""
    shares = [within.given.get(id(one.operand)) for one in edge.several]
    known = [largest(share) for share in shares if share is not None]
    if not known or not max(known) > noise:
        return [f"{GIVES} {NEARLY_ZERO if any(known) else 0}"] if known else []
    return [f"{GIVES} up to ±{number(max(known))}"]


def _given(fold: Fold) -> dict[int, np.ndarray]:
    inside = {id(op) for op in fold.ops}
    given: dict[int, np.ndarray] = {}
    for op in fold.ops:
        for slot, parent in enumerate(op.parents):
            if id(parent) not in inside:
                _add(given, parent, given_back(op, slot))
    return given


def _slopes(fold: Fold) -> dict[int, np.ndarray]:
    """By the chain rule through the ops of a fold, from its one output back."""
    (output,) = fold.outputs
    slopes: dict[int, np.ndarray] = {}
    if is_numpy(output.data):
        slopes[id(output)] = np.ones_like(output.data)
    for op in reversed(fold.ops):
        gradient = slopes.pop(id(op), None)
        for slot, parent in enumerate(op.parents if gradient is not None else ()):
            _add(slopes, parent, given_back(op, slot, gradient))
    return slopes


def _add(sums: dict[int, Any], operand: Any, share: np.ndarray | None) -> None:
    if share is not None:
        before = sums.get(id(operand))
        sums[id(operand)] = share if before is None else before + share
