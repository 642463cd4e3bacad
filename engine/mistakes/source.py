"""Where a script comes from: a recorded graph, or the call of a function."""

from __future__ import annotations

from typing import Any

from engine.mistakes.script import BEFORE, Script
from engine.tensor import Tensor
from engine.written.called import (
    Called,
    NameOf,
    called_in_function,
    called_in_graph,
    option_arrays,
    parameters_of,
    wishes_of,
)
from engine.written.program import Program
from engine.written.record import Step
from engine.written.replay import Replay, replay, replay_edge, traced


def script_of_graph(loss: Tensor, name_of: NameOf) -> Script:
    """The script of a recorded graph; `name_of` says what the user calls a Tensor."""
    replayed = replay(loss)
    named = {step for step, x in replayed.inputs if name_of(x)}
    return _script(replayed, called_in_graph(replayed, loss, name_of), named)


def script_of_function(f: Any, args: tuple[Any, ...]) -> Script:
    """The script of a call of a function, in the names of its own variables."""
    replayed = traced(f, args)
    words, outside = parameters_of(f, len(args))
    wishes = wishes_of(words, args)
    called = called_in_function(replayed, outside, wishes, words, lambda _: "")
    return _script(replayed, called, {step for step, _ in replayed.inputs})


def script_of_edge(
    node: Tensor, slot: int, name_of: NameOf, gradient: Any, before: Any = None
) -> tuple[Script, str] | None:
    """The script of one op and what it gives back to one operand.

    Args:
        node: the op.
        slot: the place of the operand.
        name_of: what the user calls a Tensor, or an array.
        gradient: of the op.
        before: what came back to the operand earlier, if this is to be added to it.

    Returns:
        The script, and the variable of what the operand has then; None if what goes
        back depends on nothing.
    """
    found = replay_edge(node, slot, gradient, before)
    if found is None:
        return None
    replayed, earlier = found
    called = called_in_graph(replayed, node, name_of)
    if earlier is not None:
        called.named[earlier] = BEFORE
    named = {step for step, x in replayed.inputs if name_of(x)}
    script = _script(replayed, called, named, node.parents[slot])
    return script, script.gradients[node.parents[slot]]


def _script(
    replayed: Replay,
    called: Called,
    inputs: set[Step],
    operand: Tensor | None = None,
) -> Script:
    """With a line for every value and gradient.

    Args:
        replayed: what was written down.
        called: the names.
        inputs: those that have a name.
        operand: that whose gradient is to have a line of its own in any case.
    """
    named, gradients = dict(called.named), dict(called.gradients)
    for tensor, step in replayed.values.items():
        named.setdefault(step, called.hints.get(step) or tensor.op or "x")
    for tensor, step in replayed.gradients.items():
        if step not in named:
            named[step] = f"g_{named[replayed.values[tensor]]}"
            gradients[step] = replayed.values[tensor]
    values = {*replayed.values.values()}
    wanted = [*values, *replayed.gradients.values()]
    arrays, steps = option_arrays(replayed.values), replayed.record.steps
    program = Program(steps, wanted, named, called.hints, arrays, gradients)
    made = values - {step for step, _ in replayed.inputs}
    own = made & called.named.keys() | inputs
    return Script(replayed, program, own, operand)
