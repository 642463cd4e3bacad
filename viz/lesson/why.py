"""Why a gradient is None, 0 or not finite, in words.

Each has a place where it began, and the tape leads there. A gradient is 0 because on
every path some op lets nothing through; a NaN appeared in one step; and None says that
no path was recorded.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from engine import Tensor, data_of, topological_order
from viz.lesson.symbols import Symbols, is_number
from viz.lesson.tape import Backward, Tape, reached
from viz.words.convention import convention
from viz.words.local_derivative import local_number
from viz.words.numbers import is_finite, is_numpy, number, size_of
from viz.words.trouble import dead_units, rectified, spread_of_values, stale_ids

_MOST_PLACES = 3  # places that are named


def why_none(loss: Tensor, wrt: Tensor, symbols: Symbols) -> str:
    """Why a loss has no gradient with respect to a Tensor; "" if it has one."""
    name = symbols.of(wrt) if symbols.full(wrt) else "the Tensor"
    if not wrt.requires_grad:
        return (
            f"{name} is a constant: it was made with requires_grad=False, under "
            "no_grad(), by detach(), or of constants alone"
        )
    if not loss.requires_grad:
        return (
            "nothing was recorded: the loss was made under no_grad(), or of constants "
            "alone"
        )
    if wrt not in set(reached(loss)):
        return (
            f"{name} is not on any path to the loss: it was not used, only its data "
            "was (t.data, t.item()), or the path was cut (detach(), no_grad())"
        )
    return ""


def why_not_stored(tape: Tape, wrt: Tensor, symbols: Symbols) -> Iterator[str]:
    """Why what `backward()` stored may be another number, or is missing."""
    name = symbols.of(wrt)
    if stale_ids(topological_order([tape.loss])):
        yield "changed since: the numbers are those of the recorded pass"
    elif wrt.grad is None:
        yield f"{name}.grad is None: backward() has not run since it was made or zeroed"
    elif not wrt.parents and _differs(wrt.grad, tape.gradients[wrt]):
        stored = f", {number(wrt.grad.item())}," if size_of(wrt) == 1 else ""
        yield f"{name}.grad{stored} is another: passes add up there until it is zeroed"
    if any(x._hooks for x in upstream_of(tape, wrt)):
        yield "hooks do not run here, and may change what backward() stores"


def _differs(stored: Any, gradient: Any) -> bool:
    stored, gradient = data_of(stored), data_of(gradient)
    both = is_numpy(stored) and is_numpy(gradient)
    return both and not np.allclose(stored, gradient, equal_nan=True)


def upstream_of(tape: Tape, wrt: Tensor) -> set[Tensor]:
    """All Tensors from which the pass reaches `wrt`, itself included."""
    onward = {wrt}
    for step in reversed(tape.events):
        if isinstance(step, Backward) and step.operand in onward:
            onward.add(step.node)
    return onward


def held_fixed(tape: Tape, symbols: Symbols) -> Iterator[str]:
    """That a path through plain data is in neither the gradient nor the nudge.

    It is said once, of what looks as if it had left the graph: a scalar of NumPy, or
    memory that a Tensor on the way holds too. Literals and other arrays are ordinary.
    """
    held = {_owner(x.data) for x in tape.gradients}
    for node in tape.gradients:
        for x in node.parents:
            if isinstance(x, np.floating) or (
                isinstance(x, np.ndarray) and _owner(x) in held
            ):
                what = number(x) if size_of(x) == 1 else f"the array of shape {x.shape}"
                yield (
                    f"{what} in {_as_computed(node, symbols)} is plain data: gradient "
                    "and nudge hold it fixed, whatever it was computed from"
                )
                return


def _owner(data: Any) -> int:
    """Whose memory an array is: the same for all its views."""
    while isinstance(data, np.ndarray) and data.base is not None:
        data = data.base
    return id(data)


# --- not finite -----------------------------------------------------------------------


def why_not_finite(tape: Tape, wrt: Tensor, symbols: Symbols) -> Iterator[str]:
    """Where the NaN or ∞ of a gradient, or of the loss, began."""
    if is_finite(tape.gradients[wrt]) and is_finite(tape.loss):
        return
    order = topological_order([tape.loss])
    held = {id(x): x for node in order for x in (*node.parents, node)}
    began = spread_of_values(order).began
    if began:
        for x in [x for key, x in held.items() if key in began][:_MOST_PLACES]:
            yield f"{_bad(x)} began in the value of {_as_computed(x, symbols)}"
        return
    onward = upstream_of(tape, wrt)
    for step in tape:
        if isinstance(step, Backward) and step.operand in onward:
            reason = _origin_in(step, symbols)
            if reason:
                yield reason
                return


def _origin_in(step: Backward, symbols: Symbols) -> str:
    """How NaN or ∞ appeared in one step; "" if it did not."""
    name = symbols.of(step.operand)
    if is_finite(step.contribution):
        if is_finite(step.after):
            return ""
        return f"{_bad(step.after)} began in the sum of what came back to {name}"
    local = symbols.formulas.local(step.node, step.slot) or "there"
    why = f"the local derivative {local} is not finite"
    slope = local_number(step.node, step.slot)
    if slope is not None and np.isfinite(slope):
        why = f"the product with the local derivative {local} is too large for a float"
    where = f"from {_as_computed(step.node, symbols)} to {name}"
    return f"{_bad(step.contribution)} began going backward, {where}: {why}"


def _bad(value: Any) -> str:
    return "NaN" if np.isnan(data_of(value)).any() else "∞"


def _as_computed(x: Any, symbols: Symbols) -> str:
    """The name of an operand, and how it was computed: `e = a × b`."""
    name = symbols.of(x) or "a constant"
    return f"{name} = {symbols.expression(x)}" if getattr(x, "parents", ()) else name


# --- conventions ----------------------------------------------------------------------


def why_set(tape: Tape, wrt: Tensor, symbols: Symbols) -> Iterator[str]:
    """Where a rule on the way sets a slope, because its formula has no value."""
    gradient = data_of(tape.gradients[wrt])
    if is_numpy(gradient) and not np.any(gradient):
        return  # why_zeros says it
    onward = upstream_of(tape, wrt)
    steps = (s for s in tape if isinstance(s, Backward) and s.operand in onward)
    said = ((step, _by_convention(step, symbols)) for step in steps)
    for step, words in itertools.islice((x for x in said if x[1]), _MOST_PLACES):
        made, operand = _as_computed(step.node, symbols), symbols.of(step.operand)
        yield f"the slope of {made} by {operand} is {words}"


def _by_convention(step: Backward, symbols: Symbols) -> str:
    """What slope a rule sets, and why; "" if it follows its formula."""
    kept = convention(step.node, step.slot)
    if kept is None:
        return ""
    many = f" in {kept.entries} of {kept.size} entries" if kept.size > 1 else ""
    called = symbols.formulas.factor(step.node, step.slot)
    formula = f"the formula {called}" if called else "its formula"
    value = number(kept.formula)
    return f"{number(kept.slope)} by convention{many}: {formula} gives {value} there"


# --- zeros ----------------------------------------------------------------------------


def why_zeros(tape: Tape, wrt: Tensor, symbols: Symbols) -> Iterator[str]:
    """What keeps entries of a gradient, or all of it, at 0."""
    gradient = data_of(tape.gradients[wrt])
    if not is_numpy(gradient):
        return
    zeros, size = int((np.asarray(gradient) == 0).sum()), np.size(gradient)
    if not zeros:
        return
    if zeros < size:
        yield f"{zeros} of {size} entries of {symbols.by(tape.loss, wrt)} are 0"
    blocks = list(_blocking_steps(tape, wrt, everywhere=zeros == size))
    for step in blocks[:_MOST_PLACES]:
        yield f"{_blocked(step, symbols)}: {_reason(step, symbols)}"
    if len(blocks) > _MOST_PLACES:
        yield f"and {len(blocks) - _MOST_PLACES} more ops on the way do the same"
    arrivals = tape.arrivals.get(wrt, ())
    cancel = not blocks or any(np.any(data_of(step.contribution)) for step in arrivals)
    if zeros == size and cancel:
        yield "the terms cancel: what comes back along one path, another takes away"


def _blocking_steps(tape: Tape, wrt: Tensor, *, everywhere: bool) -> Iterator[Backward]:
    """The steps on the paths to `wrt` that let nothing, or not all, through."""
    onward = upstream_of(tape, wrt)
    for step in reversed(tape.events):
        if not isinstance(step, Backward) or step.operand not in onward:
            continue
        came = np.any(data_of(step.upstream))  # else it was 0 already
        lost = not np.any(data_of(step.contribution))
        if came and (lost if everywhere else _is_blocking(step, wrt)):
            yield step


def _is_blocking(step: Backward, wrt: Tensor) -> bool:
    """Whether an op stops some entries of a gradient."""
    halts = step.operand is wrt and rectified(step.node) is not None
    return halts or bool(_dead_share(step)) or _mask(step) is not None


def _blocked(step: Backward, symbols: Symbols) -> str:
    operand = symbols.of(step.operand)
    some = np.any(data_of(step.contribution))
    verb = "keeps a part back from" if some else "lets nothing through to"
    return f"{_as_computed(step.node, symbols)} {verb} {operand}"


def _reason(step: Backward, symbols: Symbols) -> str:
    node = step.node
    dead, mask = _dead_share(step), _mask(step)
    if dead:
        share = "the unit is" if dead == "all" else f"{dead} of its units are"
        return f"{share} dead, with inputs at or below 0"
    if mask is not None:
        masked = int((np.asarray(mask) == 0).sum())
        return f"{masked} of {mask.size} weights are masked"
    if rectified(node) is not None:
        return "nothing passes where its input is at or below 0"
    local, slope = (
        symbols.formulas.local(node, step.slot),
        local_number(node, step.slot),
    )
    if slope:
        return f"the product with {number(slope)} is too small for a float"
    by_convention = _by_convention(step, symbols)
    if by_convention:
        return f"its local derivative is {by_convention}"
    called = f", {local}," if local and not is_number(local) else ""
    return f"its local derivative{called} is 0 here"


def _dead_share(step: Backward) -> str:
    """How many units of a ReLU let nothing through: "87 %", "all" of one; or ""."""
    dead, units = dead_units(step.node)
    if not dead:
        return ""
    if dead == units:
        return "all" if units == 1 else "100 %"
    share = 100 * (dead / units)
    return "under 1 %" if share < 1 else "over 99 %" if share > 99 else f"{share:.0f} %"


def _mask(step: Backward) -> np.ndarray | None:
    """The mask of an op that has one, for the operand that it masks."""
    mask = (step.node.options or {}).get("mask")
    same = isinstance(mask, np.ndarray) and mask.shape == step.operand.shape
    return mask if same and not np.all(mask) else None
