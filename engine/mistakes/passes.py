"""Backward passes that go wrong as a whole: in their order, or in what they start with.

Each function is a wrong engine in a few lines. It takes a loss, and gives the gradients
that the engine would leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from engine._gradients import match_to_data
from engine.graph import topological_order
from engine.tensor import Tensor

Gradients = dict[Tensor, Any]
MOST_VISITS = 20_000  # of nodes that are visited again and again


def wrong_passes(loss: Tensor, x: Tensor) -> Iterator[tuple[str, str, Any]]:
    """Kind, sentence, and the gradient of x that a wrong engine gives. No hook runs."""
    order = topological_order([loss])
    right = _in_order(loss, _reversed(order)).get(x, np.zeros(x.shape))
    yield from _not_zeroed(loss, x, order, right)
    for edge_by_edge in (False, True):
        given = _by_recursion(loss, edge_by_edge=edge_by_edge)
        yield "order", _TOO_EARLY, given.get(x)
    for wrong in (_depth_first(loss), _breadth_first(loss), order):
        yield "order", _TOO_EARLY, _in_order(loss, wrong).get(x)
    yield "use", _OVERWRITTEN, _overwriting(loss, order).get(x)


def _not_zeroed(
    loss: Tensor, x: Tensor, order: list[Tensor], right: Any
) -> Iterator[tuple[str, str, Any]]:
    for again, kind in ((2, "not zeroed"), (3, "not zeroed/often")):
        sentence = (
            f"This is {again} times the gradient. Did you call backward() {again} "
            "times, without setting .grad to zero in between?"
        )
        yield kind, sentence, again * right
    if x.grad is not None and np.shape(x.grad) == x.shape:
        sentence = "The old .grad is still in it. Set it to zero first."
        yield "not zeroed/before", sentence, x.grad + right
    sentence = (
        "Two passes ran, and the gradients of the values in between were not set to "
        "zero: the second pass sent them back once more."
    )
    for found in _twice(loss, order):
        given = found.get(x)
        # Twice the gradient is said above.
        if given is not None and not np.array_equal(given, 2 * right):
            yield "not zeroed/inner", sentence, given


_TOO_EARLY = (
    "A node passed its gradient on too early. It must wait until all its "
    "contributions have arrived: the order is the reverse topological one."
)
_OVERWRITTEN = (
    "Each contribution overwrote the one before. A value that is used several times "
    "gets their sum, with +=."
)


def _contributions(node: Tensor, g: Any) -> Iterator[tuple[Tensor, Any]]:
    for x, fn in zip(node.parents, node.grad_fns, strict=True):
        if fn is not None:
            yield x, match_to_data(fn(g), x.data, node)


def _one(loss: Tensor) -> Any:
    return np.ones_like(loss.data)


def _in_order(loss: Tensor, order: Iterable[Tensor]) -> Gradients:
    """Every node once, in another order than the reverse topological one."""
    found: Gradients = {loss: _one(loss)}
    for node in order:
        if node in found:
            for x, g in _contributions(node, found[node]):
                _add(found, x, g)
    return found


def _by_recursion(loss: Tensor, *, edge_by_edge: bool) -> Gradients:
    """A node is called with what it has so far, each time that something arrives.

    Args:
        loss: the result.
        edge_by_edge: whether an operand is called before the next one gets its share.
    """
    found: Gradients = {loss: _one(loss)}
    waiting: list[Any] = [loss]
    for _ in range(MOST_VISITS):
        if not waiting:
            return found
        node = waiting.pop()
        if isinstance(node, tuple):
            x, fn, above = node
            _add(found, x, match_to_data(fn(found[above]), x.data, above))
            waiting.append(x)
        elif edge_by_edge:
            pairs = zip(node.parents, node.grad_fns, strict=True)
            waiting += [(x, fn, node) for x, fn in pairs if fn is not None][::-1]
        else:
            for x, g in _contributions(node, found[node]):
                _add(found, x, g)
            waiting += dict.fromkeys(_operands(node)[::-1])
    return {}


def _add(found: Gradients, x: Tensor, g: Any) -> None:
    found[x] = found[x] + g if x in found else g


def _depth_first(loss: Tensor) -> list[Tensor]:
    """A node as soon as it is reached."""
    found: dict[Tensor, None] = {}
    waiting = [loss]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found[node] = None
            waiting += _operands(node)[::-1]
    return list(found)


def _breadth_first(loss: Tensor) -> list[Tensor]:
    """The operands of the loss, then theirs."""
    found = {loss: None}
    for node in (waiting := [loss]):
        new = [x for x in _operands(node) if x not in found]
        found |= dict.fromkeys(new)
        waiting += dict.fromkeys(new)
    return list(found)


def _operands(node: Tensor) -> list[Tensor]:
    return [x for x in node.parents if isinstance(x, Tensor) and x.requires_grad]


def _overwriting(loss: Tensor, order: Iterable[Tensor]) -> Gradients:
    """`x.grad = g` in place of `x.grad += g`."""
    found: Gradients = {loss: _one(loss)}
    for node in _reversed(order):
        if node in found:
            found |= dict(_contributions(node, found[node]))
    return found


def _twice(loss: Tensor, order: Iterable[Tensor]) -> tuple[Gradients, Gradients]:
    """Two passes; only the loss begins anew. And the same, where leaves do, too."""
    first = _in_order(loss, _reversed(order))
    both, leaves_anew = dict(first), {x: g for x, g in first.items() if x.parents}
    for found in (both, leaves_anew):
        found[loss] = _one(loss)
        for node in _reversed(order):
            if node in found:
                for x, g in _contributions(node, found[node]):
                    _add(found, x, g)
    return both, leaves_anew


def _reversed(order: Iterable[Tensor]) -> list[Tensor]:
    """From the loss to the leaves: the newest first."""
    return list(order)[::-1]
