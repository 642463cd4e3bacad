"""The graph, walked: topological order, and the one backward pass along it.

The pass takes the nodes in an order in which each comes after everything that uses it.
Then its gradient is complete when its turn comes, and each edge is walked once:

    gradient of operand  +=  grad_fn(gradient of node)

That is the chain rule, and the += is its sum over paths, without listing the paths.
`Tensor.backward` is this pass and then `store_gradients`; a layer's `backward` is too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np

from engine._gradients import (
    copied,
    first_gradient,
    give_leaves_their_own,
    is_shared,
    keep_dtype,
    match_to_data,
    read_only,
)
from engine._memory import keep_freed_memory
from engine._node import data_of, next_countdown
from engine._rerun import as_tensor, grad_fns_on_tensors
from engine._watch import check_finite
from engine.recording import is_checking, recording
from engine.tensor import Tensor

float64 = np.float64
keep_freed_memory()


def topological_order(outputs: Iterable[Tensor]) -> list[Tensor]:
    """The outputs and all that they were computed from, operands before their users.

    A Tensor is made after its operands, so this is the order in which they were made.
    Only operands that want a gradient are walked. The pass below goes this way
    backward, without making the list.

    Raises:
        TypeError: if `outputs` is not a list of Tensors.
    """
    outputs = _list_of_tensors("topological_order", "outputs", outputs)
    return sorted(ancestors(outputs), key=attrgetter("_countdown"), reverse=True)


def ancestors(outputs: Iterable[Tensor]) -> Iterator[Tensor]:
    """What is in the topological order, in no order: each Tensor as it is found."""
    reached = list(dict.fromkeys(outputs))
    seen = set(reached)
    for node in reached:  # grows on the way
        yield node
        for x in node.parents:
            if type(x) is Tensor and x not in seen and x.requires_grad:
                seen.add(x)
                reached.append(x)


def _list_of_tensors(caller: str, what: str, tensors: Any) -> list[Tensor]:
    """The Tensors in a list; an error if they are not a list of Tensors."""
    several = isinstance(tensors, Iterable) and not isinstance(tensors, Tensor)
    found = list(tensors) if several else [tensors]
    if not several or not all(type(x) is Tensor for x in found):
        raise TypeError(
            f"{caller}: {what} is {tensors!r:.60}, and must be a list of Tensors, [t]"
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

    Neither reads nor writes `grad`. Runs a Tensor's hooks once its gradient is there.

    Args:
        outputs: where the pass begins.
        gradients: one for each output, of its shape: that of the final scalar with
            respect to it. None is 1, for an output of one element.
        inputs: where the pass stops; all the way to the leaves if None.
        create_graph: run each rule again, on Tensors, so that the gradients are Tensors
            with a graph of their own.
        only_inputs: whether only the gradients of `inputs` are wanted. What is older
            than all of them can't depend on them: it is not walked, its hooks do not
            run, and its gradients are not complete.

    Returns:
        A gradient for every Tensor reached, of the Tensor's shape and dtype. Those of
        interior Tensors may share memory: do not write to them.

    Raises:
        ValueError: if a gradient does not have the shape of its output, or a closure
            returns a shape that broadcasting does not explain.
        TypeError: if a gradient, or data that was bound, is not made of real numbers;
            if `outputs` or `inputs` is not a list of Tensors.
        RuntimeError: if an output wants no gradient; with `create_graph`, if data was
            changed since it was used.
    """
    if outputs.__class__ is not list or gradients.__class__ is not list:
        outputs = _list_of_tensors("backward_pass", "outputs", outputs)
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
    whole = inputs is None and not create_graph and not only_inputs
    limits = None if whole else _limits(inputs, only_inputs, create_graph)
    if create_graph:
        with recording():
            reached = _chain_rule(_seeds(outputs, gradients, create_graph), limits)
    else:
        reached = _chain_rule(_seeds(outputs, gradients, create_graph), limits)
    if is_checking():
        check_finite(reached)
    return reached


