"""The graph, walked: topological order, and the one backward pass along it.

The one idea: go through the nodes so that each comes after everything that uses it.
Then its gradient is complete when its turn comes, and each of its edges is walked once:

    gradient of operand  +=  grad_fn(gradient of node)

That is the chain rule, and the += is its sum over paths, without listing the paths.
`Tensor.backward` is this pass and then `store`; a layer's `backward` is too.

The closures are the rules' (rules/); gradients are made fit in gradients.py.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any

import numpy as np

from engine._node import data_of, next_countdown
from engine.gradients import copied, fitted, read_only, recast
from engine.memory import keep_freed_memory
from engine.recording import Watched, recording, state
from engine.tensor import Tensor
from engine.watch import refuse_odd, watched_again

float64 = np.float64
_NOWHERE: frozenset[Tensor] = frozenset()
keep_freed_memory()


def topological_order(outputs: Iterable[Tensor]) -> list[Tensor]:
    """The outputs and all that they were computed from, operands before their users.

    A Tensor is made after its operands, so the order in which they were made is a
    topological one; that the graph may be deep, or full of paths, does not matter. Only
    operands that want a gradient are walked. The pass below goes this way backward,
    without making the list.
    """
    outputs = _listed("topological_order", "outputs", outputs)
    return sorted(upstream(outputs), key=attrgetter("_countdown"), reverse=True)


def upstream(outputs: Iterable[Tensor]) -> Iterator[Tensor]:
    """What is in the topological order, in no order: each Tensor as it is found."""
    reached = list(dict.fromkeys(outputs))
    seen = set(reached)
    for node in reached:  # grows on the way
        yield node
        for x in node.parents:
            if type(x) is Tensor and x not in seen and x.requires_grad:
                seen.add(x)
                reached.append(x)


def _listed(who: str, what: str, tensors: Any) -> list[Tensor]:
    """The Tensors in a list, if they are some."""
    several = isinstance(tensors, Iterable) and not isinstance(tensors, Tensor)
    found = list(tensors) if several else [tensors]
    if not several or not all(type(x) is Tensor for x in found):
        raise TypeError(
            f"{who}: {what} is {tensors!r:.60}, and must be a list of Tensors, [t]"
        )
    return found


def backward_pass(
    outputs: Sequence[Tensor],
    gradients: Sequence[Any],
    inputs: Collection[Tensor] | None = None,
    *,
    create_graph: bool = False,
    only_inputs: bool = False,
) -> dict[Tensor, Any]:
    """The gradients of everything that `outputs` were computed from.

    Reads and writes no `grad`. Runs a Tensor's hooks when its gradient is complete.

    Args:
        outputs: where the pass begins.
        gradients: one for each output, of its shape: that of the final scalar with
            respect to it. None is 1, for an output of one element.
        inputs: where the pass stops; all the way to the leaves if None.
        create_graph: run each rule again, on Tensors, so that the gradients are Tensors
            with a graph of their own.
        only_inputs: whether nothing but the gradients of `inputs` matters. What is
            older than all of them can't depend on them: it is not walked, its hooks
            do not run, and its gradients are not complete. (A layer's `backward` goes
            the whole way: its `forward` may use what is neither input nor parameter.)

    Returns:
        A gradient for every Tensor reached, of the Tensor's shape and dtype. Those of
        interior Tensors may share memory and are not to be written to.

    Raises:
        ValueError: if a gradient has not the shape of its output, or a closure returns
            a shape that broadcasting does not explain.
        TypeError: if a gradient, or data that was bound, is not made of real numbers;
            if `outputs` or `inputs` is no list of Tensors.
        RuntimeError: if an output wants no gradient; with `create_graph`, if data was
            changed since it was used.
    """
    if outputs.__class__ is not list or gradients.__class__ is not list:
        outputs = _listed("backward_pass", "outputs", outputs)
        if not isinstance(gradients, Sequence | np.ndarray):
            raise TypeError(
                f"backward_pass: gradients is {gradients!r:.60}, and must be a list, "
                "of one for each output; None is 1"
            )
    if len(outputs) != len(gradients):
        raise ValueError(
            f"backward_pass: {len(outputs)} outputs came with {len(gradients)} "
            "gradients, and each needs one; None is 1"
        )
    stop, oldest = _NOWHERE, 0
    if inputs is not None:
        stop = frozenset(_listed("backward_pass", "inputs", inputs))
    if only_inputs:
        oldest = max((x._countdown for x in stop), default=next_countdown())
    if create_graph:
        with recording():
            reached = _walk(outputs, gradients, stop, create_graph, oldest)
    else:
        reached = _walk(outputs, gradients, stop, create_graph, oldest)
    if state().__class__ is Watched:
        refuse_odd(reached)
    return reached


def _walk(
    outputs: Sequence[Tensor],
    gradients: Sequence[Any],
    stop: frozenset[Tensor],
    create_graph: bool,
    oldest: int = 0,  # the turn of the first Tensor ever made
) -> dict[Tensor, Any]:
    """The pass itself, newest Tensor first: all that used it have had their turn."""
    reached: dict[Tensor, Any] = {}
    for x, gradient in zip(outputs, gradients, strict=True):
        gradient = _seed(x, gradient, create_graph)
        reached[x] = reached[x] + gradient if x in reached else gradient
    waiting = {x._countdown: x for x in reached}
    turns = sorted(waiting)  # a heap: the newest of those that wait comes first
    borrowed: dict[Tensor, Any] = {}  # gradients of leaves in somebody else's memory
    while turns:
        turn = heappop(turns)
        if turn > oldest:  # as is all that waits still
            break
        node = waiting[turn]
        g = reached[node]
        if node._hooks:
            g = reached[node] = _run_hooks(node, g, create_graph)
        if stop and node in stop:
            continue
        grad_fns = _run_again(node) if create_graph else node.grad_fns
        for x, fn in zip(node.parents, grad_fns):  # noqa: B905 - strict=True is slow
            if fn is None:
                continue
            try:
                gx = fn(g)
            except Exception as error:
                error.add_note(f"in a backward closure of '{node.op}', on {node!r}")
                raise
            data = x.data
            if gx.__class__ is not data.__class__ or (
                gx.__class__ is not float64
                and (gx.dtype is not data.dtype or gx.shape != data.shape)
            ):
                gx = fitted(gx, data, node)
            if x in reached:
                total = reached[x] + gx
                reached[x] = total if gx.__class__ is float64 else recast(total, gx)
                continue
            reached[x] = gx
            if x.parents or x._hooks:
                waiting[x._countdown] = x
                heappush(turns, x._countdown)
            elif gx.__class__ is not float64 and (
                gx is g or getattr(gx, "base", gx) is not None
            ):
                borrowed[x] = gx
    for x, gx in borrowed.items():
        if reached[x] is gx:  # else it was added to, which makes an array of its own
            reached[x] = copied(gx)
    return reached


def _run_hooks(node: Tensor, g: Any, create_graph: bool) -> Any:
    for hook in tuple((node._hooks or {}).values()):  # a hook may remove itself
        given = hook(read_only(g))
        if given is not None:
            who = f"hook on {node!r}"
            given = copied(given if create_graph else data_of(given), who)
            if given.shape != node.shape:
                raise ValueError(
                    f"{who}: what it returned has shape {given.shape}, and must have "
                    f"{node.shape}"
                )
            g = fitted(given, node.data, who)
    return g if node.parents else copied(g)  # a hook may have kept it


def _run_again(node: Tensor) -> tuple[Any, ...]:
    """The node's closures over Tensors: its rule, run once more on its parents."""
    if node.rule is None:  # a leaf, which has no operands
        return ()
    value, grad_fns = node.rule(*map(_as_tensor, node.parents), **node.options or {})
    if type(value) is not Tensor:
        raise RuntimeError(
            f"backward: rule '{node.op}' has first derivatives only: run again on "
            f"Tensors it gave a {type(value).__name__}"
        )
    if not _same(value.data, node.data):
        raise RuntimeError(
            f"backward: the data of an operand of '{node.op}' was changed since the "
            "forward pass, so its derivative is no longer that of the value"
        )
    pairs = zip(grad_fns, node.grad_fns, strict=True)
    return tuple(
        None if before is None else watched_again(fn, before) for fn, before in pairs
    )


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
    constant = Tensor(0.0, requires_grad=False)
    constant.data = x  # a scalar as it came: NumPy rounds powers of arrays otherwise
    return constant


