"""One step of the way back, gone wrong: an op whose slope is taken elsewhere, a softmax
without its mask, a loop gone through in the wrong direction.

Each function yields `(kind, sentence, answer)`: what the mistake gives.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine._node import data_of
from engine.broadcasting import unbroadcast
from engine.mistakes.elsewhere import ANOTHER, Wrong, with_another
from engine.mistakes.script import Script
from engine.mistakes.spellings import softmax_of, softmaxes
from engine.mistakes.statement import NOT_RUN
from engine.mistakes.values import hides
from engine.mistakes.wording import as_written, mention
from engine.tensor import Tensor


def other_slopes(script: Script, wanted: str) -> Iterator[Wrong]:
    """The slope at the output in place of the input; that of the other operand."""
    lines = script.needed_lines(wanted)
    for node, above in script.gradients.items():
        if not node.parents or node.rule is None:
            continue
        for slot, x in enumerate(node.parents):
            below = script.gradients.get(x, "") if isinstance(x, Tensor) else ""
            if script.first.get(below, -1) not in lines:
                continue
            place = f"`{as_written(script, script.variables[node])}`"
            g, right = script.values[above], script.values[below]
            now = _sent_back(script, node, slot, slot, g)
            if np.shape(now) != np.shape(right):
                continue
            changed = _at_the_output(script, node, slot)
            if changed is not None:
                sentence = (
                    f"Going back through {place}: the derivative is taken at the "
                    "output, and belongs at the input."
                )
                new = _sent_back(script, node, slot, slot, g, changed)
                yield "input or output", sentence, _put(script, wanted, below, now, new)
            for other in range(len(node.parents)):
                if other != slot and node.op != "multiply":
                    sentence = (
                        f"Going back through {place}: this is the derivative with "
                        "respect to the other operand."
                    )
                    new = _sent_back(script, node, slot, other, g)
                    yield "swapped", sentence, _put(script, wanted, below, now, new)
            if len(node.parents) == 2 and node.op != "multiply":
                sentence = (
                    f"Going back through {place}: the two operands are exchanged."
                )
                turned = _operands(script, node)[::-1]
                new = _sent_back(script, node, slot, slot, g, turned)
                yield "swapped", sentence, _put(script, wanted, below, now, new)


def _put(script: Script, wanted: str, below: str, now: Any, new: Any) -> Any:
    """What comes of it if an op sends another gradient back."""
    if new is None or np.shape(new) != np.shape(now):
        return None
    with np.errstate(all="ignore"):
        given = script.values[below] - now + new
    return given if below == wanted else script.run(wanted, {}, {below: given})


def _operands(script: Script, node: Tensor) -> list[Any]:
    return [
        script.values[script.variables[x]]
        if isinstance(x, Tensor) and x in script.variables
        else data_of(x)
        for x in node.parents
    ]


def _at_the_output(script: Script, node: Tensor, slot: int) -> list[Any] | None:
    """The operands of an op with its result in place of one of them."""
    operands, value = _operands(script, node), script.values[script.variables[node]]
    if len(operands) > 1 or np.shape(operands[slot]) != np.shape(value):
        return None
    return [value]


def _sent_back(
    script: Script,
    node: Tensor,
    slot: int,
    by: int,
    g: Any,
    operands: list[Any] | None = None,
) -> Any:
    """What an op sends to one operand, by the closure of one; None if it can't."""
    assert node.rule is not None
    operands = _operands(script, node) if operands is None else operands
    shape = np.shape(_operands(script, node)[slot])
    try:
        with np.errstate(all="ignore"):
            _, fns = node.rule(*operands, **node.options or {})
            return unbroadcast(np.asarray(fns[by](g)), shape)
    except NOT_RUN:
        return None


def without_its_mask(script: Script, wanted: str) -> Iterator[Wrong]:
    """A softmax computed again for the backward pass, from what was not masked yet."""
    for below, above, axis in softmaxes(script):
        masked, weights = script.own_value(below), script.own_value(above)
        g = script.values[above]
        for x, name in script.variables.items():
            z = script.values[name]
            if name not in script.reads_of(masked) or np.shape(z) != np.shape(g):
                continue
            if not hides(script.values[masked], z):
                continue
            p = softmax_of(z, axis)
            new = p * (g - (g * p).sum(axis=axis, keepdims=True))
            lines = with_another(script, wanted, weights)
            both = {below: new, script.gradients.get(x, below): new}
            sentence = (
                f"Going back through the softmax of `{mention(script, masked)}`: the "
                "mask is missing."
            )
            for given in ({below: new}, both):
                given = {**given, ANOTHER: p}
                yield "gate", sentence, script.run(wanted, lines, given)


def backwards_in_time(script: Script, wanted: str) -> Iterator[Wrong]:
    """The steps of a loop, gone back through from the first to the last.

    Then a step gets, from what should be the step after it, what the step before it has
    sent on.
    """
    sentence = (
        "You went through the steps of the loop forward. Go back from the last to the "
        "first."
    )
    for states in _loops(script):
        gradients = [script.gradients[x] for x in states]
        shape = np.shape(script.values[gradients[0]])
        zeros = np.zeros(shape)
        given: dict[str, Any] = {}
        carried = zeros
        for i, g in enumerate(gradients[1:], 1):
            after = gradients[i + 1] if i + 1 < len(gradients) else ""
            own = script.run(g, {}, {after: zeros}) if after else script.values[g]
            given[g] = own + carried
            before = gradients[i - 1]
            sent, none = (script.run(before, {}, {g: x}) for x in (given[g], zeros))
            if np.shape(sent) != shape or np.shape(none) != shape:
                return
            carried = sent - none
        yield "order", sentence, script.run(wanted, {}, given)


def _loops(script: Script) -> Iterator[list[Tensor]]:
    """States of one shape and kind, each computed from the one before."""
    by_kind: dict[Any, list[Tensor]] = {}
    for x in script.gradients:
        by_kind.setdefault((x.op, x.shape), []).append(x)
    for (op, shape), states in by_kind.items():
        states = sorted(states, key=lambda x: script.first.get(script.variables[x], -1))
        leaves = [x for x in by_kind.get(("", shape), []) if op]
        names = [script.variables[x] for x in states]
        chained = all(a in script.before(b) for a, b in itertools.pairwise(names))
        if not op or len(states) < 2 or not chained:
            continue
        for leaf in leaves:
            if script.variables[leaf] in script.before(names[0]):
                yield [leaf, *states]