def _chain_rule(
    reached: dict[Tensor, Any], limits: _Limits | None
) -> dict[Tensor, Any]:
    """Add to the gradients of the outputs those of all that they were computed from.

    The newest Tensor goes first: all that used it is newer, so its gradient is complete
    then. One loop, since a call for each node would take a twentieth more time.
    """
    waiting = {x._countdown: x for x in reached}
    heap = sorted(waiting)  # countdowns: the newest Tensor that waits comes first
    shared: dict[Tensor, Any] = {}  # gradients of leaves whose memory others hold
    while heap:
        node = waiting[heappop(heap)]
        g, grad_fns = reached[node], node.grad_fns
        if limits or node._hooks:
            g, grad_fns = _prepared(node, g, limits)
            reached[node] = g
        try:
            for x, fn in zip(node.parents, grad_fns):  # noqa: B905 - strict= is slow
                if fn is None:  # no gradient is wanted
                    continue
                gx, data = fn(g), x.data  # one product of the chain rule
                if gx.__class__ is not data.__class__ or (
                    gx.__class__ is not float64
                    and (gx.dtype is not data.dtype or gx.shape != data.shape)
                ):
                    gx = match_to_data(gx, data, node)
                if x in reached:
                    total = reached[x] + gx  # its sum over all uses of x
                    if gx.__class__ is not float64:
                        total = keep_dtype(total, gx)
                    reached[x] = total
                    continue
                reached[x] = gx
                if x.parents or x._hooks:
                    waiting[x._countdown] = x
                    heappush(heap, x._countdown)
                elif is_shared(gx, g):
                    shared[x] = gx
        except Exception as error:
            error.add_note(f"in a backward closure of '{node.op}', on {node!r}")
            raise
    if shared:
        give_leaves_their_own(reached, shared)
    return reached


class _Limits(NamedTuple):
    """Where a pass stops, and whether it is recorded itself."""

    stop: frozenset[Tensor]  # their hooks run, and they are not walked
    oldest: int  # the countdown of the oldest Tensor that is walked
    create_graph: bool


def _limits(
    inputs: Collection[Tensor] | None, only_inputs: bool, create_graph: bool
) -> _Limits:
    listed = (
        [] if inputs is None else _list_of_tensors("backward_pass", "inputs", inputs)
    )
    stop, oldest = frozenset(listed), 0
    if only_inputs:
        oldest = max((x._countdown for x in stop), default=next_countdown())
    return _Limits(stop, oldest, create_graph)


def _prepared(
    node: Tensor, g: Any, limits: _Limits | None
) -> tuple[Any, tuple[Any, ...]]:
    """The gradient of a node after its hooks, and the closures to go on with."""
    stop, oldest, create_graph = limits or _Limits(frozenset(), 0, False)
    if node._countdown > oldest:
        return g, ()
    if node._hooks:
        g = _run_hooks(node, g, create_graph)
    if node in stop:
        return g, ()
    return g, grad_fns_on_tensors(node) if create_graph else node.grad_fns


def _run_hooks(node: Tensor, g: Any, create_graph: bool) -> Any:
    for hook in tuple((node._hooks or {}).values()):  # a hook may remove itself
        if hasattr(g, "of_numpy"):  # it is recorded: every run will call the hook
            g = g.record.hook(hook, g, f"hook on {node!r}")
            continue
        given = hook(read_only(g))
        if given is not None:
            caller = f"hook on {node!r}"
            given = copied(given if create_graph else data_of(given), caller)
            if given.shape != node.shape:
                raise ValueError(
                    f"{caller}: what it returned has shape {given.shape}, and must "
                    f"have {node.shape}"
                )
            g = match_to_data(given, node.data, caller)
    return g if node.parents else copied(g)  # a hook may have kept it


def _seeds(
    outputs: Sequence[Tensor], gradients: Sequence[Any], create_graph: bool
) -> dict[Tensor, Any]:
    """The gradients that a pass begins with; an output may be named twice."""
    reached: dict[Tensor, Any] = {}
    for x, gradient in zip(outputs, gradients):  # noqa: B905 - as many, by now
        g = first_gradient(x, gradient, create_graph)
        if create_graph:
            g = as_tensor(g)
        reached[x] = reached[x] + g if x in reached else g
    return reached


def store_gradients(gradients: dict[Tensor, Any]) -> None:
    """Set `.grad` of each Tensor as `backward()` does.

    A leaf adds to the gradient that it has; that of an interior Tensor is set anew. If
    one of the sums fails, every `.grad` is as it was before the call.

    Args:
        gradients: for each Tensor a gradient of its shape and dtype, as
            `backward_pass` returns them.

    Raises:
        ValueError: if a leaf has a gradient already, of another shape than its data.
        TypeError: if that, or the leaf's data, is not an array of real numbers.
    """
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
            f"backward: .grad of {leaf!r} has shape {shape}, its data {leaf.shape}; "
            "set it to None to begin anew"
        )
    with recording():  # for the sake of gradients that are Tensors
        return match_to_data(before + g, leaf.data, leaf)