def _seed(output: Tensor, gradient: Any, create_graph: bool) -> Any:
    """The gradient that a pass begins with: a copy of what was given, or 1."""
    if output.__class__ is not Tensor:
        raise TypeError(f"backward_pass: {output!r:.60} among the outputs is no Tensor")
    data = output.data
    if not output.requires_grad:
        raise RuntimeError(
            "backward: nothing was recorded; the Tensor is a constant, was made of "
            "constants, or under no_grad()"
        )
    if gradient is None:
        if data.size != 1:
            raise ValueError(
                f"backward: the loss has shape {data.shape} and must hold one element; "
                "take loss.sum() or loss.mean(), or pass a gradient of that shape"
            )
        one = type(data)(1) if isinstance(data, np.generic) else np.ones_like(data)
        return _as_tensor(one) if create_graph else one
    gradient = copied(gradient if create_graph else data_of(gradient))
    if gradient.dtype.kind not in "fiub":
        raise TypeError(f"backward: the gradient is of {gradient.dtype}, not real")
    if gradient.shape != data.shape:
        same = gradient.size == data.size
        cure = f"; gradient.reshape({data.shape}) would fit" if same else ""
        raise ValueError(
            f"backward: the gradient has shape {gradient.shape}, and must have the "
            f"Tensor's, {data.shape}{cure}"
        )
    gradient = fitted(gradient, data, "backward")
    return _as_tensor(gradient) if create_graph else gradient


def store(gradients: dict[Tensor, Any]) -> None:
    """Write a pass's gradients: leaves add to what they have, the rest is set anew."""
    totals = {}
    for x, g in gradients.items():
        if x.grad is not None and not x.parents:
            totals[x] = _total(x, g)
    for x, g in gradients.items():  # only now, when nothing can fail any more
        if g.__class__ is Tensor and x.parents:
            g = g.detach()  # or it would refer to x, and x to it
        x.grad = g
    for x, total in totals.items():
        x.grad = total


def _total(leaf: Tensor, g: Any) -> Any:
    before = leaf.grad if type(g) is Tensor else data_of(leaf.grad)
    shape = getattr(before, "shape", ())
    if shape != leaf.shape:
        raise ValueError(
            f"backward: .grad of {leaf!r} has shape {shape}, its data {leaf.shape}"
        )
    with recording():  # for the sake of gradients that are Tensors
        return fitted(before + g, leaf.data, leaf)
