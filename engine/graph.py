"""The graph, walked: topological order, and the one backward pass along it.

The one idea: go through the nodes so that each comes after everything that uses it.
Then its gradient is complete when its turn comes, and each of its edges is walked once:

    gradient of operand  +=  grad_fn(gradient of node)

That is the chain rule, and the += is its sum over paths, without listing the paths.
`Tensor.backward` is this pass and then `store`; a layer's `backward` is too.

The closures are the rules' (rules/); shapes are repaired in broadcasting.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any

import numpy as np

from engine.broadcasting import unbroadcast
from engine.recording import recording
from engine.tensor import Tensor

float64 = np.float64


def topological_order(outputs: Iterable[Tensor]) -> list[Tensor]:
    """Every Tensor that `outputs` were computed from, operands before what uses them.

    A Tensor is made after its operands, so the order in which they were made is a
    topological one; that the graph may be deep, or full of paths, does not matter. Only
    Tensors that want a gradient are in it.
    """
    seen = set(outputs)
    reached = list(seen)
    for node in reached:  # grows on the way
        for x in node.parents:
            if type(x) is Tensor and x not in seen and x.requires_grad:
                seen.add(x)
                reached.append(x)
    return sorted(reached, key=attrgetter("_turn"), reverse=True)


def backward_pass(
    outputs: Sequence[Tensor],
    gradients: Sequence[Any],
    inputs: Collection[Tensor] | None = None,
    *,
    create_graph: bool = False,
) -> dict[Tensor, Any]:
    """The gradients of everything that `outputs` were computed from.

    Reads and writes no `grad`. Runs a Tensor's hooks when its gradient is complete.

    Args:
        outputs: where the pass begins.
        gradients: one for each output, of its shape and dtype: that of the final scalar
            with respect to it.
        inputs: where the pass stops; all the way to the leaves if None.
        create_graph: run each rule again, on Tensors, so that the gradients are Tensors
            with a graph of their own.

    Returns:
        A gradient for every Tensor reached, of the Tensor's shape and dtype. Those of
        interior Tensors may share memory and are not to be written to.

    Raises:
        ValueError: if a closure returns a shape that broadcasting does not explain.
        RuntimeError: with `create_graph`, if data was changed since it was used.
    """
    stop = frozenset(inputs or ())
    if create_graph:
        with recording():
            return _walk(outputs, gradients, stop, create_graph)
    return _walk(outputs, gradients, stop, create_graph)


def _walk(
    outputs: Sequence[Tensor],
    gradients: Sequence[Any],
    stop: frozenset[Tensor],
    create_graph: bool,
) -> dict[Tensor, Any]:
    """The pass itself, newest Tensor first: all that used it have had their turn."""
    convert = _as_tensor if create_graph else _plain
    reached: dict[Tensor, Any] = {}
    for x, gradient in zip(outputs, map(convert, gradients), strict=True):
        reached[x] = reached[x] + gradient if x in reached else gradient
    waiting = {x._turn: x for x in reached}
    turns = sorted(waiting)  # a heap: the newest of those that wait comes first
    while turns:
        node = waiting[heappop(turns)]
        g = reached[node]
        if node._hooks:
            g = reached[node] = _run_hooks(node, g, create_graph)
        if node in stop:
            continue
        grad_fns = _run_again(node) if create_graph else node.grad_fns
        for x, fn in zip(node.parents, grad_fns):  # noqa: B905 - strict=True is slow
            if fn is None:
                continue
            gx = fn(g)
            if gx.__class__ is not float64 or x.data.__class__ is not float64:
                gx = _delivered(gx, x, g, node)
            if x in reached:
                reached[x] = reached[x] + gx
            else:
                reached[x] = gx
                if x.parents or x._hooks:
                    waiting[x._turn] = x
                    heappush(turns, x._turn)
    return reached


def _delivered(gradient: Any, x: Tensor, g: Any, node: Tensor) -> Any:
    """What a closure returned for x, fitted to it; a leaf gets what nobody else has."""
    data = x.data
    if (
        gradient.__class__ is not data.__class__
        or gradient.shape != data.shape
        or gradient.dtype is not data.dtype
    ):
        gradient = _fitted(gradient, data, node)
    if x.parents or type(gradient) is Tensor:
        return gradient
    shared = gradient is g or getattr(gradient, "base", None) is not None
    return gradient.copy() if shared else gradient


def _fitted(gradient: Any, data: Any, source: Tensor | str) -> Any:
    """The gradient, from `source`, in the shape and dtype of the data it belongs to."""
    if not hasattr(gradient, "dtype"):  # a closure may return a Python number
        gradient = np.asarray(gradient)
    if gradient.shape != data.shape and not _unknown(gradient.shape + data.shape):
        try:
            gradient = unbroadcast(gradient, data.shape)
        except ValueError:
            raise ValueError(
                f"{getattr(source, 'op', source)}: a gradient of shape "
                f"{gradient.shape} came back for data of shape {data.shape}, which "
                "broadcasting does not explain"
            ) from None
    if gradient.dtype != data.dtype:
        gradient = gradient.astype(data.dtype)
    if type(gradient) is np.ndarray and type(data) is not np.ndarray:
        gradient = gradient[()]  # a NumPy scalar, as the data is one
    return gradient


def _unknown(shape: tuple[Any, ...]) -> bool:
    """Whether a lazy library does not know the shape yet: NaN stands for a length."""
    return any(n != n for n in shape)


def _run_hooks(node: Tensor, g: Any, create_graph: bool) -> Any:
    for hook in tuple((node._hooks or {}).values()):  # a hook may remove itself
        replacement = hook(_read_only(g))
        if replacement is not None:
            replacement = _copied(replacement if create_graph else _plain(replacement))
            if replacement.shape != node.shape:
                raise ValueError(
                    f"hook on {node!r}: what it returned has shape "
                    f"{replacement.shape}, and must have {node.shape}"
                )
            g = _fitted(replacement, node.data, "hook")
    return g


def _read_only(g: Any) -> Any:
    """A view that refuses to be written to: other nodes may share the array."""
    if type(g) is np.ndarray:
        g = g.view()
        g.flags.writeable = False
    return g


def _copied(gradient: Any) -> Any:
    """A copy, of numbers that somebody else may hold; a Tensor as it is."""
    if type(gradient) is Tensor or hasattr(gradient, "__array_function__"):
        return gradient.copy() if type(gradient) is np.ndarray else gradient
    return np.array(gradient)


def _plain(x: Any) -> Any:
    return x.data if type(x) is Tensor else x


def _run_again(node: Tensor) -> tuple[Any, ...]:
    """The node's closures over Tensors: its rule, run once more on its parents."""
    assert node.rule is not None  # only a leaf has none, and a leaf has no operands
    value, grad_fns = node.rule(*map(_as_tensor, node.parents), **node.options or {})
    if not _same(value.data, node.data):
        raise RuntimeError(
            f"backward: the data of an operand of '{node.op}' was changed since the "
            "forward pass, so its derivative is no longer that of the value"
        )
    pairs = zip(grad_fns, node.grad_fns, strict=True)
    return tuple(fn if before is not None else None for fn, before in pairs)


