"""The tape: a recorded graph as a list of small steps, forward and back.

A copy of the graph, whose closures take notes, is put through the engine's own pass. So
the order, the sums and every rounding are those of `backward()`. No `.grad` is touched,
and no hook runs: what a hook would change is not on the tape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

from engine import (
    Tensor,
    backward_pass,
    copy_node,
    keep_dtype,
    match_to_data,
    no_grad,
)
from viz.words.local_derivative import closure


@dataclass(frozen=True, slots=True, eq=False)
class Forward:
    """An op computes its value, `node.data`, from its operands."""

    node: Tensor


@dataclass(frozen=True, slots=True, eq=False)
class Seed:
    """The pass begins: the gradient of the loss with respect to itself is 1."""

    node: Tensor
    after: Any


@dataclass(frozen=True, slots=True, eq=False)
class Backward:
    """A gradient goes back along one edge: upstream × local = contribution.

    Attributes:
        node: the op.
        slot: the place of the operand among `node.parents`.
        upstream: the gradient of the op, complete by now.
        contribution: what comes back to the operand, of its shape and dtype.
        before: the sum of what came back to it earlier; None if this is the first.
        after: before + contribution.
        arrived: how many contributions are in now, this one included.
    """

    node: Tensor
    slot: int
    upstream: Any
    contribution: Any
    before: Any
    after: Any
    arrived: int

    @property
    def operand(self) -> Tensor:
        """What the contribution goes to."""
        return self.node.parents[self.slot]


Event = Forward | Seed | Backward


@dataclass(slots=True)
class Tape:
    """A computation, step by step.

    Attributes:
        loss: what it ends at.
        events: in the order in which they happen: forward, the seed, backward.
        gradients: of everything reached, as the pass gives them.
        arrivals: for each Tensor, the steps that bring it a part of its gradient.
    """

    loss: Tensor
    events: list[Event]
    gradients: dict[Tensor, Any] = field(default_factory=dict)
    arrivals: dict[Tensor, list[Backward]] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    def __repr__(self) -> str:
        back = sum(map(len, self.arrivals.values()))
        return f"Tape({len(self) - back - 1} forward, 1 seed, {back} backward)"


def tape(loss: Tensor) -> Tape:
    """Everything that the forward and the backward pass of a loss do, in order.

    Args:
        loss: a Tensor of one element that was computed from Tensors.

    Returns:
        The tape: a Forward for each op, operands first; a Seed; then a Backward for
        each operand that wants a gradient, in the order in which `backward()` goes.
        Its gradients are those of the engine, to the last bit.

    Raises:
        TypeError: if the loss is not a Tensor.
        ValueError: if it holds more than one element.
        RuntimeError: if nothing was recorded: the loss is a constant, was made of
            constants, or under `no_grad()`. Of a leaf the tape is the seed alone.
    """
    check_loss("tape", loss)
    if not loss.requires_grad:
        raise RuntimeError(
            "tape: nothing was recorded; the Tensor is a constant, was made of "
            "constants, or under no_grad()"
        )
    order = reached(loss)
    recorder = _Recorder(Tape(loss, []))
    twins = recorder.twins(order)
    with np.errstate(all="ignore"), no_grad():  # debug() is not to stop at a NaN
        gradients = backward_pass([twins[loss]], [None])
    made = recorder.tape
    made.gradients = {x: gradients[twin] for x, twin in twins.items()}
    forward = [Forward(node) for node in order if node.parents]
    made.events[:0] = [*forward, Seed(loss, made.gradients[loss])]
    return made


def reached(loss: Tensor) -> list[Tensor]:
    """Every Tensor that a pass from the loss reaches, operands first."""
    seen, found = {loss}, [loss]
    for node in found:  # grows on the way
        for x, fn in zip(node.parents, node.grad_fns, strict=True):
            if fn is not None and x not in seen:
                seen.add(x)
                found.append(x)
    # As the pass sorts them; topological_order leaves out what was frozen since.
    return sorted(found, key=attrgetter("_countdown"), reverse=True)


def check_loss(caller: str, loss: Any) -> None:
    """Raise unless it is a Tensor of one element."""
    if not isinstance(loss, Tensor):
        raise TypeError(
            f"{caller}: got a {type(loss).__name__}, and needs a Tensor; pass the loss"
        )
    if loss.size != 1:
        raise ValueError(
            f"{caller}: the loss has shape {loss.shape} and must hold one element; "
            "take loss.sum() or loss.mean()"
        )


class _Recorder:
    """Makes the twin of a graph, and puts on a tape what its closures do."""

    def __init__(self, tape: Tape) -> None:
        self.tape = tape

    def twins(self, order: list[Tensor]) -> dict[Tensor, Tensor]:
        """A copy of each node, made in the same order, which is that of the pass."""
        twins: dict[Tensor, Tensor] = {}
        for node in order:
            slots = range(len(node.parents))
            twins[node] = copy_node(
                node,
                parents=tuple(
                    twins.get(x, x) if isinstance(x, Tensor) else x
                    for x in node.parents
                ),
                grad_fns=tuple(self._noting(node, slot) for slot in slots),
            )
        return twins

    def _noting(self, node: Tensor, slot: int) -> Callable[[Any], Any] | None:
        """A closure that does what the node's own does, and records it."""
        fn = closure(node, slot)
        if fn is None:
            return None

        def noting(g: Any) -> Any:
            contribution = fn(g)
            self._note(node, slot, g, contribution)
            return contribution

        return noting

    def _note(self, node: Tensor, slot: int, g: Any, contribution: Any) -> None:
        operand = node.parents[slot]
        arrivals = self.tape.arrivals.setdefault(operand, [])
        contribution = match_to_data(contribution, operand.data, node)
        before = arrivals[-1].after if arrivals else None
        after = contribution
        if before is not None:
            after = keep_dtype(before + contribution, contribution)
        event = Backward(node, slot, g, contribution, before, after, len(arrivals) + 1)
        arrivals.append(event)
        self.tape.events.append(event)
