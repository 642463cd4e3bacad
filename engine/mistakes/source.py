"""Where a script comes from: a recorded graph, or the call of a function."""

from __future__ import annotations

from typing import Any

from engine.mistakes.script import Script
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
from engine.written.replay import Replay, replay, traced


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


def _script(replayed: Replay, called: Called, inputs: set[Step]) -> Script:
    """With a line for every value and gradient; `inputs` are those that have a name."""
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
    return Script(replayed, program, made & called.named.keys() | inputs)