def _same(again: Any, before: Any) -> bool:
    """Equal to the last bit, NaN included. No foreign array is pulled over to see."""
    if not isinstance(before, np.ndarray | np.generic):
        return True
    again = again.astype(before.dtype)  # in-place addition rounds to the array's dtype
    return bool(np.array_equal(again, before, equal_nan=True))


def _as_tensor(x: Any) -> Any:
    """x as a Tensor; a Python number as it is, so that it widens no float32."""
    if type(x) is Tensor or type(x) in (int, float):
        return x
    return Tensor(x, requires_grad=False)


def seed(loss: Tensor, gradient: Any) -> Any:
    """The gradient that a pass from `loss` begins with: as given, or 1."""
    if not loss.requires_grad:
        raise RuntimeError(
            "backward: nothing was recorded; the Tensor is a constant, was made of "
            "constants, or under no_grad()"
        )
    data = loss.data
    if gradient is None:
        if data.size != 1:
            raise ValueError(
                f"backward: the loss has shape {loss.shape} and must hold one element; "
                "take loss.sum() or loss.mean(), or pass a gradient of that shape"
            )
        return type(data)(1) if isinstance(data, np.generic) else np.ones_like(data)
    gradient = _copied(gradient)
    if gradient.dtype.kind not in "fiub":
        raise TypeError(
            f"backward: the gradient is of {gradient.dtype}, no real numbers"
        )
    if gradient.shape != loss.shape:
        raise ValueError(
            f"backward: the gradient has shape {gradient.shape}, and must have the "
            f"Tensor's, {loss.shape}"
        )
    return _fitted(gradient, data, "backward")


def store(gradients: dict[Tensor, Any]) -> None:
    """Write a pass's gradients: leaves add to what they have, the rest is set anew."""
    totals = {}
    for x, g in gradients.items():
        if x.grad is not None and not x.parents:
            totals[x] = _total(x, g)
    for x, g in gradients.items():  # only now, when nothing can fail any more
        x.grad = g
    for x, total in totals.items():
        x.grad = total


def _total(leaf: Tensor, g: Any) -> Any:
    before = leaf.grad if type(g) is Tensor else _plain(leaf.grad)
    if np.shape(before) != leaf.shape:
        raise ValueError(
            f"backward: .grad of {leaf!r} has shape {np.shape(before)}, its data "
            f"{leaf.shape}"
        )
    return _fitted(before + g, leaf.data, leaf)
