"""A rule that could not be written out: the program calls it as it is.

It asked for plain numbers, or is in compiled code. The line is `y, back = softplus(x)`,
and the gradient `back(g)`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from engine._contract import parameters
from engine.written.array import Writing, steps_in, values_in
from engine.written.record import Record, Step


def call_whole(
    record: Record, rule: Any, operands: Sequence[Any], options: dict[str, Any]
) -> tuple[Any, Any]:
    """The value of a rule and its closures, as arrays and functions that write."""
    value, grad_fns = rule(*values_in(list(operands)), **options)
    value = np.float64(value) if isinstance(value, int | float) else value
    _forget_asked_by(record, rule, operands)
    given = steps_in(tuple(operands))
    step = Step("rule", rule.__name__, given, options, None, rule)
    record.steps.append(step)
    kept = record.kept(Step("item", "0", (step,), {}, value))
    parts = steps_in(tuple(kept)) if isinstance(kept, tuple) else ()
    record.name_by_user(parts[0] if parts else steps_in(kept), parts)
    names = parameters(rule)[0]
    backs = _backs(step, grad_fns, names if len(names) > 1 else ("",))
    step.value = parts or steps_in(kept), backs
    return kept, _written(record, backs)


def _backs(rule: Step, grad_fns: Any, names: Sequence[str]) -> Any:
    """A step for each closure; None for what has none."""
    if grad_fns is None or callable(grad_fns):
        return grad_fns and Step("back", "", (rule,), {}, grad_fns)
    backs = tuple(_backs(rule, fn, names) for fn in grad_fns)
    for back, name in zip(backs, names, strict=False):
        if isinstance(back, Step):
            back.assigned = f"back_{name}" if name else "back"
    return backs


def _written(record: Record, backs: Any) -> Any:
    if isinstance(backs, tuple):
        return tuple(_written(record, back) for back in backs)
    return backs and _closure(record, backs)


def _closure(record: Record, back: Step) -> Callable[[Any], Any]:
    def called(g: Any) -> Any:
        value = back.value(values_in(g))
        return record.kept(Step("closure", "", (back, steps_in(g)), {}, value))

    return called


def _forget_asked_by(record: Record, rule: Any, operands: Sequence[Any]) -> None:
    """Hold nothing of what the rule asked before it turned out that it is not written.

    That is after the last operand was made.
    """
    codes, steps = {*_codes(inspect.unwrap(rule).__code__)}, record.steps
    given = {x.step for x in operands if isinstance(x, Writing)}
    for i in range(len(steps) - 1, -1, -1):
        if steps[i] in given:
            break
        if steps[i].kind == "value" and steps[i].call in codes:
            del steps[i]


def _codes(code: Any) -> Iterator[Any]:
    """A function's code, and that of the functions in it."""
    yield code
    for part in code.co_consts:
        if inspect.iscode(part):
            yield from _codes(part)
